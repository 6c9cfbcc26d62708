import { keyOfLabels, type LabelSet } from './label-sets.ts';
import type { StoredSeries } from './promql/evaluate.ts';

export type Sample = { readonly name: string; readonly labels: LabelSet; readonly value: number };

/** Times (in ms, ascending, no two alike) and values are lists of their own: an hour of samples every 200 ms then takes 16 bytes a sample. */
type Series = {
  readonly labels: LabelSet;
  readonly timesMs: number[];
  readonly values: number[];
  /** The times at which the series ended; the value there is no sample (Prometheus' stale marker). */
  readonly endsMs: Set<number>;
};

/** Prometheus' lookback: an older sample no longer answers an instant query. */
const lookbackMs = 5 * 60 * 1000;

/** Series over time, as far as a sandbox needs them. Samples may come in any order; of two for the same time the later one counts. */
export function createSeriesTable() {
  const table = new Map<string, Series>();

  function put(name: string, labels: LabelSet, atMs: number, value: number | undefined): void {
    const all = { __name__: name, ...labels };
    const key = keyOfLabels(all);
    const series: Series = table.get(key) ?? { labels: all, timesMs: [], values: [], endsMs: new Set() };
    table.set(key, series);
    const { endsMs, timesMs, values } = series;
    const index = indexAfter(timesMs, atMs);
    const isKnown = timesMs[index - 1] === atMs;
    timesMs.splice(isKnown ? index - 1 : index, isKnown ? 1 : 0, atMs);
    values.splice(isKnown ? index - 1 : index, isKnown ? 1 : 0, value ?? Number.NaN);
    if (value === undefined) endsMs.add(atMs);
    else endsMs.delete(atMs);
  }

  return {
    put,
    /** Ends a series, as a target that is gone does: from now on it has no value. */
    end: (name: string, labels: LabelSet, atMs: number): void => put(name, labels, atMs, undefined),
    /** The series whose labels (with `__name__`) match. They show what is put later, too. */
    select: (matches: (labels: LabelSet) => boolean): readonly StoredSeries[] =>
      [...table.values()].filter(({ labels }) => matches(labels)).map(stored),
    /** Forgets samples before an instant, and series that have no others. */
    forgetBefore(instantMs: number): void {
      for (const [key, { endsMs, timesMs, values }] of table) {
        const old = timesMs.findIndex((atMs) => atMs >= instantMs);
        const count = old === -1 ? timesMs.length : old;
        for (const atMs of timesMs.splice(0, count)) endsMs.delete(atMs);
        values.splice(0, count);
        if (timesMs.length === 0) table.delete(key);
      }
    },
  };
}

function stored({ endsMs, labels, timesMs, values }: Series): StoredSeries {
  return {
    labels,
    at(instantMs) {
      const index = indexAfter(timesMs, instantMs) - 1;
      const atMs = timesMs[index];
      const isGone = atMs === undefined || endsMs.has(atMs) || instantMs - atMs > lookbackMs;
      return isGone ? undefined : values[index];
    },
    between(startMs, endMs) {
      // Times are whole or fractional ms, so "from the start on" is not "after the ms before".
      let first = indexAfter(timesMs, startMs);
      if (first > 0 && timesMs[first - 1] === startMs) first--;
      const end = indexAfter(timesMs, endMs);
      const isSample = (_: number, index: number): boolean => !endsMs.has(timesMs[first + index] ?? Number.NaN);
      const [times, all] = [timesMs.slice(first, end), values.slice(first, end)];
      return endsMs.size === 0
        ? { timesMs: times, values: all }
        : { timesMs: times.filter(isSample), values: all.filter(isSample) };
    },
  };
}

/** How many of the times are not after the instant. */
function indexAfter(timesMs: readonly number[], instantMs: number): number {
  let from = 0;
  let to = timesMs.length;
  // Nearly all that is put or asked is the newest.
  if (to === 0 || (timesMs[to - 1] ?? 0) <= instantMs) return to;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((timesMs[middle] ?? 0) <= instantMs) from = middle + 1;
    else to = middle;
  }
  return from;
}
