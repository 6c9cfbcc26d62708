import type { FileAlert } from '../core/diagnosis/alerts-file.ts';
import type { Problem, Result } from '../core/result.ts';

export type AlertSourceProblem = Problem<
  'alerts.unreachable' | 'alerts.timeout' | 'alerts.refused' | 'alerts.bad-answer'
>;

/** The alerts that fire now, silenced ones included, as an Alertmanager knows them. Never throws for what server or network does. */
export interface AlertSource {
  list(signal?: AbortSignal): Promise<Result<readonly FileAlert[], AlertSourceProblem>>;
}
