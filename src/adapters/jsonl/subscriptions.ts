import type { JournalEvent } from '../../core/journal/event.ts';
import type { Problem } from '../../core/result.ts';
import type { Position } from '../../ports/journal.ts';
import type { PlacedEvent } from './follow-log.ts';

type Listener = (event: JournalEvent, position: Position) => void;

export type Subscriptions = {
  subscribe(from: Position, listener: Listener): () => void;
  /** Tells those that are up to date at once; the others find the events in the log. Events must be durable. */
  publish(placed: readonly PlacedEvent[]): void;
  /** Ends all subscriptions. */
  close(): void;
};

export type SubscriptionsOptions = {
  /** The committed events after a position, up to and with another. */
  readonly follow: (from: Position, to: Position) => AsyncIterable<readonly PlacedEvent[]>;
  readonly lastPosition: () => Position;
  readonly onProblem: (problem: Problem) => void;
};

type Subscription = { cursor: Position; state: 'behind' | 'stalled' | 'live' | 'ended'; readonly listener: Listener };

/** Each subscriber sees every event after its position once, in the order of the log: first from disk, then as events are stored. */
export function createSubscriptions({ follow, lastPosition, onProblem }: SubscriptionsOptions): Subscriptions {
  const subscriptions = new Set<Subscription>();

  function deliver(subscription: Subscription, placed: readonly PlacedEvent[]): void {
    for (const { event, position } of placed) {
      if (subscription.state === 'ended') return;
      if (position <= subscription.cursor) continue;
      subscription.cursor = position;
      try {
        subscription.listener(event, position);
      } catch (error) {
        onProblem({
          code: 'journal.listener-failed',
          sentence: `A follower of the journal failed at event ${event.seq} of ${event.incident} (${error instanceof Error ? error.message : String(error)}); the event is stored, that follower did not take it, the others did.`,
        });
      }
    }
  }

  async function catchUp(subscription: Subscription): Promise<void> {
    subscription.state = 'behind';
    // Whoever subscribes has the function that ends the subscription before the first event comes.
    await Promise.resolve();
    try {
      while (subscription.state === 'behind' && subscription.cursor < lastPosition()) {
        for await (const placed of follow(subscription.cursor, lastPosition())) {
          deliver(subscription, placed);
          if (subscription.state !== 'behind') return;
        }
      }
      // No await since the last look at the end of the log: nothing can have been published in between.
      if (subscription.state === 'behind') subscription.state = 'live';
    } catch (error) {
      if (subscription.state !== 'behind') return;
      subscription.state = 'stalled';
      onProblem({
        code: 'journal.unreadable',
        sentence: `The journal could not be read for a follower (${error instanceof Error ? error.message : String(error)}); it waits, and reading is tried again with the next event.`,
      });
    }
  }

  return {
    subscribe(from, listener) {
      const subscription: Subscription = { cursor: from, state: 'behind', listener };
      subscriptions.add(subscription);
      void catchUp(subscription);
      return () => {
        subscription.state = 'ended';
        subscriptions.delete(subscription);
      };
    },
    publish(placed) {
      for (const subscription of [...subscriptions]) {
        if (subscription.state === 'live') deliver(subscription, placed);
        else if (subscription.state === 'stalled') void catchUp(subscription);
      }
    },
    close() {
      for (const subscription of subscriptions) subscription.state = 'ended';
      subscriptions.clear();
    },
  };
}
