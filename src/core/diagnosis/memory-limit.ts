import { formatBytes, sayBytes } from '../cluster/quantity.ts';

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
 * The larger of twice the current limit and the observed peak with a quarter on top, rounded up to a step of common sense, but no more than the largest
 * node can still give beside the pod's other containers. The peak is only ever measured: from what a log says nothing follows. It is a floor
 * rather than a need, since the kernel stopped the process at its limit; hence the doubling.
 */
export function proposeMemoryLimit(input: {
  readonly currentBytes: number;
  readonly peakBytes: number | undefined;
  readonly otherContainersBytes: number;
  readonly largestNodeBytes: number | undefined;
}): ProposedLimit {
  const { currentBytes, peakBytes, otherContainersBytes, largestNodeBytes } = input;
  const doubled = 2 * currentBytes;
  const measured = peakBytes === undefined ? 0 : headroom * peakBytes;
  const wanted = roundUp(Math.max(doubled, measured));
  const reason =
    measured > doubled
      ? `the observed peak of ${sayBytes(peakBytes ?? 0)} plus 25 %`
      : `twice the current limit of ${formatBytes(currentBytes)}${peakBytes === undefined ? ' (no measured use to go by)' : ` (observed peak ${sayBytes(peakBytes)})`}`;
  if (largestNodeBytes === undefined) {
    return { ok: true, limit: formatBytes(wanted), how: `${reason}, rounded up; no node could be read to bound it` };
  }
  const room = roundDown(largestNodeBytes - otherContainersBytes);
  if (room <= currentBytes) {
    return {
      ok: false,
      why: `no node can give more than the current limit of ${formatBytes(currentBytes)} (largest allocatable ${sayBytes(largestNodeBytes)})`,
    };
  }
  return wanted <= room
    ? { ok: true, limit: formatBytes(wanted), how: `${reason}, rounded up` }
    : { ok: true, limit: formatBytes(room), how: `${reason}, cut to what the largest node can give` };
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
