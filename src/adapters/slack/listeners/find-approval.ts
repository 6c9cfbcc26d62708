import type { ActionCheck } from '../../../core/incident/events.ts';
import {
  type Approval,
  findAction,
  findRun,
  type IncidentState,
  type Run,
  type RunAction,
} from '../../../core/incident/state.ts';

/** An approval with everything its card is about. `check` is null once the action is past it: then nothing of the card holds any more. */
export type FoundApproval = {
  readonly state: IncidentState;
  readonly approval: Approval;
  readonly run: Run;
  readonly action: RunAction;
  readonly check: ActionCheck | null;
};

/** Looks an approval up by the opaque id that a button carries. */
export function findApproval(incidents: readonly IncidentState[], id: string): FoundApproval | undefined {
  const state = incidents.find(({ approvals }) => Object.hasOwn(approvals, id));
  const approval = state?.approvals[id];
  const run = state === undefined || approval === undefined ? undefined : findRun(state, approval.run);
  const action = run === undefined || approval === undefined ? undefined : findAction(run, approval.action);
  if (state === undefined || approval === undefined || run === undefined || action === undefined) return undefined;
  const isAbout = 'approval' in action.state && action.state.approval === id && 'check' in action.state;
  return { state, approval, run, action, check: isAbout && 'check' in action.state ? action.state.check : null };
}
