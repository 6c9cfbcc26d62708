import type { ChangeRequest } from '../../src/core/action/change.ts';
import { type AuthorizedAction, authorize } from '../../src/core/approval/authorize.ts';
import { digestOf } from '../../src/core/digest.ts';
import type { IncidentState } from '../../src/core/incident/state.ts';

/**
 * A genuine AuthorizedAction for one request, for tests of what is behind the writer. It comes from `authorize` itself, over an incident whose
 * journal holds the intent for exactly this request; the fields that authorize does not read are left out.
 */
export function authorizedFor(request: ChangeRequest): AuthorizedAction {
  const intended = { step: 'intended', since: 7, digest: 'd'.repeat(64), requestDigest: digestOf(request) };
  const run = { id: 'run-1', status: 'running', actions: [{ planned: { id: 'undo' }, state: intended }] };
  const state = { reference: 'INC-1', runs: [run] } as unknown as IncidentState;
  const outcome = authorize(state, { run: 'run-1', action: 'undo', role: 'action' }, request);
  if (!outcome.ok) throw new Error(outcome.error.why.join(' '));
  return outcome.value;
}
