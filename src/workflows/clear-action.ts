import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import { findAction, findRun, type IncidentState } from '../core/incident/state.ts';
import type { ActionChecker } from '../ports/action-checker.ts';
import type { TargetClaims } from '../ports/target-claims.ts';

type Dependencies = { readonly checker: ActionChecker; readonly claims: TargetClaims };

/**
 * Looks at the next action of a run before anybody is asked: what exactly would change, and what policy says. The object of a write is claimed for this run first, so that
 * two runs never ask about the same object.
 */
export function createClearAction({ checker, claims }: Dependencies) {
  return async (
    effect: EffectOf<'check-action'>,
    state: IncidentState,
    signal: AbortSignal,
  ): Promise<readonly Told[]> => {
    const run = findRun(state, effect.run);
    const action = run === undefined ? undefined : findAction(run, effect.action);
    if (run === undefined || action?.state.step !== 'due') return [];
    const about = { run: run.id, action: action.planned.id };
    const checked = await checker.check({ state, run, action, role: 'action', phase: 'plan' }, signal);
    if (!checked.ok) {
      if (checked.error.retry) throw new Error(checked.error.sentence);
      const { code, sentence } = checked.error;
      return [{ type: 'action-failed', body: { ...about, role: 'action', code, sentence } }];
    }
    const { check } = checked.value;
    if (check.target !== null && check.verdict.effect !== 'deny') {
      const claimed = await claims.claim(
        { cluster: check.cluster, uid: check.target.uid },
        { incident: state.reference, run: run.id },
      );
      if (!claimed.ok && claimed.error.code === 'journal.unavailable') throw new Error(claimed.error.sentence);
      if (!claimed.ok) {
        const { code, sentence } = claimed.error;
        return [{ type: 'action-failed', body: { ...about, role: 'action', code, sentence } }];
      }
    }
    return [{ type: 'action-checked', body: { ...about, check } }];
  };
}
