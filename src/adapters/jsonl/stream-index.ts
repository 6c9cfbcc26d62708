import { headOf } from '../../core/journal/chain.ts';
import { type Head, type JournalEvent, streamOf } from '../../core/journal/event.ts';
import type { Position } from '../../ports/journal.ts';

/** Where a stored event's line is, and how long it is in bytes. */
export type Location = { readonly position: Position; readonly bytes: number };

type StreamEntry = { head: Head; readonly positions: number[]; readonly bytes: number[] };

/** Where each event of each stream is: two numbers an event. The events themselves stay on disk. */
export type StreamIndex = {
  add(event: JournalEvent, location: Location): void;
  head(stream: string): Head | undefined;
  /** Locations of a stream's events from seq `from`, in order. */
  locations(stream: string, from: number): readonly Location[];
  streams(): readonly string[];
  heads(): readonly Head[];
  /** Position of the last event of all, 0 when there is none. */
  lastPosition(): Position;
};

export function createStreamIndex(): StreamIndex {
  const entries = new Map<string, StreamEntry>();
  let last: Position = 0;
  return {
    add(event, { position, bytes }) {
      const head = headOf(event);
      const entry = entries.get(head.stream) ?? { head, positions: [], bytes: [] };
      entry.head = head;
      entry.positions.push(position);
      entry.bytes.push(bytes);
      entries.set(streamOf(event.incident), entry);
      last = position;
    },
    head: (stream) => entries.get(stream)?.head,
    locations(stream, from) {
      const entry = entries.get(stream);
      if (entry === undefined) return [];
      const first = Math.max(1, Math.ceil(from)) - 1;
      return entry.positions
        .slice(first)
        .map((position, index) => ({ position, bytes: entry.bytes[first + index] ?? 0 }));
    },
    streams: () => [...entries.keys()],
    heads: () => [...entries.values()].map(({ head }) => head),
    lastPosition: () => last,
  };
}
