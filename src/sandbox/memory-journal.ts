import { draftEvent, headOf, type SealedEvent, sealDraft } from '../core/journal/chain.ts';
import { type Head, type JournalEvent, type NewEvent, noPrevious } from '../core/journal/event.ts';
import { fail, ok } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { AppendProblem, Journal, Position } from '../ports/journal.ts';

export type MemoryJournal = Journal & {
  /** Everything stored, in the order of the log: the ledger that tests look at. */
  events(): readonly JournalEvent[];
  lastPosition(): Position;
};

export type MemoryJournalOptions = {
  readonly clock: Pick<Clock, 'now'>;
  /** A problem to answer an append with instead of storing it: a disk that is full, a moment that is unlucky. */
  readonly refuse?: (stream: string, events: readonly NewEvent[]) => AppendProblem | undefined;
  /** A listener that threw; silent unless told. */
  readonly onListenerError?: (error: unknown) => void;
};

type Subscription = {
  cursor: Position;
  isEnded: boolean;
  readonly listener: (event: JournalEvent, position: Position) => void;
};

/** A journal that lives as long as its process: the same chains, lines and promises as on disk, except durability. */
export function createMemoryJournal({ clock, refuse, onListenerError }: MemoryJournalOptions): MemoryJournal {
  const log: SealedEvent[] = [];
  const streams = new Map<string, JournalEvent[]>();
  const subscriptions = new Set<Subscription>();

  // The position of an event is its place in the log, from 1. Readers get copies: on disk, too, nobody can change what is stored.
  function tell(subscription: Subscription): void {
    while (!subscription.isEnded && subscription.cursor < log.length) {
      const sealed = log[Math.max(0, subscription.cursor)];
      subscription.cursor = Math.max(0, subscription.cursor) + 1;
      if (sealed === undefined) return;
      try {
        subscription.listener(structuredClone(sealed.event), subscription.cursor);
      } catch (error) {
        onListenerError?.(error);
      }
    }
  }

  return {
    async append(stream, expectedSeq, events) {
      const drafts = events.map(draftEvent);
      // Asynchronous as a disk is: nobody may come to rely on an append that is done when the call returns.
      await Promise.resolve();
      const stored = streams.get(stream) ?? [];
      if (stored.length !== expectedSeq) {
        const sentence = `${stream} is at event ${stored.length}, not at ${expectedSeq} as expected: its events were not stored. Read the stream again and decide anew.`;
        return fail({ code: 'journal.conflict', sentence });
      }
      const refused = refuse?.(stream, events);
      if (refused !== undefined) return fail(refused);
      const recordedAt = clock.now().toISOString();
      let prev = stored.at(-1)?.hash ?? noPrevious;
      const sealed = drafts.map((draft, index) => {
        const next = sealDraft(draft, { stream, seq: expectedSeq + index + 1, prev, recordedAt });
        prev = next.event.hash;
        return next;
      });
      if (sealed.length === 0) return ok([]);
      log.push(...sealed);
      streams.set(stream, [...stored, ...sealed.map(({ event }) => event)]);
      for (const subscription of [...subscriptions]) tell(subscription);
      return ok(sealed.map(({ event }) => structuredClone(event)));
    },
    read: async (stream, from = 1) =>
      structuredClone((streams.get(stream) ?? []).slice(Math.max(1, Math.ceil(from)) - 1)),
    subscribe(from, listener) {
      const subscription: Subscription = { cursor: from, isEnded: false, listener };
      // Whoever subscribes has the function that ends the subscription before the first event comes.
      queueMicrotask(() => {
        if (subscription.isEnded) return;
        subscriptions.add(subscription);
        tell(subscription);
      });
      return () => {
        subscription.isEnded = true;
        subscriptions.delete(subscription);
      };
    },
    streams: () => [...streams.keys()],
    heads: () => [...streams.values()].flatMap((events): Head[] => events.slice(-1).map(headOf)),
    events: () => structuredClone(log.map(({ event }) => event)),
    lastPosition: () => log.length,
  };
}
