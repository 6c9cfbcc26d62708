import { answersAbout, type MetricSeries, newestOf, type Observations } from '../observations.ts';

/** How a query shows a metric: as the server keeps it, per second, as an increase over a window, or as a part of another metric. */
export type Shape = 'raw' | 'rate' | 'increase' | 'share';

export type Reading = {
  readonly labels: MetricSeries['labels'];
  /** The newest value: per second for counters (`rate`, `increase`, or raw ones with two points), as it is for gauges. A share is between 0 and 1. */
  readonly value: number;
  /** All values, in the same unit, oldest first. */
  readonly values: readonly number[];
  readonly at: number;
  readonly shape: Shape;
  readonly query: string;
};

const windowUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** What a query makes of a metric. A division by another metric is a share; `hasDivision` sees it outside of label matchers. */
function shapeOf(query: string): Shape {
  const plain = query.slice(0, 10_000).replace(/"[^"]{0,1000}"/g, '""');
  if (/[a-zA-Z)\]}]\s*\/\s*(?:on|ignoring|\(|[a-zA-Z_:])/.test(plain)) return 'share';
  if (/\bi?rate\s*\(/.test(plain) || /:(?:[a-z]{2,10}_)?i?rate\d*[smh]?\b/.test(plain)) return 'rate';
  return /\bincrease\s*\(/.test(plain) ? 'increase' : 'raw';
}

/** Counters that an instant query shows raw say only what ever happened: those are left out. Gauges are never per second. */
export function readingsOf(
  observations: Observations,
  metric: string | RegExp,
  kind: 'counter' | 'gauge',
): readonly Reading[] {
  return answersAbout(observations, metric).flatMap(({ query, series }) => {
    const shape = shapeOf(query);
    return series.flatMap((one): Reading[] => {
      const newest = newestOf(one);
      const at = one.points.at(-1)?.at;
      if (newest === undefined || at === undefined || !Number.isFinite(newest)) return [];
      const values = one.points.map(({ value }) => value).filter((value) => Number.isFinite(value));
      const common = { labels: one.labels, at, query, shape };
      if (kind === 'gauge' || shape === 'rate') return [{ ...common, value: newest, values }];
      if (shape === 'share') {
        // Written in percent when it says so, or when it cannot be a share.
        const by = /\*\s*100\b|\b100\s*\*/.test(query) || values.some((value) => value > 1.5) ? 100 : 1;
        return [{ ...common, value: newest / by, values: values.map((value) => value / by) }];
      }
      if (shape === 'increase') {
        const seconds = windowSeconds(query);
        return seconds === undefined
          ? []
          : [{ ...common, value: newest / seconds, values: values.map((value) => value / seconds) }];
      }
      const rates = ratesOf(one);
      const rate = rates.at(-1);
      return rate === undefined ? [] : [{ ...common, value: rate, values: rates }];
    });
  });
}

function windowSeconds(query: string): number | undefined {
  const match = /\[(\d{1,5})([smhd])/.exec(query);
  const unit = windowUnits[match?.[2] ?? ''];
  return match?.[1] === undefined || unit === undefined ? undefined : Math.max(1, Number(match[1]) * unit);
}

// A counter that goes down was reset: that step is left out.
function ratesOf({ points }: MetricSeries): readonly number[] {
  return points.slice(1).flatMap(({ at, value }, index) => {
    const before = points[index];
    if (before === undefined || at <= before.at || value < before.value) return [];
    return [((value - before.value) * 1000) / (at - before.at)];
  });
}

/** The container a series speaks of, by the labels of cAdvisor and kube-state-metrics. */
export function containerOfSeries(
  labels: MetricSeries['labels'],
): { readonly namespace: string; readonly pod: string; readonly container: string | undefined } | undefined {
  const namespace = labels.exported_namespace ?? labels.namespace;
  const pod = labels.exported_pod ?? labels.pod ?? labels.pod_name;
  const container = labels.exported_container ?? labels.container ?? labels.container_name;
  if (namespace === undefined || pod === undefined || container === 'POD') return undefined;
  return { namespace, pod, container: container === '' ? undefined : container };
}
