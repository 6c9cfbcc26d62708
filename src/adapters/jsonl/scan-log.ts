import { join } from 'node:path';
import type { Head } from '../../core/journal/event.ts';
import { type ChainVerifier, createChainVerifier } from '../../core/journal/verify.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { LogFs } from './log-fs.ts';
import { damaged, type LogProblem } from './log-problem.ts';
import { type ScannedSegment, scanSegment } from './scan-segment.ts';
import { segmentFile, segmentNumbers, segmentOf } from './segment.ts';
import { createStreamIndex, type StreamIndex } from './stream-index.ts';
import { systemErrorOf } from './system-error.ts';
import { isTornTail } from './torn-tail.ts';

export type ScannedLog = {
  readonly index: StreamIndex;
  /** The last segment, up to its last commit mark; undefined when there is no segment yet. */
  readonly last: { readonly segment: number; readonly bytes: number } | undefined;
  /** What follows the last commit mark: the rest of an append that was never acknowledged. */
  readonly tail: Buffer;
};

export type ScanOptions = { readonly fs: LogFs; readonly folder: string; readonly knownHeads: readonly Head[] };

/**
 * Reads a whole log and verifies it byte by byte: framing, chains, known heads. Writes nothing. Events count only once their commit mark is
 * there, so the append that another process is just writing is no damage.
 */
export async function scanLog(options: ScanOptions): Promise<Result<ScannedLog, LogProblem>> {
  try {
    return await scanSegments(options);
  } catch (error) {
    const system = systemErrorOf(error);
    if (system === undefined) throw error;
    return fail({
      code: 'journal.unreadable',
      sentence: `The journal in ${options.folder} could not be read (${system}); nothing was changed. Check that the folder exists and may be read.`,
    });
  }
}

async function scanSegments({ fs, folder, knownHeads }: ScanOptions): Promise<Result<ScannedLog, LogProblem>> {
  const segments = segmentNumbers(await fs.list(folder));
  const afterGap = segments.find((segment, at) => at > 0 && segments[at - 1] !== segment - 1);
  if (afterGap !== undefined)
    return damaged(segmentFile(afterGap - 1), 0, 'The segment is missing, and the events in it with it.');
  const index = createStreamIndex();
  const verifier = createChainVerifier({ knownHeads });
  let last: (ScannedSegment & { readonly segment: number }) | undefined;
  for (const segment of segments) {
    if (last !== undefined && last.tail.length > 0) {
      return damaged(
        segmentFile(last.segment),
        last.tailLine,
        `Line ${last.tailLine} begins an append that has no end, and later segments follow.`,
      );
    }
    const file = await fs.open(join(folder, segmentFile(segment)), 'read');
    try {
      const scanned = await scanSegment(file, { segment, index, verifier });
      if (!scanned.ok) return scanned;
      last = { ...scanned.value, segment };
    } finally {
      await file.close();
    }
  }
  return judgeEnd({ index, verifier, last, knownHeads });
}

type LogEnd = {
  readonly index: StreamIndex;
  readonly verifier: ChainVerifier;
  readonly last: (ScannedSegment & { readonly segment: number }) | undefined;
  readonly knownHeads: readonly Head[];
};

function judgeEnd({ index, verifier, last, knownHeads }: LogEnd): Result<ScannedLog, LogProblem> {
  // Before the tail is looked at: what is not committed does not reach a head.
  const finished = verifier.finish();
  if (!finished.ok) {
    const short = knownHeads.find((head) => (index.head(head.stream)?.seq ?? 0) < head.seq);
    const end = short && index.locations(short.stream, index.head(short.stream)?.seq ?? 1).at(-1);
    const segment = end === undefined ? (last?.segment ?? 1) : segmentOf(end.position);
    return damaged(segmentFile(segment), finished.error.line, finished.error.sentence);
  }
  if (last === undefined) return ok({ index, last, tail: Buffer.alloc(0) });
  const { segment, bytes, tail, tailLine } = last;
  if (!isTornTail(tail, verifier)) {
    return damaged(
      segmentFile(segment),
      tailLine,
      `What begins at line ${tailLine} is neither whole nor what a crash leaves behind: it may be stored events that were changed.`,
    );
  }
  return ok({ index, last: { segment, bytes }, tail });
}
