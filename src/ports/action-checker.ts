import type { PreparedChange } from '../core/action/change.ts';
import type { ActionCheck } from '../core/incident/events.ts';
import type { IncidentState, Run, RunAction } from '../core/incident/state.ts';
import type { Problem, Result } from '../core/result.ts';

export type Checked = { readonly check: ActionCheck; readonly prepared: PreparedChange | null };

/** `retry`: the cluster could not be asked; the same question may be asked again. Otherwise the answer is that the action cannot be done as planned. */
export type CheckProblem = Problem & { readonly retry: boolean };

/**
 * Looks at one action against the live cluster: reads its target, makes the change concrete, rehearses it (dry run), captures what a rollback needs and asks
 * policy about the action and its rollback, joined. Asked when planned and again when executed; nothing is changed and nothing is remembered.
 */
export interface ActionChecker {
  check(
    question: {
      readonly state: IncidentState;
      readonly run: Run;
      readonly action: RunAction;
      readonly role: 'action' | 'rollback';
      readonly phase: 'plan' | 'execute';
    },
    signal: AbortSignal,
  ): Promise<Result<Checked, CheckProblem>>;
}
