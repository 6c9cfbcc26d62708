import type { RangeFunction } from './expression.ts';

/** Samples of one series in a range, in order of time; both lists are equally long. */
export type Points = { readonly timesMs: readonly number[]; readonly values: readonly number[] };

/** The value of a range function at the end of its range, or undefined where too few samples are in it. */
export function overRange(
  name: RangeFunction,
  points: Points,
  range: { readonly startMs: number; readonly endMs: number },
): number | undefined {
  switch (name) {
    case 'max_over_time':
      return points.values.length === 0 ? undefined : largest(points.values);
    case 'min_over_time':
      return points.values.length === 0 ? undefined : smallest(points.values);
    case 'avg_over_time':
      return points.values.length === 0 ? undefined : sum(points.values) / points.values.length;
    case 'increase':
      return increase(points, range);
    case 'rate': {
      const more = increase(points, range);
      return more === undefined ? undefined : more / ((range.endMs - range.startMs) / 1000);
    }
    default:
      return name satisfies never;
  }
}

/** The largest value; NaN only where nothing else is. */
export function largest(values: readonly number[]): number {
  return values.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best), Number.NaN);
}

/** The smallest value; NaN only where nothing else is. */
export function smallest(values: readonly number[]): number {
  return values.reduce((best, value) => (value < best || Number.isNaN(best) ? value : best), Number.NaN);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * How much a counter grew in a range, by Prometheus' rule: resets are made good, and the growth between the first and the last sample is extended to the
 * borders of the range where samples come close to them (within 1.1 of their mean distance), otherwise by half that distance, and never to below zero.
 */
function increase(
  { timesMs, values }: Points,
  { endMs, startMs }: { readonly startMs: number; readonly endMs: number },
): number | undefined {
  const [first] = values;
  const [firstMs] = timesMs;
  const lastMs = timesMs.at(-1);
  if (values.length < 2 || first === undefined || firstMs === undefined || lastMs === undefined) return undefined;
  let grown = (values.at(-1) ?? first) - first;
  let before = first;
  for (const value of values) {
    if (value < before) grown += before;
    before = value;
  }
  const sampledMs = lastMs - firstMs;
  const meanMs = sampledMs / (values.length - 1);
  let toStartMs = firstMs - startMs;
  if (grown > 0 && first >= 0) toStartMs = Math.min(toStartMs, sampledMs * (first / grown));
  const extended = (toBorderMs: number): number => (toBorderMs < 1.1 * meanMs ? toBorderMs : meanMs / 2);
  return grown * ((sampledMs + extended(toStartMs) + extended(endMs - lastMs)) / sampledMs);
}
