import { join } from 'node:path';
import type { Position } from '../../ports/journal.ts';

// A position is the segment's number and the byte offset of the event's line in it. So it needs no counting, finds its event without an index,
// and stays what it is when older segments are archived. 2^21 segments of 4 GiB fit the exact integers of a double.
const offsetsPerSegment = 2 ** 32;

/** No segment can grow beyond what an offset holds. */
export const largestSegmentBytes = offsetsPerSegment - 1;

const segmentName = /^\d{8}\.jsonl$/;

/** `<data folder>/journal`: where segments and the lock are. */
export function journalFolder(dataFolder: string): string {
  return join(dataFolder, 'journal');
}

/** 1 → `00000001.jsonl`. */
export function segmentFile(segment: number): string {
  return `${String(segment).padStart(8, '0')}.jsonl`;
}

/** The numbers of the segments among the names of a folder, ascending; other names are not the journal's and are left alone. */
export function segmentNumbers(names: readonly string[]): number[] {
  return names
    .filter((name) => segmentName.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
}

export function positionAt(segment: number, offset: number): Position {
  return segment * offsetsPerSegment + offset;
}

export function segmentOf(position: Position): number {
  return Math.floor(position / offsetsPerSegment);
}

export function offsetOf(position: Position): number {
  return position % offsetsPerSegment;
}
