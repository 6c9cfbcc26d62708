import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../src/core/cluster/object.ts';
import type { Sighting } from '../../src/core/detection/sighting.ts';
import { fail, type Problem, problem, type Result } from '../../src/core/result.ts';
import type { DetectionSignal, Signal } from '../../src/core/signal/signal.ts';
import type { ClusterLooks, LookOutcome } from '../../src/ports/cluster-looks.ts';
import type { EventWatch } from '../../src/ports/event-watch.ts';
import { createMemoryJournal } from '../../src/sandbox/memory-journal.ts';
import { keepIncidents } from '../../src/workflows/keep-incidents.ts';
import { createReceiveSignal } from '../../src/workflows/receive-signal.ts';
import { createTakeSignals } from '../../src/workflows/take-signals.ts';
import { createWatchCluster } from '../../src/workflows/watch-cluster.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeIds } from '../support/fake-ids.ts';

const minute = 60_000;
const sighting = (name = 'checkout', more: Partial<Sighting> = {}): Sighting => ({
  rule: 'pod-crash-looping',
  severity: 'warning',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name },
  uid: `u-${name}`,
  related: [],
  summary: 'Its token is hunter2.',
  since: undefined,
  ...more,
});

type World = {
  sick: Sighting[];
  /** What objects that events speak of turn out to be. */
  byEvent: (name: string) => Sighting | undefined;
  broken: Problem | undefined;
  hangs: boolean;
};

/** The watch over a cluster that a test describes, the real inbox and the real incidents. */
async function bench(journal?: ReturnType<typeof createMemoryJournal>, world?: World, clock = createFakeClock()) {
  const store = journal ?? createMemoryJournal({ clock });
  const state: World = world ?? { sick: [], byEvent: () => undefined, broken: undefined, hangs: false };
  const problems: string[] = [];
  const onProblem = (sentence: unknown) => {
    problems.push(String(sentence));
  };
  const incidents = await keepIncidents({ journal: store, clock, onWatcherError: onProblem });
  const receiveSignal = await createReceiveSignal({ journal: store, clock, ids: createFakeIds() });
  let refuses: Problem<'journal.unavailable'> | undefined;
  const received: DetectionSignal[] = [];
  const receive = async (
    signal: Signal,
    actor: Parameters<typeof receiveSignal>[1],
  ): Promise<Result<unknown, Problem>> => {
    if (refuses !== undefined) return fail(refuses);
    if (signal.kind === 'detection') received.push(signal);
    return receiveSignal(signal, actor);
  };
  const taking = createTakeSignals({
    journal: store,
    incidents,
    clock,
    settings: {
      cluster: 'test',
      heartbeats: [],
      reopenWithinMs: 30 * minute,
      escalation: { afterMs: 30 * minute, times: 3, windowMs: 360 * minute },
      routeOf: () => ({ channel: 'C', approvers: [], autonomy: 'assist' }),
    },
    onProblem,
  });
  const reads: string[] = [];
  const outcome = (sightings: readonly Sighting[]): LookOutcome =>
    state.broken === undefined
      ? { sightings, covers: () => true, problem: undefined }
      : { sightings: [], covers: () => false, problem: state.broken };
  const looks: ClusterLooks = {
    isWatched: (namespace) => namespace !== 'ignored',
    look: async (look) => {
      if (state.hangs) await new Promise(() => undefined);
      return outcome(look === 'pods' ? state.sick : []);
    },
    examine: async (suspects) => {
      reads.push(...suspects.map(({ name }) => name));
      return { sightings: suspects.flatMap(({ name }) => state.byEvent(name) ?? []), gone: [], problem: state.broken };
    },
    examineAgain: async (held) => ({
      sightings: held.flatMap(({ sighting: { object } }) => state.byEvent(object.name) ?? []),
      gone: held.flatMap(({ fingerprint, sighting: { object } }) =>
        state.byEvent(object.name) === undefined ? [fingerprint] : [],
      ),
      problem: state.broken,
    }),
  };
  let hear: (event: WireObject) => void = () => undefined;
  let setState: Parameters<EventWatch['watch']>[0]['onState'] = () => undefined;
  const events: EventWatch = {
    watch: ({ onEvent, onState, signal }) => {
      hear = onEvent;
      setState = onState;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  };
  const watching = createWatchCluster({
    looks,
    events,
    incidents,
    receive,
    clock,
    redact: (text) => text.replaceAll('hunter2', '[masked]'),
    settings: { intervalMs: minute, minAgeMs: 2 * minute, namespaces: [], reopenWithinMs: 30 * minute },
    onProblem,
  });
  await taking.start();
  await taking.idle();
  watching.start();
  return {
    world: state,
    journal: store,
    clock,
    incidents,
    problems,
    received,
    reads,
    watchState: (is: Parameters<typeof setState>[0]) => setState(is),
    refuse: (with_: typeof refuses) => {
      refuses = with_;
    },
    warn: (name: string, kind = 'Pod') =>
      hear({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${name}.1` },
        involvedObject: { kind, name, namespace: 'shop', uid: `u-${name}` },
        type: 'Warning',
        reason: 'FailedCreate',
      } as WireObject),
    pass: async (minutes: number) => {
      for (let index = 0; index < minutes * 2; index += 1) await clock.advance(minute / 2);
      await taking.idle();
    },
    stop: async () => {
      await watching.stop();
      await taking.stop();
    },
  };
}
const statuses = (received: readonly DetectionSignal[]) => received.map(({ status }) => status);

describe('watching a cluster', () => {
  it('opens an incident for what stays wrong, once, redacted, and resolves it when it is gone', async () => {
    const { world, pass, received, incidents, stop } = await bench();
    await pass(3);
    expect(received).toEqual([]);
    world.sick = [sighting()];
    await pass(10);
    expect(statuses(received)).toEqual(['firing']);
    expect(incidents.all()).toMatchObject([
      { reference: 'INC-1', phase: 'open', opened: { source: 'detection', summary: 'Its token is [masked].' } },
    ]);
    world.sick = [];
    await pass(4);
    expect(statuses(received)).toEqual(['firing', 'resolved']);
    expect(incidents.get('INC-1')?.sourceResolvedAt).not.toBeNull();
    await stop();
  });

  it('says nothing of what was wrong for a moment while it started', async () => {
    const { world, pass, received, stop } = await bench();
    world.sick = [sighting()];
    await pass(1);
    world.sick = [];
    await pass(5);
    expect(received).toEqual([]);
    await stop();
  });

  it('goes on after a restart: nothing is opened twice, and the end is seen', async () => {
    const first = await bench();
    first.world.sick = [sighting()];
    await first.pass(5);
    await first.stop();
    const second = await bench(first.journal, first.world, first.clock);
    await second.pass(10);
    expect([second.received, second.incidents.all().length]).toEqual([[], 1]);
    second.world.sick = [];
    await second.pass(5);
    expect(statuses(second.received)).toEqual(['resolved']);
    expect(second.problems).toEqual([]);
    await second.stop();
  });

  it('ends after a restart what went away meanwhile, and what is not watched any more', async () => {
    const first = await bench();
    first.world.sick = [
      sighting(),
      sighting('hidden', { object: { apiVersion: 'v1', kind: 'Service', namespace: 'other', name: 'hidden' } }),
    ];
    await first.pass(5);
    await first.stop();
    first.world.sick = [];
    const second = await bench(first.journal, first.world, first.clock);
    await second.pass(5);
    expect(second.received.map(({ object, status }) => `${object.name} ${status}`).sort()).toEqual([
      'checkout resolved',
      'hidden resolved',
    ]);
    await second.stop();
  });

  it('tells a failure once, ends nothing meanwhile, and says when it works again', async () => {
    const { world, pass, problems, received, stop } = await bench();
    world.sick = [sighting()];
    await pass(5);
    world.broken = problem('cluster.unreachable', 'The cluster cannot be reached.');
    await pass(180);
    expect(statuses(received)).toEqual(['firing']);
    const said = problems.filter((sentence) => sentence.includes('cannot be reached'));
    expect(said).toHaveLength(7);
    expect(new Set(said).size).toBe(7);
    world.broken = undefined;
    await pass(3);
    expect(problems.filter((sentence) => sentence.endsWith('works again.'))).toHaveLength(7);
    expect(statuses(received)).toEqual(['firing']);
    await stop();
  });

  it('gives up a look that does not end, and looks again', async () => {
    const { world, pass, problems, received, stop } = await bench();
    world.hangs = true;
    await pass(5);
    expect(problems.filter((sentence) => sentence.includes('did not end within 60 s')).length).toBeGreaterThan(0);
    world.hangs = false;
    world.sick = [sighting()];
    await pass(8);
    expect(statuses(received)).toEqual(['firing']);
    await stop();
  });

  it('keeps what it has to tell while the disk takes nothing', async () => {
    const { world, pass, problems, received, refuse, stop } = await bench();
    refuse(problem('journal.unavailable', 'The disk is full.'));
    world.sick = [sighting()];
    await pass(10);
    expect([received, problems.length]).toEqual([[], 1]);
    refuse(undefined);
    await pass(1);
    expect([statuses(received), problems.at(-1)]).toEqual([['firing'], 'The watch of new detections works again.']);
    await stop();
  });

  it('reads what Warning events speak of, and believes them only as far as the present agrees', async () => {
    const { world, warn, pass, received, reads, stop } = await bench();
    const refused = sighting('web', { rule: 'replicas-not-created' });
    world.byEvent = (name) => (name === 'web' ? refused : undefined);
    warn('web', 'ReplicaSet');
    warn('well', 'ReplicaSet');
    await pass(6);
    expect(reads.toSorted()).toEqual(['web', 'well']);
    expect(received).toMatchObject([{ rule: 'replicas-not-created', source: 'watch', status: 'firing' }]);
    world.byEvent = () => undefined;
    await pass(4);
    expect(statuses(received)).toEqual(['firing', 'resolved']);
    await stop();
  });

  it('survives a storm: 10,000 events in a minute are few reads and one incident for each thing that is wrong', async () => {
    const { world, warn, pass, clock, received, reads, incidents, stop } = await bench();
    world.byEvent = (name) => sighting(`w-${Number(name.slice(4)) % 20}`);
    world.sick = Array.from({ length: 20 }, (_, index) => sighting(`w-${index}`));
    await pass(1);
    for (let second = 0; second < 60; second += 1) {
      for (let index = 0; index < 167; index += 1) warn(`pod-${(second * 167 + index) % 4_000}`);
      await clock.advance(1_000);
    }
    await pass(10);
    expect(incidents.all()).toHaveLength(20);
    expect(received).toHaveLength(20);
    expect(reads.length).toBeLessThanOrEqual(1_600);
    await stop();
  });

  it('tells the inbox of a flapping thing ever less often, with the count carried over', async () => {
    const { world, pass, received, incidents, stop } = await bench();
    for (let round = 0; round < 12; round += 1) {
      world.sick = [sighting()];
      await pass(5);
      world.sick = [];
      await pass(3);
    }
    expect(incidents.all()).toHaveLength(1);
    expect(received.length).toBeLessThanOrEqual(24);
    const began = received
      .filter(({ status }) => status === 'firing')
      .reduce((sum, { occurrences }) => sum + occurrences, 0);
    expect(began).toBeGreaterThanOrEqual(11);
    expect(incidents.get('INC-1')?.detections).toMatchObject({ [received[0]?.fingerprint ?? '']: { times: began } });
    await stop();
  });

  it('says once that events are lost, and the scans go on', async () => {
    const { world, watchState, pass, problems, received, stop } = await bench();
    watchState({ is: 'lost', problem: problem('watch.lost', 'The events cannot be followed.') });
    watchState({ is: 'lost', problem: problem('watch.lost', 'The events cannot be followed.') });
    world.sick = [sighting()];
    await pass(5);
    watchState({ is: 'following' });
    expect(problems).toHaveLength(2);
    expect(statuses(received)).toEqual(['firing']);
    await stop();
  });

  it('leaves no sleeper behind', async () => {
    const { pass, clock, stop } = await bench();
    await pass(3);
    await stop();
    expect(clock.sleepers()).toBe(0);
  });
});
