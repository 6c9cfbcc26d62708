import { approvalDigest } from '../core/approval/approval-digest.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import { findAction, findRun, type IncidentState } from '../core/incident/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';

type Dependencies = {
  readonly clock: Clock;
  readonly ids: Ids;
  /** The team's upper bound on how long a card stays open, seconds; policy may ask for less. */
  readonly maxTtlSeconds: number;
};

/**
 * Puts the question to people: an opaque id for the buttons, the end of the offer, and the digest that binds both to the exact change. An action
 * that is no longer waiting for its question (the incident moved on) gets none.
 */
export function createRequestApproval({ clock, ids, maxTtlSeconds }: Dependencies) {
  return async (
    { run: runId, action: actionId }: EffectOf<'request-approval'>,
    state: IncidentState,
  ): Promise<readonly Told[]> => {
    const run = findRun(state, runId);
    const action = run === undefined ? undefined : findAction(run, actionId);
    if (run === undefined || action?.state.step !== 'checked' || action.state.check.verdict.effect !== 'needs-approval')
      return [];
    const { check } = action.state;
    const { verdict } = check;
    if (verdict.effect !== 'needs-approval') return [];
    const ttlSeconds = Math.min(verdict.ttlSeconds, maxTtlSeconds);
    const expiresAt = new Date(clock.now().getTime() + ttlSeconds * 1000).toISOString();
    const { planned } = action;
    const scope = {
      incident: state.reference,
      run: run.id,
      runbookDigest: run.plan.runbook.digest,
      planned,
      check,
      expiresAt,
    };
    return [
      {
        type: 'approval-requested',
        body: {
          run: run.id,
          action: planned.id,
          approval: ids.secret(),
          digest: approvalDigest(scope),
          require: verdict.require,
          requester: run.requester,
          expiresAt,
          typedConfirmation: verdict.typedConfirmation ?? false,
        },
      },
    ];
  };
}
