import { digestOf } from '../digest.ts';
import type { ActionCheck } from '../incident/events.ts';
import type { PlannedAction } from '../runbook/plan.ts';

export type ApprovalScope = {
  readonly incident: string;
  readonly run: string;
  readonly runbookDigest: string;
  readonly planned: PlannedAction;
  readonly check: ActionCheck;
  /** RFC 3339; null when policy allowed the action without asking anybody. */
  readonly expiresAt: string | null;
};

/**
 * What people say yes to, as one digest: the exact request and its guard on this very object (uid), the typed rollback with the captured
 * before-state, the runbook and policy that led here, the incident, the end of the offer. A change in any of them is another digest, and the approval does not cover it.
 */
export function approvalDigest({ incident, run, runbookDigest, planned, check, expiresAt }: ApprovalScope): string {
  return digestOf({
    schema: 'sre-copilot/approval/v1',
    incident,
    run,
    action: planned.id,
    arguments: planned.action,
    cluster: check.cluster,
    target: check.target,
    request: check.requestDigest,
    guard: check.guard.map(({ path, digest }) => ({ path, digest })),
    rollback: { mode: planned.rollback, outline: check.rollback, captured: check.captured },
    runbook: runbookDigest,
    policy: check.policyDigest,
    expiresAt,
  });
}
