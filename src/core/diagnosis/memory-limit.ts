import { formatBytes, sayBytes } from '../cluster/quantity.ts';
import type { PreviousLimit } from './previous-limit.ts';

const Mi = 2 ** 20;
const headroom = 1.25;

/** Steps in which people set limits: the larger the limit, the coarser. */
const steps: readonly (readonly [upTo: number, step: number])[] = [
  [64 * Mi, 16 * Mi],
  [512 * Mi, 64 * Mi],
  [2048 * Mi, 128 * Mi],
  [8192 * Mi, 256 * Mi],
  [Number.POSITIVE_INFINITY, 1024 * Mi],
];

export type ProposedLimit =
  | { readonly ok: true; readonly limit: string; readonly how: string }
  | { readonly ok: false; readonly why: string };

/**
 * A memory limit for a container that was killed at the one it has. All amounts in bytes.
 *
 * The largest of twice the current limit, the observed peak with a quarter on top (both rounded up to a step of common sense) and the limit of an earlier
 * revision that ran, but no more than the largest node can still give beside the pod's other containers. The peak is only ever measured: from
 * what a log says nothing follows. It is a floor rather than a need, since the kernel stopped the process at its limit; hence the doubling. An earlier limit of
 * which nothing shows that it worked is told and not counted.
 */
export function proposeMemoryLimit(input: {
  readonly currentBytes: number;
  readonly peakBytes: number | undefined;
  readonly otherContainersBytes: number;
  readonly largestNodeBytes: number | undefined;
  readonly previous?: Pick<PreviousLimit, 'revision' | 'limit' | 'bytes' | 'ran'> | undefined;
}): ProposedLimit {
  const { currentBytes, peakBytes, otherContainersBytes, largestNodeBytes, previous } = input;
  const doubled = 2 * currentBytes;
  const measured = peakBytes === undefined ? 0 : headroom * peakBytes;
  const computed = roundUp(Math.max(doubled, measured));
  const isAsBefore = previous?.ran === true && previous.bytes >= computed;
  const wanted = isAsBefore ? previous.bytes : computed;
  const wantedLimit = isAsBefore ? previous.limit : formatBytes(computed);
  const reason = [
    isAsBefore
      ? `revision ${previous.revision} ran with ${previous.limit}${peakBytes === undefined ? '' : `, observed peak ${sayBytes(peakBytes)}`}`
      : `${computedFrom(currentBytes, measured > doubled, peakBytes)}, rounded up`,
    ...(isAsBefore || previous === undefined ? [] : [sayPrevious(previous)]),
  ].join('; ');
  if (largestNodeBytes === undefined) {
    return { ok: true, limit: wantedLimit, how: `${reason}; no node could be read to bound it` };
  }
  const roomBytes = largestNodeBytes - otherContainersBytes;
  const room = roundDown(roomBytes);
  if (room <= currentBytes) {
    return {
      ok: false,
      why: `no node can give more than the current limit of ${formatBytes(currentBytes)} (largest allocatable ${sayBytes(largestNodeBytes)})`,
    };
  }
  return wanted <= roomBytes
    ? { ok: true, limit: wantedLimit, how: reason }
    : { ok: true, limit: formatBytes(room), how: `${reason}; cut to what the largest node can give` };
}

function computedFrom(currentBytes: number, byPeak: boolean, peakBytes: number | undefined): string {
  if (byPeak) return `the observed peak of ${sayBytes(peakBytes ?? 0)} plus 25 %`;
  const known = peakBytes === undefined ? 'no measured use to go by' : `observed peak ${sayBytes(peakBytes)}`;
  return `twice the current limit of ${formatBytes(currentBytes)} (${known})`;
}

function sayPrevious({ limit, ran, revision }: Pick<PreviousLimit, 'revision' | 'limit' | 'ran'>): string {
  return ran
    ? `revision ${revision} ran with ${limit}`
    : `revision ${revision} had ${limit}, but nothing that was read shows that it ran`;
}

function stepFor(bytes: number): number {
  return (steps.find(([upTo]) => bytes <= upTo) ?? [0, 1024 * Mi])[1];
}

function roundUp(bytes: number): number {
  const step = stepFor(bytes);
  return Math.ceil(bytes / step) * step;
}

function roundDown(bytes: number): number {
  const step = stepFor(bytes);
  return Math.floor(bytes / step) * step;
}
