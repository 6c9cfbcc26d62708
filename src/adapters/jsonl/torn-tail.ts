import { isUtf8 } from 'node:buffer';
import type { ChainVerifier } from '../../core/journal/verify.ts';

const newline = 0x0a;
const lineStart = Buffer.from('{"actor":{');

/**
 * Can a crash have left this behind the last commit mark? Two ways: the beginning of an append (whole lines that continue their stream, then
 * the beginning of a line), or blocks that the disk never wrote, which read as zeros and are in no JSON.
 *
 * Everything else was changed by other means, and may be an acknowledged append whose mark was hit: cutting that off would be a guess.
 * Ends the use of the verifier.
 */
export function isTornTail(tail: Buffer, verifier: ChainVerifier): boolean {
  if (tail.includes(0)) return true;
  let at = 0;
  for (let end = tail.indexOf(newline); end !== -1; end = tail.indexOf(newline, at)) {
    const line = tail.subarray(at, end);
    if (!isUtf8(line) || !verifier.check(line.toString('utf8'), 0).ok) return false;
    at = end + 1;
  }
  const rest = tail.subarray(at, at + lineStart.length);
  return rest.equals(lineStart.subarray(0, rest.length));
}
