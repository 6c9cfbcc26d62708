import type { ChangeRequest } from '../action/change.ts';
import { describeDrift } from '../action/prepare-change.ts';
import { digestOf } from '../digest.ts';
import type { ActionCheck } from '../incident/events.ts';
import { type Approval, activeRun, findAction, type IncidentState } from '../incident/state.ts';
import { isStricter, joinVerdicts, type Verdict } from '../policy/verdict.ts';
import { fail, ok, type Result } from '../result.ts';
import { type ApprovalScope, approvalDigest } from './approval-digest.ts';
import { missingApprovals } from './quorum.ts';

/** What `authorize` knew when it let one change pass. */
export type Permit = {
  readonly incident: string;
  readonly run: string;
  readonly action: string;
  readonly role: 'action' | 'rollback';
  /** Digest that people approved, or that policy allowed. */
  readonly digest: string;
  /** Seq of the `action-intended` event that is already durable. */
  readonly intentSeq: number;
  readonly request: ChangeRequest;
};

// Never exported: whoever holds it can make an AuthorizedAction, and only this module does.
const maker = Symbol('authorize');

/** A change that may be sent, once. Only this module can make one, and the writer checks the brand again when it runs. */
export class AuthorizedAction {
  readonly #permit: Permit;

  constructor(key: symbol, permit: Permit) {
    if (key !== maker) throw new TypeError('an AuthorizedAction can only be made by authorize()');
    this.#permit = Object.freeze(permit);
  }

  static isGenuine(value: unknown): value is AuthorizedAction {
    return typeof value === 'object' && value !== null && #permit in value;
  }

  get permit(): Permit {
    return this.#permit;
  }
}

/** Why a change may not be sent now. `superseded` and `denied` are for people to read; every one of them means: nothing was sent. */
export type Refusal =
  | { readonly code: 'approval.superseded'; readonly why: readonly string[] }
  | { readonly code: 'approval.expired'; readonly why: readonly string[] }
  | { readonly code: 'policy.denied'; readonly why: readonly string[]; readonly verdict: Verdict }
  | { readonly code: 'run.not-ready'; readonly why: readonly string[] };

export type Intent = { readonly digest: string; readonly requestDigest: string; readonly approval: string | null };

type About = { readonly run: string; readonly action: string; readonly role: 'action' | 'rollback' };

/**
 * Whether a change may be intended now: asked in the same step that appends the intent, over the incident as it is and a check of the object made a
 * moment ago (`fresh`). Fails closed: what is not exactly what was decided is refused, with what differs.
 */
export function mayIntend(state: IncidentState, about: About, fresh: ActionCheck, now: Date): Result<Intent, Refusal> {
  const run = activeRun(state);
  const at = run === undefined ? undefined : findAction(run, about.action);
  if (run === undefined || at === undefined || run.id !== about.run || fresh.requestDigest === null) {
    return fail({ code: 'run.not-ready', why: ['The run is no longer under way.'] });
  }
  const { verdict, requestDigest } = fresh;
  if (verdict.effect === 'deny') return fail({ code: 'policy.denied', why: verdict.reasons, verdict });
  const scope = { incident: state.reference, run: run.id, runbookDigest: run.plan.runbook.digest, planned: at.planned };
  if (about.role === 'rollback') {
    if (at.state.step !== 'undoing') return fail({ code: 'run.not-ready', why: ['There is nothing to roll back.'] });
    // The approval of the action covered this rollback (its digest binds the captured state); policy may not have become stricter since.
    if (isStricter(verdict, at.state.check.verdict))
      return fail({ code: 'policy.denied', why: verdict.reasons, verdict });
    // What was approved is the undoing of this change on this very object.
    const { target, captured, cluster } = at.state.check;
    if (fresh.target?.uid !== target?.uid || fresh.cluster !== cluster || captured === null)
      return fail({ code: 'approval.superseded', why: differences(at.state.check, fresh) });
    return ok({ digest: approvalDigest({ ...scope, check: fresh, expiresAt: null }), requestDigest, approval: null });
  }
  if (at.state.step !== 'cleared')
    return fail({ code: 'run.not-ready', why: [`The action is ${at.state.step}, not cleared.`] });
  if (run.stopRequestedBy !== null)
    return fail({ code: 'run.not-ready', why: [`${run.stopRequestedBy.name} asked to stop.`] });
  if (state.sourceResolvedAt !== null) return fail({ code: 'run.not-ready', why: ['The alert has ended.'] });
  return at.state.approval === null
    ? unasked({ ...scope, check: fresh, expiresAt: null }, at.state.check)
    : approved(state.approvals[at.state.approval], scope, at.state.check, fresh, now);
}

/** Policy allowed it without asking people; then it must still, and for the very same change. */
function unasked(scope: ApprovalScope, planned: ActionCheck): Result<Intent, Refusal> {
  const { check } = scope;
  if (check.verdict.effect !== 'allow') {
    return fail({ code: 'approval.superseded', why: ['Policy asks for an approval now:', ...check.verdict.reasons] });
  }
  const digest = approvalDigest(scope);
  if (digest !== approvalDigest({ ...scope, check: planned }))
    return fail({ code: 'approval.superseded', why: differences(planned, check) });
  return ok({ digest, requestDigest: check.requestDigest ?? '', approval: null });
}

function approved(
  approval: Approval | undefined,
  scope: Omit<ApprovalScope, 'check' | 'expiresAt'>,
  planned: ActionCheck,
  fresh: ActionCheck,
  now: Date,
): Result<Intent, Refusal> {
  if (approval?.status !== 'granted') return fail({ code: 'run.not-ready', why: ['The approval is not granted.'] });
  if (Date.parse(approval.expiresAt) <= now.getTime()) {
    return fail({
      code: 'approval.expired',
      why: [`The approval ended at ${approval.expiresAt}, before the change was sent.`],
    });
  }
  const digest = approvalDigest({ ...scope, check: fresh, expiresAt: approval.expiresAt });
  if (digest !== approval.digest) return fail({ code: 'approval.superseded', why: differences(planned, fresh) });
  const asked = joinVerdicts([planned.verdict, fresh.verdict]);
  const require = asked.effect === 'needs-approval' ? [...approval.require, ...asked.require] : approval.require;
  const missing = missingApprovals(require, approval.given, approval.requester?.id ?? null);
  if (missing.length > 0) {
    return fail({
      code: 'approval.superseded',
      why: missing.map(({ group, count }) => `Policy now asks for ${count} more of ${group}.`),
    });
  }
  if (asked.effect === 'needs-approval' && asked.typedConfirmation === true && !approval.typedConfirmation)
    return fail({ code: 'approval.superseded', why: ['Policy now asks that the name of the object be typed.'] });
  return ok({ digest, requestDigest: fresh.requestDigest ?? '', approval: approval.id });
}

/** In words: what is not as it was when people looked. */
function differences(planned: ActionCheck, fresh: ActionCheck): string[] {
  const all = [
    ...(planned.target?.uid === fresh.target?.uid
      ? []
      : ['The object was deleted and created again under the same name.']),
    ...(planned.policyDigest === fresh.policyDigest ? [] : ['The policy was changed.']),
    ...describeDrift(planned.guard, fresh.guard),
  ];
  return all.length > 0 ? all : ['What would be sent now is not what was approved.'];
}

/**
 * Lets one change pass, once its intent is durable: the state must hold an intent for exactly this request that has no result yet.
 * The only maker of AuthorizedAction.
 */
export function authorize(
  state: IncidentState,
  about: About,
  request: ChangeRequest,
): Result<AuthorizedAction, Refusal> {
  const run = activeRun(state);
  const at = run?.id === about.run ? findAction(run, about.action) : undefined;
  const step = about.role === 'action' ? 'intended' : 'undo-intended';
  if (
    run === undefined ||
    at === undefined ||
    (at.state.step !== 'intended' && at.state.step !== 'undo-intended') ||
    at.state.step !== step
  ) {
    return fail({ code: 'run.not-ready', why: ['There is no durable intent for this change.'] });
  }
  if (at.state.requestDigest !== digestOf(request)) {
    return fail({ code: 'approval.superseded', why: ['The request is not the one that was intended.'] });
  }
  const { digest, since } = at.state;
  // A copy that nobody can change: what was compared with the intent is what is sent.
  return ok(
    new AuthorizedAction(maker, {
      incident: state.reference,
      run: run.id,
      action: about.action,
      role: about.role,
      digest,
      intentSeq: since,
      request: frozen(structuredClone(request)),
    }),
  );
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
