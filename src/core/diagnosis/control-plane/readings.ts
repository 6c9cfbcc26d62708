import { answersAbout, type MetricSeries, newestOf, type Observations } from '../observations.ts';

export type Reading = { readonly query: string; readonly series: MetricSeries; readonly value: number };

/** Newest values of all series of the queries that mention a metric, largest first. */
export function readingsOf(observations: Observations, metric: string | RegExp): readonly Reading[] {
  return answersAbout(observations, metric)
    .flatMap(({ query, series }) =>
      series.flatMap((one): Reading[] => {
        const value = newestOf(one);
        return value === undefined || !Number.isFinite(value) ? [] : [{ query, series: one, value }];
      }),
    )
    .toSorted((a, b) => b.value - a.value);
}

/** Whether a query asks for a high quantile of durations (or their mean), so that its values are seconds. */
export function asksForSeconds(query: string): boolean {
  return (
    /histogram_quantile\s*\(\s*0?\.9/.test(query) ||
    /_sum\b[\s\S]{0,500}\/[\s\S]{0,500}_count\b/.test(query) ||
    /quantile=~?"0?\.9/.test(query) ||
    /_p9\d|:histogram_quantile|p99/i.test(query)
  );
}

export function sayMs(seconds: number): string {
  return seconds >= 10
    ? `${Math.round(seconds)} s`
    : seconds >= 1
      ? `${Math.round(seconds * 10) / 10} s`
      : `${Math.round(seconds * 1000)} ms`;
}
