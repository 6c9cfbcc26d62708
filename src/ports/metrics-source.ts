import type { Problem, Result } from '../core/result.ts';

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly at: string };
export type MetricsProblem = Problem<
  'metrics.unconfigured' | 'metrics.unreachable' | 'metrics.timeout' | 'metrics.bad-query' | 'metrics.bad-answer'
>;

/** Instant queries of a Prometheus-compatible server. An empty result is an answer (`[]`), a source that is not configured is a problem. */
export interface MetricsSource {
  query(promql: string, signal?: AbortSignal): Promise<Result<readonly Sample[], MetricsProblem>>;
}
