import { isWrite } from '../core/action/action.ts';
import type { ChangeRequest } from '../core/action/change.ts';
import { describeDrift } from '../core/action/prepare-change.ts';
import { authorize, mayIntend, type Refusal } from '../core/approval/authorize.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import { findAction, findRun, type IncidentState, type Run, type RunAction } from '../core/incident/state.ts';
import type { ActionChecker, Checked } from '../ports/action-checker.ts';
import type { ChangeProbe } from '../ports/change-probe.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterWriter, WriteProblem } from '../ports/cluster-writer.ts';
import type { Incidents } from '../ports/incidents.ts';

type Dependencies = {
  readonly incidents: Incidents;
  readonly checker: ActionChecker;
  readonly probe: ChangeProbe;
  readonly writer: ClusterWriter;
  readonly clock: Clock;
};

type Role = 'action' | 'rollback';
type At = { readonly state: IncidentState; readonly run: Run; readonly action: RunAction };

/** A change that certainly did not reach the API server is sent again this often under its intent, this far apart. */
const resends = 2;
const resendMs = 1_000;

/**
 * Sends one change: the only place from which a cluster is changed.
 *
 * Order: look at the object and ask policy afresh → in one step decide and append the intent, which consumes the approval → authorise against that durable
 * intent → send → tell what happened. Found with an intent and no result (the process died in between), it looks at the object and never sends again.
 */
export function createExecuteAction({ incidents, checker, probe, writer, clock }: Dependencies) {
  function locate(
    reference: string,
    { run: runId, action: actionId }: { readonly run: string; readonly action: string },
  ): At | undefined {
    const state = incidents.get(reference);
    const run = state === undefined ? undefined : findRun(state, runId);
    const action = run === undefined ? undefined : findAction(run, actionId);
    return state === undefined || run === undefined || action === undefined ? undefined : { state, run, action };
  }

  async function look(at: At, role: Role, signal: AbortSignal, why: string): Promise<readonly Told[]> {
    const about = { run: at.run.id, action: at.action.planned.id, role };
    const found = await probe.landed(at, role, signal);
    switch (found.landed) {
      case 'applied':
        return [
          {
            type: 'action-executed',
            body: {
              ...about,
              observed: true,
              summary: `${why} Looking at the object shows that the change was made.`,
              output: '',
            },
          },
        ];
      case 'not-applied':
        return [
          {
            type: 'action-failed',
            body: {
              ...about,
              code: 'write.not-applied',
              sentence: `${why} Looking at the object shows that nothing was changed. The approval is used up; start the run again for a new one.`,
            },
          },
        ];
      case 'cannot-tell':
        return [
          {
            type: 'action-unknown',
            body: {
              ...about,
              sentence: `${why} Whether the change was made cannot be told: ${found.why} Look at the object and decide what to do.`,
            },
          },
        ];
    }
    return found satisfies never;
  }

  async function send(
    at: At,
    role: Role,
    request: ChangeRequest,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: WriteProblem }> {
    const authorized = authorize(at.state, { run: at.run.id, action: at.action.planned.id, role }, request);
    if (!authorized.ok)
      throw new TypeError(`a change was intended and then not authorised: ${authorized.error.why.join(' ')}`);
    let sent = await writer.apply(authorized.value);
    for (let again = 0; again < resends && !sent.ok && sent.error.code === 'write.not-sent'; again += 1) {
      await clock.sleep(resendMs);
      sent = await writer.apply(authorized.value);
    }
    return sent.ok ? { ok: true } : sent;
  }

  async function afterRefusal(
    at: At,
    role: Role,
    error: WriteProblem,
    checked: Checked,
    signal: AbortSignal,
  ): Promise<readonly Told[]> {
    const about = { run: at.run.id, action: at.action.planned.id };
    switch (error.code) {
      case 'write.guard-refused': {
        if (role === 'rollback')
          return [
            failedEvent(
              about,
              role,
              error.code,
              `The object changed before it could be rolled back: ${error.sentence}`,
            ),
          ];
        const approval = 'approval' in at.action.state ? at.action.state.approval : null;
        const now = await checker.check({ ...at, role, phase: 'execute' }, signal);
        const why = now.ok ? describeDrift(checked.check.guard, now.value.check.guard) : [];
        return [
          { type: 'approval-superseded', body: { ...about, approval, why: why.length > 0 ? why : [error.sentence] } },
        ];
      }
      case 'write.rejected':
      case 'write.not-sent':
        return [failedEvent(about, role, error.code, error.sentence)];
      case 'write.unknown':
        return look(at, role, signal, `The answer of the API server was lost (${error.sentence})`);
    }
    return error.code satisfies never;
  }

  return async (
    effect: EffectOf<'execute'>,
    { reference }: IncidentState,
    signal: AbortSignal,
  ): Promise<readonly Told[]> => {
    const { role } = effect;
    const at = locate(reference, effect);
    if (at === undefined || !isWrite(at.action.planned.action)) return [];
    const { step } = at.action.state;
    if (step === 'intended' || step === 'undo-intended')
      return look(at, role, signal, 'The co-pilot was interrupted after it announced the change.');
    const about = { run: at.run.id, action: at.action.planned.id };
    const checked = await checker.check({ ...at, role, phase: 'execute' }, signal);
    if (!checked.ok) {
      if (checked.error.retry) throw new Error(checked.error.sentence);
      return unpreparable(at, role, checked.error);
    }
    const { check, prepared } = checked.value;
    if (prepared === null) return [];
    const because = { actor: { kind: 'bot' }, cause: effect.key } as const;
    const decided = await incidents.decide(reference, because, (state) => {
      if (state === undefined) return { events: [], value: false };
      const intent = mayIntend(state, { ...about, role }, check, clock.now());
      if (!intent.ok) return { events: refused(locate(reference, effect) ?? at, role, intent.error), value: false };
      const summary = `${at.action.planned.title}${check.change.length === 0 ? '' : ` (${check.change[0]})`}`;
      return { events: [{ type: 'action-intended', body: { ...about, role, summary, ...intent.value } }], value: true };
    });
    if (!decided.ok) throw new Error(decided.error.sentence);
    const intended = locate(reference, effect);
    if (!decided.value.value || intended === undefined) return [];
    const sent = await send(intended, role, prepared.request);
    if (!sent.ok) return afterRefusal(intended, role, sent.error, checked.value, signal);
    const summary =
      role === 'action'
        ? `Changed ${check.target?.kind} ${check.target?.namespace}/${check.target?.name}.`
        : 'Rolled back.';
    return [
      {
        type: 'action-executed',
        body: { ...about, role, observed: false, summary: [summary, ...check.change].join(' '), output: '' },
      },
    ];
  };
}

/** The change cannot be made concrete any more. A read object that moved on voids the approval; for a rollback there is nothing left to try. */
function unpreparable(
  at: At,
  role: Role,
  error: { readonly code: string; readonly sentence: string },
): readonly Told[] {
  const about = { run: at.run.id, action: at.action.planned.id };
  if (role === 'rollback') return [failedEvent(about, role, error.code, error.sentence)];
  const approval = 'approval' in at.action.state ? at.action.state.approval : null;
  return [{ type: 'approval-superseded', body: { ...about, approval, why: [error.sentence] } }];
}

function refused(at: At, role: Role, refusal: Refusal): readonly Told[] {
  const about = { run: at.run.id, action: at.action.planned.id };
  const approval = 'approval' in at.action.state ? at.action.state.approval : null;
  switch (refusal.code) {
    case 'run.not-ready':
      return [];
    case 'approval.expired':
      return approval === null
        ? []
        : [
            { type: 'approval-expired', body: { approval } },
            { type: 'run-ended', body: { run: at.run.id, status: 'stopped', reason: refusal.why.join(' ') } },
          ];
    case 'approval.superseded':
      // A rollback has nothing to go back to people for: it is told, and a person takes over.
      if (role === 'rollback') return [failedEvent(about, role, 'approval.superseded', refusal.why.join(' '))];
      return [{ type: 'approval-superseded', body: { ...about, approval, why: [...refusal.why] } }];
    case 'policy.denied':
      if (role === 'rollback')
        return [failedEvent(about, role, 'policy.denied', `Policy refuses the rollback now: ${refusal.why.join(' ')}`)];
      return [
        ...(approval === null
          ? []
          : [{ type: 'approval-revoked', body: { approval, why: 'Policy refuses the action now.' } } as const]),
        { type: 'action-refused', body: { ...about, verdict: refusal.verdict } },
      ];
  }
  return refusal satisfies never;
}

function failedEvent(
  about: { readonly run: string; readonly action: string },
  role: Role,
  code: string,
  sentence: string,
): Told {
  return { type: 'action-failed', body: { ...about, role, code, sentence } };
}
