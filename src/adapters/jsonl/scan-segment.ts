import { isUtf8 } from 'node:buffer';
import type { ChainVerifier } from '../../core/journal/verify.ts';
import { ok, type Result } from '../../core/result.ts';
import type { LogFile } from './log-fs.ts';
import { damaged, type LogProblem } from './log-problem.ts';
import { readLines, readRange, type StoredLine } from './read-lines.ts';
import { positionAt, segmentFile } from './segment.ts';
import type { StreamIndex } from './stream-index.ts';

export type SegmentScan = { readonly segment: number; readonly index: StreamIndex; readonly verifier: ChainVerifier };

/** `bytes` up to and with the last commit mark; `tail` is what follows it, from line `tailLine` on. */
export type ScannedSegment = { readonly bytes: number; readonly tail: Buffer; readonly tailLine: number };

type Pending = { readonly line: StoredLine; readonly lineNumber: number };

/** Verifies and indexes the committed appends of one segment: each is its lines, and an empty line as commit mark. */
export async function scanSegment(file: LogFile, scan: SegmentScan): Promise<Result<ScannedSegment, LogProblem>> {
  const name = segmentFile(scan.segment);
  const size = await file.size();
  let pending: Pending[] = [];
  let bytes = 0;
  let lineNumber = 0;
  for await (const lines of readLines(file, 0, size)) {
    for (const line of lines) {
      lineNumber += 1;
      if (line.bytes.length > 0) {
        pending.push({ line, lineNumber });
        continue;
      }
      if (pending.length === 0)
        return damaged(name, lineNumber, `Line ${lineNumber} is a commit mark of nothing: it was added.`);
      const committed = commit(pending, scan, name);
      if (!committed.ok) return committed;
      pending = [];
      bytes = line.offset + 1;
    }
  }
  const tailLine = pending[0]?.lineNumber ?? lineNumber + 1;
  return ok({ bytes, tail: await readRange(file, bytes, size), tailLine });
}

function commit(pending: readonly Pending[], scan: SegmentScan, name: string): Result<void, LogProblem> {
  let owner: string | undefined;
  for (const { line, lineNumber } of pending) {
    // Strictly decoded: a broken byte would become U+FFFD, and so could pass for the character that stood there.
    if (!isUtf8(line.bytes)) return damaged(name, lineNumber, `Line ${lineNumber} is not UTF-8 text: it was changed.`);
    const checked = scan.verifier.check(line.bytes.toString('utf8'), lineNumber);
    if (!checked.ok) return damaged(name, lineNumber, checked.error.sentence);
    if (owner !== undefined && owner !== checked.value.incident) {
      return damaged(
        name,
        lineNumber,
        `Line ${lineNumber} is of another stream than its append: lines were removed or moved.`,
      );
    }
    owner = checked.value.incident;
    scan.index.add(checked.value, { position: positionAt(scan.segment, line.offset), bytes: line.bytes.length });
  }
  return ok(undefined);
}
