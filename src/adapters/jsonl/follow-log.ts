import { join } from 'node:path';
import type { JournalEvent } from '../../core/journal/event.ts';
import { readLine } from '../../core/journal/verify.ts';
import type { Position } from '../../ports/journal.ts';
import type { LogFs } from './log-fs.ts';
import { readLines } from './read-lines.ts';
import { offsetOf, positionAt, segmentFile, segmentNumbers, segmentOf } from './segment.ts';

export type PlacedEvent = { readonly event: JournalEvent; readonly position: Position };

/**
 * The events of a log after position `from`, up to and with the one at `to`, in the order of the log, some hundreds at a time. The caller
 * knows that all of them are committed. Lines were verified when the journal was opened or written; here only their envelope is read.
 */
export async function* followLog(
  at: { readonly fs: LogFs; readonly folder: string },
  from: Position,
  to: Position,
): AsyncGenerator<readonly PlacedEvent[]> {
  const firstSegment = segmentOf(from);
  const lastSegment = segmentOf(to);
  for (const segment of segmentNumbers(await at.fs.list(at.folder))) {
    if (segment < firstSegment || segment > lastSegment) continue;
    const file = await at.fs.open(join(at.folder, segmentFile(segment)), 'read');
    try {
      // Begins with the line at `from`, which the caller has already, or with what is left of one when `from` is of another log.
      const start = segment === firstSegment ? offsetOf(from) : 0;
      for await (const lines of readLines(file, start, await file.size())) {
        const placed: PlacedEvent[] = [];
        for (const line of lines) {
          const position = positionAt(segment, line.offset);
          if (position <= from || position > to || line.bytes.length === 0) continue;
          const read = readLine(line.bytes.toString('utf8'));
          if (!read.ok)
            throw new Error(`the line at byte ${line.offset} of ${segmentFile(segment)} ${read.error.sentence}`);
          placed.push({ event: read.value, position });
        }
        if (placed.length > 0) yield placed;
        if (positionAt(segment, lines.at(-1)?.offset ?? 0) > to) return;
      }
    } finally {
      await file.close();
    }
  }
}
