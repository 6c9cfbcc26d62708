import type { Head, JournalEvent, NewEvent } from '../core/journal/event.ts';
import type { Problem, Result } from '../core/result.ts';

/** `journal.conflict`: the stream is not at the expected seq, nothing was written. `journal.unavailable`: the disk refused (full, error); nothing of this append will ever be read. */
export type AppendProblem = Problem<'journal.conflict' | 'journal.unavailable'>;

/** A place in the order of all events of the data folder; grows, has no meaning besides. 0 is before the first. */
export type Position = number;

/**
 * The truth: append-only, hash-chained streams of events.
 *
 * - `append` is atomic for its events and durable when it resolves with `ok` (on stable storage, not in a cache). `expectedSeq` is the seq of
 *   the stream's last event, 0 for a new stream. After `journal.unavailable` the same append may be tried again.
 * - `read` gives a stream's events in order from seq `from` (default 1). An unknown stream is empty.
 * - `subscribe` calls `listener` once for each event after `from`, in the order of the log, first those already there, then new ones after they are
 *   durable. A listener that throws is reported to the store's log and does not stop the others. Returns the function that ends the subscription.
 * - `heads` are the ends of all streams.
 */
export interface Journal {
  append(
    stream: string,
    expectedSeq: number,
    events: readonly NewEvent[],
  ): Promise<Result<readonly JournalEvent[], AppendProblem>>;
  read(stream: string, from?: number): Promise<readonly JournalEvent[]>;
  subscribe(from: Position, listener: (event: JournalEvent, position: Position) => void): () => void;
  streams(): readonly string[];
  heads(): readonly Head[];
}
