import { join } from 'node:path';
import type { JournalEvent } from '../../core/journal/event.ts';
import { openLine } from '../../core/journal/verify.ts';
import type { LogFile, LogFs } from './log-fs.ts';
import { readRange } from './read-lines.ts';
import { offsetOf, segmentFile, segmentOf } from './segment.ts';
import type { Location } from './stream-index.ts';

// Lines of one stream lie between those of others. Reading over a gap is cheaper than another call, up to about this size.
const gapBytes = 16 * 1024;
const rangeBytes = 1024 * 1024;

type Range = { readonly segment: number; readonly from: number; to: number; readonly lines: Location[] };

/**
 * Reads events from disk at known locations, in order, and verifies each line again. Throws when a line is no longer what was indexed: the file
 * was changed under a running journal, and what it says now must not be acted upon.
 */
export async function readEvents(
  at: { readonly fs: LogFs; readonly folder: string },
  locations: readonly Location[],
): Promise<JournalEvent[]> {
  const events: JournalEvent[] = [];
  let open: { segment: number; file: LogFile } | undefined;
  try {
    for (const range of rangesOf(locations)) {
      if (open?.segment !== range.segment) {
        await open?.file.close();
        open = undefined;
        open = { segment: range.segment, file: await at.fs.open(join(at.folder, segmentFile(range.segment)), 'read') };
      }
      const bytes = await readRange(open.file, range.from, range.to);
      for (const location of range.lines) {
        const start = offsetOf(location.position) - range.from;
        const opened = openLine(bytes.toString('utf8', start, start + location.bytes));
        if (opened.ok) events.push(opened.value);
        else throw changedError(location, opened.error.sentence);
      }
    }
  } finally {
    await open?.file.close();
  }
  return events;
}

function rangesOf(locations: readonly Location[]): Range[] {
  const ranges: Range[] = [];
  for (const location of locations) {
    const segment = segmentOf(location.position);
    const from = offsetOf(location.position);
    const to = from + location.bytes;
    const range = ranges.at(-1);
    if (
      range !== undefined &&
      range.segment === segment &&
      from - range.to <= gapBytes &&
      to - range.from <= rangeBytes
    ) {
      range.to = to;
      range.lines.push(location);
    } else {
      ranges.push({ segment, from, to, lines: [location] });
    }
  }
  return ranges;
}

function changedError(location: Location, sentence: string): Error {
  const where = `${segmentFile(segmentOf(location.position))}, byte ${offsetOf(location.position)}`;
  return new Error(
    `The journal was changed while it was open (${where}): the line ${sentence} Nothing was read from it; run verify.`,
  );
}
