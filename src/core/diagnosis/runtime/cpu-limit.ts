const headroom = 1.25;

/** Steps in which people set limits, in thousandths of a core: the larger the limit, the coarser. */
const steps: readonly (readonly [upTo: number, step: number])[] = [
  [200, 50],
  [1000, 100],
  [4000, 250],
  [Number.POSITIVE_INFINITY, 1000],
];

export type ProposedCpu =
  | { readonly ok: true; readonly limit: string; readonly how: string }
  | { readonly ok: false; readonly why: string };

/**
 * A CPU limit for a container that is held at the one it has. All amounts in cores.
 *
 * The larger of twice the current limit and the measured peak with a quarter on top, rounded up to a step of common sense, but no more than the largest node can
 * give beside the pod's other containers. The peak is a floor rather than a need, since the kernel held the process at its limit; hence the doubling.
 */
export function proposeCpuLimit(input: {
  readonly currentCores: number;
  readonly peakCores: number | undefined;
  readonly otherContainersCores: number;
  readonly largestNodeCores: number | undefined;
}): ProposedCpu {
  const { currentCores, peakCores, otherContainersCores, largestNodeCores } = input;
  const doubled = 2 * currentCores;
  const measured = peakCores === undefined ? 0 : headroom * peakCores;
  const wanted = roundUp(1000 * Math.max(doubled, measured));
  const how =
    measured > doubled
      ? `the observed peak of ${sayCores(peakCores ?? 0)} plus 25 %, rounded up`
      : `twice the current limit of ${sayCores(currentCores)} (${peakCores === undefined ? 'no measured use to go by' : `observed peak ${sayCores(peakCores)}`}), rounded up`;
  if (largestNodeCores === undefined) {
    return { ok: true, limit: formatMilli(wanted), how: `${how}; no node could be read to bound it` };
  }
  const room = Math.floor(1000 * (largestNodeCores - otherContainersCores));
  if (room <= 1000 * currentCores)
    return { ok: false, why: `no node can give more than the current limit of ${sayCores(currentCores)}` };
  return wanted <= room
    ? { ok: true, limit: formatMilli(wanted), how }
    : { ok: true, limit: formatMilli(room), how: `${how}; cut to what the largest node can give` };
}

/** Cores for people: 0.25 → `250m`, 2 → `2`. */
export function sayCores(cores: number): string {
  return formatMilli(Math.round(1000 * cores));
}

function formatMilli(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

function roundUp(milli: number): number {
  const step = (steps.find(([upTo]) => milli <= upTo) ?? [0, 1000])[1];
  // Sums of floating point may be a hair above the step they mean.
  return Math.ceil(milli / step - 1e-9) * step;
}
