import { parseTime } from '../cluster/wire.ts';
import type { MemoryReading } from './analysis.ts';

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

// A PromQL string in double quotes takes the escapes of Go.
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
