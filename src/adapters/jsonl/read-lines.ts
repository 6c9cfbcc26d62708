import type { LogFile } from './log-fs.ts';

/** One line without its line end; `offset` and `bytes` are in bytes of the file. */
export type StoredLine = { readonly offset: number; readonly bytes: Buffer };

const blockBytes = 1024 * 1024;
const newline = 0x0a;

/**
 * The complete lines of `[from, to)`, about a megabyte at a time, so that a long file leaves the event loop free in between. What follows the
 * last line end is not given. Ends early when the file does.
 */
export async function* readLines(file: LogFile, from: number, to: number): AsyncGenerator<readonly StoredLine[]> {
  let rest = Buffer.alloc(0);
  let offset = from;
  while (offset < to) {
    const block = Buffer.allocUnsafe(Math.min(blockBytes, to - offset));
    const filled = await readFully(file, block, offset);
    if (filled === 0) return;
    const start = offset - rest.length;
    const searchFrom = rest.length;
    const bytes = rest.length === 0 ? block.subarray(0, filled) : Buffer.concat([rest, block.subarray(0, filled)]);
    offset += filled;
    const lines = splitLines(bytes, start, searchFrom);
    const last = lines.at(-1);
    rest = last === undefined ? bytes : bytes.subarray(last.offset - start + last.bytes.length + 1);
    if (lines.length > 0) yield lines;
  }
}

/** Reads `[from, to)`; shorter when the file is. */
export async function readRange(file: LogFile, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from));
  const filled = await readFully(file, bytes, from);
  return bytes.subarray(0, filled);
}

async function readFully(file: LogFile, into: Buffer, offset: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await file.read(into.subarray(filled), offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

function splitLines(bytes: Buffer, start: number, searchFrom: number): StoredLine[] {
  const lines: StoredLine[] = [];
  let lineStart = 0;
  for (let end = bytes.indexOf(newline, searchFrom); end !== -1; end = bytes.indexOf(newline, lineStart)) {
    lines.push({ offset: start + lineStart, bytes: bytes.subarray(lineStart, end) });
    lineStart = end + 1;
  }
  return lines;
}
