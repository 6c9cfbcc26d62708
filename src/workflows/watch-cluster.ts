import { createEventTrail } from '../core/detection/event-trail.ts';
import { brokenNodesOf } from '../core/detection/examine-node.ts';
import { isRule, type Look, rules, type Sighting } from '../core/detection/sighting.ts';
import { createWatchList, type Due, type KnownDetection } from '../core/detection/watch-list.ts';
import { groupOfDetection } from '../core/incident/detections.ts';
import type { Actor } from '../core/journal/event.ts';
import type { Problem, Result } from '../core/result.ts';
import { detectionSignal } from '../core/signal/detection.ts';
import type { Signal } from '../core/signal/signal.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterLooks } from '../ports/cluster-looks.ts';
import type { EventWatch } from '../ports/event-watch.ts';
import type { Incidents } from '../ports/incidents.ts';

type Dependencies = {
  readonly looks: ClusterLooks;
  readonly events: EventWatch;
  readonly incidents: Incidents;
  readonly receive: (signal: Signal, actor: Actor) => Promise<Result<unknown, Problem>>;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly settings: WatchSettings;
  readonly onProblem: (sentence: string) => void;
};

export type WatchSettings = {
  readonly intervalMs: number;
  readonly minAgeMs: number;
  /** Empty: the whole cluster. */
  readonly namespaces: readonly string[];
  readonly reopenWithinMs: number;
};

export type WatchingCluster = {
  /** Takes up what open incidents hold, then begins to look. Every signal of before must have been taken by then. */
  start(): void;
  stop(): Promise<void>;
};

const maxEntries = 2_000;
const maxOpeningsPerMinute = 30;
const maxObjectsHeard = 1_000;
const forgetEventsAfterMs = 10 * 60_000;
/** How many objects that events speak of are read in one turn. */
const maxSuspects = 50;
const turnMs = 5_000;
const shortestDeadlineMs = 10_000;

const scans = ['pods', 'claims', 'certificates', 'services', 'flux', 'argo-cd'] as const;

/**
 * Watches a cluster and puts what it sees into the inbox, as alerts are put there: looks at intervals, each with its own deadline, and reads between them what Warning events speak
 * of. What fails is told once, and once more when it works again; nothing is opened or ended by a look that failed. The memory it needs does not grow with a storm.
 */
export function createWatchCluster(dependencies: Dependencies): WatchingCluster {
  const { looks, events, incidents, receive, clock, redact, settings, onProblem } = dependencies;
  const { intervalMs, minAgeMs, namespaces, reopenWithinMs } = settings;
  const ending = new AbortController();
  const trail = createEventTrail({ maxObjects: maxObjectsHeard, forgetAfterMs: forgetEventsAfterMs });
  const list = createWatchList({ minAgeMs, maxEntries, maxOpeningsPerMinute, retellAfterMs: reopenWithinMs });
  const troubled = new Set<string>();
  let brokenNodes: ReadonlySet<string> = new Set();
  let working: readonly Promise<void>[] = [];
  let telling: Promise<void> = Promise.resolve();

  const now = () => clock.now().getTime();

  /** Says once that something does not work, and once that it works again. */
  function note(what: string, problem: Problem | undefined): void {
    if (problem === undefined) {
      if (troubled.delete(what)) onProblem(`The watch of ${what} works again.`);
      return;
    }
    if (troubled.has(what) || ending.signal.aborted) return;
    troubled.add(what);
    onProblem(
      `The watch of ${what}: ${problem.sentence} Nothing is opened or ended by it until it works again; this is not repeated.`,
    );
  }

  async function look(which: Exclude<Look, 'events'>): Promise<void> {
    const found = await within(which, (signal) => looks.look(which, { brokenNodes }, signal));
    if (found === undefined) return;
    note(which, found.problem);
    if (which === 'nodes' && found.problem === undefined) brokenNodes = brokenNodesOf(found.sightings);
    const { sightings, covers } = found;
    list.observe({ look: which, source: 'scan', sightings, covers }, now());
    await tellDue();
  }

  /** What Warning events speak of, read now: the first look at what the scans will see, and the only one at what no scan lists. */
  async function followEvents(): Promise<void> {
    const suspects = trail.take(maxSuspects, now());
    if (suspects.length === 0) return;
    const found = await within('objects with Warning events', (signal) =>
      looks.examine(suspects, { brokenNodes }, signal),
    );
    if (found === undefined) return;
    note('objects with Warning events', found.problem);
    for (const [which, sightings] of byLook(found.sightings))
      list.observe({ look: which, source: 'watch', sightings, covers: () => false }, now());
  }

  async function reexamine(): Promise<void> {
    const held = list.toReexamine();
    if (held.length === 0) return;
    const found = await within('what events had shown', (signal) => looks.examineAgain(held, signal));
    if (found === undefined) return;
    note('what events had shown', found.problem);
    const gone = new Set(found.gone);
    const covers = (_namespace: string | undefined, fingerprint: string) => gone.has(fingerprint);
    list.observe({ look: 'events', source: 'watch', sightings: found.sightings, covers }, now());
  }

  /** One look within its deadline. Undefined when it did not end in time: then nothing is known. */
  async function within<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const deadline = new AbortController();
    const done = new AbortController();
    const signal = AbortSignal.any([ending.signal, deadline.signal]);
    const afterMs = Math.max(shortestDeadlineMs, intervalMs);
    const outOfTime = clock
      .sleep(afterMs, AbortSignal.any([ending.signal, done.signal]))
      .catch(() => undefined)
      .then(() => {
        deadline.abort(new Error('the look took too long'));
        return undefined;
      });
    const answer = work(signal).catch((error: unknown) => {
      if (!signal.aborted)
        note(what, { code: 'watch.broken', sentence: `${error instanceof Error ? error.message : String(error)}.` });
      return undefined;
    });
    const first = await Promise.race([answer, outOfTime]);
    if (first === undefined && deadline.signal.aborted && !ending.signal.aborted)
      note(what, { code: 'watch.too-slow', sentence: `It did not end within ${Math.round(afterMs / 1000)} s.` });
    done.abort();
    await outOfTime;
    return first;
  }

  /** One after the other: two looks that end together must not tell the same thing twice. */
  function tellDue(): Promise<void> {
    telling = telling.then(tellAll);
    return telling;
  }

  async function tellAll(): Promise<void> {
    const held = heldFingerprints();
    for (const due of list.due(now(), (fingerprint) => held.has(fingerprint))) {
      if (ending.signal.aborted) return;
      const problem = await tell(due);
      note('new detections', problem);
      if (problem !== undefined) return;
      list.told(due, now());
    }
    const waiting = list.waiting();
    const tooMany = `${waiting} detections wait, because more than ${maxOpeningsPerMinute} began within a minute. They are told in turn.`;
    noteCrowd('the number of detections', waiting > 0 ? tooMany : undefined);
    const full = `More than ${maxEntries} things are wrong at once; what came last is not told. Look for one cause behind them.`;
    noteCrowd('the number of things that are wrong', list.dropped() > dropped ? full : undefined);
    dropped = list.dropped();
  }

  let dropped = 0;

  function noteCrowd(what: string, sentence: string | undefined): void {
    if (sentence === undefined) troubled.delete(what);
    else if (!troubled.has(what)) {
      troubled.add(what);
      onProblem(sentence);
    }
  }

  async function tell(due: Due): Promise<Problem | undefined> {
    const signal = detectionSignal(due, redact);
    const received = await receive(signal, { kind: 'signal', id: due.fingerprint, name: `cluster ${due.source}` });
    return received.ok ? undefined : received.error;
  }

  function heldFingerprints(): ReadonlySet<string> {
    const open = incidents.all().filter(({ phase }) => phase !== 'resolved');
    return new Set(
      open.flatMap(({ detections, sources }) =>
        Object.keys(detections).filter((fingerprint) => sources[groupOfDetection(fingerprint)]?.status === 'firing'),
      ),
    );
  }

  /** What open incidents hold as firing. That of a rule or namespace which is not watched any more would never end: it is ended now. */
  async function resume(): Promise<void> {
    const known: KnownDetection[] = [];
    const orphans: Due[] = [];
    const at = clock.now().toISOString();
    for (const { phase, detections, sources } of incidents.all()) {
      if (phase === 'resolved') continue;
      for (const [fingerprint, { rule, object, source, since }] of Object.entries(detections)) {
        if (sources[groupOfDetection(fingerprint)]?.status !== 'firing') continue;
        if (isRule(rule) && looks.isWatched(object.namespace)) known.push({ fingerprint, rule, object, source, since });
        else {
          const namespace = object.namespace === undefined ? {} : { namespace: object.namespace };
          const end = { status: 'resolved', at, since, occurrences: 0, severity: 'warning', related: [] } as const;
          const summary = 'It is not watched any more.';
          orphans.push({ source, rule, object, ...namespace, summary, fingerprint, ...end, related: [] });
        }
      }
    }
    list.resume(known, now());
    for (const orphan of orphans) note('detections of before', await tell(orphan));
  }

  async function repeat(everyMs: number, work: () => Promise<void>): Promise<void> {
    while (!ending.signal.aborted) {
      await work();
      await clock.sleep(everyMs, ending.signal).catch(() => undefined);
    }
  }

  async function run(): Promise<void> {
    await resume();
    // Nodes first: what pods suffer on a node that is down is explained by it.
    await look('nodes');
    let reexaminedAt = clock.monotonicMs();
    await Promise.all([
      ...scans.map((scan) => repeat(intervalMs, () => look(scan))),
      clock.sleep(intervalMs, ending.signal).then(
        () => repeat(intervalMs, () => look('nodes')),
        () => undefined,
      ),
      repeat(Math.min(turnMs, intervalMs), async () => {
        await followEvents();
        if (clock.monotonicMs() - reexaminedAt >= intervalMs) {
          reexaminedAt = clock.monotonicMs();
          await reexamine();
        }
        await tellDue();
      }),
    ]);
  }

  function listen(namespace: string | undefined): Promise<void> {
    const what = namespace === undefined ? 'events' : `events in ${namespace}`;
    return events.watch({
      ...(namespace === undefined ? {} : { namespace }),
      onEvent: (event) => trail.hear(event, now()),
      onState: (state) => note(what, state.is === 'lost' ? state.problem : undefined),
      signal: ending.signal,
    });
  }

  return {
    start() {
      const places = namespaces.length === 0 ? [undefined] : namespaces;
      working = [run(), ...places.map(listen)].map((work) =>
        work.catch((error: unknown) => {
          onProblem(`The watch of the cluster ended: ${error instanceof Error ? error.message : String(error)}.`);
        }),
      );
    },
    async stop() {
      ending.abort(new Error('the co-pilot is stopping'));
      await Promise.all(working);
    },
  };
}

function byLook(sightings: readonly Sighting[]): ReadonlyMap<Look, readonly Sighting[]> {
  return Map.groupBy(sightings, ({ rule }) => rules[rule].look);
}
