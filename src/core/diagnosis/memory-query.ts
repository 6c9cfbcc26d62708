import { parseTime } from '../cluster/wire.ts';
import { escapeRegex, quoted } from '../evidence/standard-queries.ts';
import type { MemoryReading } from './analysis.ts';
import type { MetricAnswer } from './observations.ts';

/** The PromQL that asks for the peak of the working set of a container in the last hour, over all pods of a workload (by the prefix of their names). */
export function memoryPeakQuery(target: {
  readonly namespace: string;
  readonly podPrefix: string;
  readonly container: string;
}): string {
  const matchers = [
    `namespace=${quoted(target.namespace)}`,
    `pod=~${quoted(`${escapeRegex(target.podPrefix)}.*`)}`,
    `container=${quoted(target.container)}`,
  ];
  return `max by (namespace, pod, container) (max_over_time(container_memory_working_set_bytes{${matchers.join(', ')}}[1h]))`;
}

/** Readings from the samples of that query. Samples that are no amount of memory, or do not say of what, are left out. */
export function memoryReadingsOf(
  samples: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly at: string;
  }[],
): readonly MemoryReading[] {
  return samples.flatMap(({ labels, value, at }) => {
    const { namespace, pod, container } = labels;
    const when = parseTime(at);
    if (namespace === undefined || pod === undefined || container === undefined || when === undefined) return [];
    return Number.isFinite(value) && value > 0 ? [{ namespace, pod, container, peakBytes: value, at: when }] : [];
  });
}

/** The readings that recorded answers give for a container, whatever was asked: the largest value of each series that is an amount of its memory. */
export function recordedMemoryOf(
  answers: readonly MetricAnswer[],
  wanted: { readonly namespace: string; readonly podPrefix: string; readonly container: string },
): readonly MemoryReading[] {
  return answers
    .filter(({ query }) => memoryMetric.test(query) && !query.includes('/'))
    .flatMap(({ series }) => series)
    .flatMap(({ labels, points }) => {
      const { namespace, pod, container } = labels;
      const peak = points
        .filter(({ value }) => Number.isFinite(value) && value > 0)
        .toSorted((a, b) => b.value - a.value)[0];
      if (peak === undefined || pod === undefined || !pod.startsWith(wanted.podPrefix)) return [];
      if (namespace !== wanted.namespace || container !== wanted.container) return [];
      return [{ namespace, pod, container, peakBytes: peak.value, at: peak.at }];
    });
}

const memoryMetric = /\bcontainer_memory_(?:working_set|max_usage|usage|rss)(?:_bytes)?\b/;
