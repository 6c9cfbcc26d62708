import type { LabelSet } from './label-sets.ts';

export type Sample = { readonly name: string; readonly labels: LabelSet; readonly value: number };
type Point = { readonly atMs: number; readonly value: number | undefined };
type Series = { readonly labels: LabelSet; points: Point[] };

const maxPoints = 3600;
/** Prometheus' lookback: an older sample no longer answers an instant query. */
const lookbackMs = 5 * 60 * 1000;

/** Series over time, as far as a sandbox needs them: values that stand until they are set anew or taken away. */
export function createSeriesTable() {
  const table = new Map<string, Series>();

  function put(name: string, labels: LabelSet, atMs: number, value: number | undefined): void {
    const all = { __name__: name, ...labels };
    const key = JSON.stringify(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const series: Series = table.get(key) ?? { labels: all, points: [] };
    table.set(key, series);
    series.points.push({ atMs, value });
    if (series.points.length > maxPoints) series.points = series.points.slice(-maxPoints / 2);
  }

  return {
    put,
    /** Ends a series, as a target that is gone does: from now on it has no value. */
    end: (name: string, labels: LabelSet, atMs: number): void => put(name, labels, atMs, undefined),
    /** The value of each series at an instant. */
    at(atMs: number, matches: (labels: LabelSet) => boolean): { labels: LabelSet; value: number }[] {
      return [...table.values()].flatMap(({ labels, points }) => {
        if (!matches(labels)) return [];
        const point = points.findLast((one) => one.atMs <= atMs);
        const isFresh = point?.value !== undefined && atMs - point.atMs <= lookbackMs;
        return isFresh && point.value !== undefined ? [{ labels, value: point.value }] : [];
      });
    },
  };
}
