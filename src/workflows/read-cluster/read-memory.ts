import type { MemoryReading } from '../../core/diagnosis/analysis.ts';
import type { MemoryRequest } from '../../core/diagnosis/log-requests.ts';
import { memoryPeakQuery, memoryReadingsOf, recordedMemoryOf } from '../../core/diagnosis/memory-query.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import type { Deadline } from './deadline.ts';
import type { Gathering } from './gathering.ts';

/** Measures the memory of containers that were killed for it. */
export async function readMemory(
  dependencies: {
    readonly metrics: MetricsSource | undefined;
    readonly timed: Deadline;
    readonly gathering: Gathering;
  },
  requests: readonly MemoryRequest[],
): Promise<readonly MemoryReading[]> {
  const { metrics, timed, gathering } = dependencies;
  if (requests.length === 0) return [];
  if (metrics === undefined) {
    const why = 'No metrics source is configured, so memory use was not measured.';
    gathering.missing.push({ source: 'metrics', why });
    return [];
  }
  const readings = await Promise.all(
    requests.map(async (request) => {
      const recorded = metrics.recorded === undefined ? [] : recordedMemoryOf(metrics.recorded(), request);
      if (recorded.length > 0) return recorded;
      const read = await timed((signal) => metrics.query(memoryPeakQuery(request), signal));
      if (read.ok) return memoryReadingsOf(read.value);
      gathering.missing.push({ source: 'metrics', why: read.error.sentence });
      return [];
    }),
  );
  return readings.flat();
}
