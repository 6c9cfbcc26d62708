import type { MetricAnswer, MetricSeries } from '../core/diagnosis/observations.ts';
import type { Problem, Result } from '../core/result.ts';

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly at: string };
export type MetricsProblem = Problem<
  'metrics.unconfigured' | 'metrics.unreachable' | 'metrics.timeout' | 'metrics.bad-query' | 'metrics.bad-answer'
>;

/** The window of a range query, in milliseconds. */
export type MetricWindow = { readonly fromMs: number; readonly toMs: number; readonly stepMs: number };

/** Instant queries of a Prometheus-compatible server. An empty result is an answer (`[]`), a source that is not configured is a problem. */
export interface MetricsSource {
  query(promql: string, signal?: AbortSignal): Promise<Result<readonly Sample[], MetricsProblem>>;
  /** The same over a window, one point a step. Absent where only instants can be asked. */
  queryRange?(
    promql: string,
    window: MetricWindow,
    signal?: AbortSignal,
  ): Promise<Result<readonly MetricSeries[], MetricsProblem>>;
  /** Every answer that was recorded, whatever was asked. Absent for a live server. */
  recorded?(): readonly MetricAnswer[];
}
