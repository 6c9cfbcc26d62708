import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sealEvent } from '../../core/journal/chain.ts';
import { noPrevious } from '../../core/journal/event.ts';
import type { LogFs } from './log-fs.ts';
import { renderAppend } from './render-append.ts';
import type { ScannedLog } from './scan-log.ts';
import { positionAt, segmentFile } from './segment.ts';
import { writeFully } from './write-fully.ts';

const inbox = 'inbox';

/** What was cut off: the rest of an append that was never acknowledged. */
export type Repair = { readonly segment: string; readonly bytes: number; readonly sha256: string };

/**
 * Cuts off a torn tail and journals that in stream `inbox`, in one durable step: the event is written over the tail, then the file is cut
 * behind it. So a crash at any moment leaves either a torn tail or the event, and a full disk leaves a tail for the next start. Rejects with the
 * system's error; nothing that was acknowledged is touched. Gives the log as it is after the repair.
 */
export async function repairTail(
  log: ScannedLog & { readonly last: NonNullable<ScannedLog['last']> },
  at: { readonly fs: LogFs; readonly folder: string; readonly now: string },
): Promise<{ readonly repair: Repair; readonly log: ScannedLog }> {
  const { index, last, tail } = log;
  const segment = segmentFile(last.segment);
  const repair = { segment, bytes: tail.length, sha256: createHash('sha256').update(tail).digest('hex') };
  const head = index.head(inbox);
  const sealed = sealEvent(
    { type: 'journal-repaired', actor: { kind: 'system' }, cause: 'journal-open', occurredAt: at.now, body: repair },
    { stream: inbox, seq: (head?.seq ?? 0) + 1, prev: head?.hash ?? noPrevious, recordedAt: at.now },
  );
  const event = renderAppend([sealed]);
  const file = await at.fs.open(join(at.folder, segment), 'write');
  try {
    // Zeros first: whatever part of the event is written when the machine stops, what then follows is a tail that only a crash makes.
    await writeFully(file, Buffer.alloc(tail.length), last.bytes);
    await writeFully(file, event.bytes, last.bytes);
    await file.datasync();
    await file.truncate(last.bytes + event.bytes.length);
    await file.datasync();
  } finally {
    await file.close();
  }
  index.add(sealed.event, { position: positionAt(last.segment, last.bytes), bytes: event.bytes.length - 2 });
  return {
    repair,
    log: { index, last: { segment: last.segment, bytes: last.bytes + event.bytes.length }, tail: Buffer.alloc(0) },
  };
}
