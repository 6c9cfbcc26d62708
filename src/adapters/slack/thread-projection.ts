import type { WebClient } from '@slack/web-api';
import type { AnswerDrafts } from '../../ports/answer-drafts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Incidents } from '../../ports/incidents.ts';
import type { Journal } from '../../ports/journal.ts';
import { createPace } from './pace.ts';
import { createPostedBook, type PostedMemory } from './posted-messages.ts';
import { slackFault } from './slack-fault.ts';
import { createThreadWriter, type SlackCall, type Standing } from './thread-writer.ts';

/** Slack's limits with a margin: a message a second in a channel after a short burst, 50 edits and 50 readings a minute for the whole app. */
const rates = {
  post: { burst: 4, everyMs: 1_050 },
  edit: { burst: 20, everyMs: 1_500 },
  read: { burst: 20, everyMs: 1_500 },
} as const satisfies Record<SlackCall, unknown>;

const retryMs = [1_000, 2_000, 5_000, 15_000, 30_000];
/** After a refusal that only a person can lift (an invitation, a scope). */
const refusedRetryMs = [15_000, 60_000, 300_000];

const tidyEveryMs = 10 * 60_000;
const stopWithinMs = 3_000;

/** After this time a resolved incident's messages are left as they are and forgotten here; its journal still knows where they stand. */
const keptAfterResolvedMs = 24 * 3_600_000;

type Dependencies = {
  /** A client of its own that does not retry by itself: a retried post may have been posted already. `slackClient` with `narration` makes it. */
  readonly client: WebClient;
  readonly journal: Journal;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly mentionOf: (group: string) => string;
  /** What was posted so far, kept over restarts. When it is lost, the messages are found again by their metadata. */
  readonly memory: PostedMemory;
  /** Answers that are being written; absent where no model writes any. */
  readonly drafts?: AnswerDrafts;
  readonly onProblem: (sentence: string) => void;
};

export type ThreadProjection = {
  start(): void;
  /** Ends what is under way and waits for it; the next start goes on from there. */
  stop(): Promise<void>;
  /** Resolves when every thread stands as its journal says. Does not resolve while Slack refuses one. */
  idle(): Promise<void>;
  /** How many messages are remembered. */
  remembered(): number;
};

/**
 * Keeps each incident's thread as `threadOf` says it should stand: posts what is missing, in order, and edits what differs. It follows the journal and decides nothing. Each
 * message carries incident and key in its metadata, so a post whose answer was lost is found again and never posted twice. Incidents do not wait for
 * each other, except for Slack's rate limits.
 */
export function createThreadProjection(dependencies: Dependencies): ThreadProjection {
  const { client, journal, incidents, clock, mentionOf, memory, drafts, onProblem } = dependencies;
  const book = createPostedBook(memory);
  const pace = createPace<SlackCall>(rates, () => clock.monotonicMs());
  const writer = createThreadWriter({ client, journal, incidents, clock, mentionOf, book, pace, drafts, onProblem });
  const ending = new AbortController();
  const working = new Map<string, Promise<void>>();
  const dirty = new Set<string>();
  const waiting = new Map<string, AbortController>();
  const fading = new Set<string>();
  let unwatch: () => void = () => undefined;
  let unwatchDrafts: () => void = () => undefined;

  function wake(incident: string): void {
    dirty.add(incident);
    waiting.get(incident)?.abort();
    if (working.has(incident) || ending.signal.aborted) return;
    const work = keepUp(incident).finally(() => {
      working.delete(incident);
      if (dirty.has(incident) && !ending.signal.aborted) wake(incident);
    });
    working.set(incident, work);
  }

  async function keepUp(incident: string): Promise<void> {
    let failures = 0;
    let lastCode = '';
    while (!ending.signal.aborted) {
      dirty.delete(incident);
      let standing: Standing;
      try {
        standing = await writer.bringUpToDate(incident);
        if (lastCode !== '') onProblem(`${incident}: its thread is told again.`);
        failures = 0;
        lastCode = '';
      } catch (error) {
        if (ending.signal.aborted) return;
        const fault = slackFault(error);
        if (fault.ambiguous) writer.isUnsure(incident);
        // Once for each trouble, not once for each try.
        if (fault.code !== lastCode)
          onProblem(`${incident}: its thread is behind. ${explain(error, fault.sentence)} Nothing is lost.`);
        lastCode = fault.code;
        const table = fault.passing ? retryMs : refusedRetryMs;
        const waitMs = fault.retryAfterMs ?? table[Math.min(failures, table.length - 1)] ?? 0;
        failures += 1;
        await clock.sleep(waitMs, ending.signal).catch(() => undefined);
        continue;
      }
      if (dirty.has(incident)) continue;
      if (standing.refreshMs !== null) wakeLater(incident, standing.refreshMs);
      if (standing.dueMs === null) return;
      await sleepUnlessWoken(incident, standing.dueMs);
    }
  }

  // Not waited for by `idle`: the thread says what it should, only a courtesy under it fades.
  function wakeLater(incident: string, ms: number): void {
    if (fading.has(incident)) return;
    fading.add(incident);
    const again = () => {
      fading.delete(incident);
      wake(incident);
    };
    clock.sleep(ms, ending.signal).then(again, () => undefined);
  }

  async function sleepUnlessWoken(incident: string, ms: number): Promise<void> {
    const news = new AbortController();
    waiting.set(incident, news);
    await clock.sleep(ms, AbortSignal.any([news.signal, ending.signal])).catch(() => undefined);
    waiting.delete(incident);
  }

  /** Incidents long over are not looked at any more: not at the start, and not in memory. */
  function isOver(incident: string): boolean {
    const state = incidents.get(incident);
    if (state === undefined) return true;
    return (
      state.phase === 'resolved' &&
      state.resolvedAt !== null &&
      Date.parse(state.resolvedAt) + keptAfterResolvedMs < clock.now().getTime()
    );
  }

  let tidiedAtMs = Number.NEGATIVE_INFINITY;

  function tidy(): void {
    const now = clock.monotonicMs();
    if (now - tidiedAtMs < tidyEveryMs) return;
    tidiedAtMs = now;
    for (const { reference } of incidents.all()) {
      if (isOver(reference) && !working.has(reference)) writer.forget(reference);
    }
    book.prune((incident) => isOver(incident) && !working.has(incident));
    pace.prune();
  }

  return {
    start() {
      tidy();
      unwatch = incidents.watch(({ incident, type }) => {
        if (type === 'incident-opened') writer.isNew(incident);
        if (type === 'incident-opened' || type === 'incident-resolved') tidy();
        wake(incident);
      });
      unwatchDrafts = drafts?.watch(wake) ?? unwatchDrafts;
      for (const { reference } of incidents.all()) if (!isOver(reference)) wake(reference);
    },
    async stop() {
      unwatch();
      unwatchDrafts();
      ending.abort(new Error('the co-pilot is stopping'));
      // A call that hangs is left to itself: its message is found again at the next start.
      const left = new AbortController();
      const deadline = clock.sleep(stopWithinMs, left.signal).catch(() => undefined);
      await Promise.race([Promise.allSettled(working.values()), deadline]);
      left.abort();
    },
    async idle() {
      while (working.size > 0) await Promise.allSettled(working.values());
    },
    remembered: () => book.size(),
  };
}

// What is not Slack's doing (a journal that cannot be read, a mistake of ours) must not be told as Slack's.
function explain(error: unknown, sentence: string): string {
  const isSlack =
    typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('slack_');
  return isSlack ? sentence : `${error instanceof Error ? error.message : String(error)}.`;
}
