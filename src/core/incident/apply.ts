import { isWrite } from '../action/action.ts';
import { missingApprovals } from '../approval/quorum.ts';
import { alertsOf, areAllResolved, noteDetection, onlySource, reopeningSource, withSource } from './detections.ts';
import type { BodyOf, IncidentEvent, IncidentEventType } from './events.ts';
import { attemptOf } from './past-incident.ts';
import { noReasoning, reason } from './reasoning-state.ts';
import {
  type ActionState,
  type Approval,
  type ApprovalStatus,
  activeRun,
  hasEnded,
  type IncidentState,
  inMidAir,
  type Run,
  type RunAction,
} from './state.ts';

type EventOf<T extends IncidentEventType> = Extract<IncidentEvent, { type: T }>;

/**
 * Advances an incident by one event. Pure. The first event must be `incident-opened`. Throws TypeError when the event does not follow from the state: a gap in
 * seq, a step that the lifecycles do not have, anything that would bring a run back that has ended. Nothing of the kind is ever stored (`keepIncidents` asks
 * before it appends), so a journal that holds it was not written by this program.
 */
export function apply(state: IncidentState | undefined, event: IncidentEvent): IncidentState {
  if (state === undefined) return open(event);
  if (event.seq !== state.seq + 1)
    throw new TypeError(`${event.incident}: event ${event.seq} does not follow ${state.seq}`);
  return { ...change(state, event), seq: event.seq, hash: event.hash };
}

function open(event: IncidentEvent): IncidentState {
  if (event.type !== 'incident-opened')
    throw new TypeError(`${event.incident}: the first event is ${event.type}, not incident-opened`);
  const { body } = event;
  return {
    reference: event.incident,
    seq: event.seq,
    hash: event.hash,
    opened: body,
    openedAt: event.occurredAt,
    phase: 'open',
    mitigatedAt: null,
    resolvedAt: null,
    group: body.group,
    alerts: body.alerts,
    sources: withSource({}, body.group, { status: 'firing', alerts: body.alerts, seq: event.seq }),
    detections: {},
    escalation: null,
    escalated: null,
    sourceResolvedAt: null,
    route: body.route,
    investigationWanted: { since: event.seq, scope: body.scope, subject: body.subject, requester: body.requester },
    investigation: null,
    runWanted: null,
    planRefused: null,
    runs: [],
    attempts: [],
    reasoning: noReasoning,
    approvals: {},
    failures: {},
    posts: { root: null, caseFile: null },
    signals: [body.signalId],
  };
}

function change(state: IncidentState, event: IncidentEvent): IncidentState {
  switch (event.type) {
    case 'incident-opened':
      throw new TypeError(`${event.incident}: opened twice, at ${event.seq}`);
    case 'signal-joined': {
      const { alerts, status, signalId } = event.body;
      const group = event.body.group ?? state.group;
      const sources = withSource(state.sources, group, { status, alerts, seq: event.seq });
      const isOver = status === 'resolved' && areAllResolved(sources);
      return {
        ...state,
        alerts: group === null ? alerts : alertsOf(sources),
        group: state.group ?? group,
        sources,
        sourceResolvedAt: isOver ? event.seq : null,
        signals: [...state.signals, signalId],
      };
    }
    case 'detection-noted': {
      const { fingerprint, escalation } = event.body;
      const windowMs = escalation?.windowMs ?? state.escalation?.windowMs ?? 0;
      const noted = noteDetection(state.detections[fingerprint], event.body, event.occurredAt, windowMs);
      return {
        ...state,
        detections: { ...state.detections, [fingerprint]: noted },
        escalation: escalation ?? state.escalation,
      };
    }
    case 'incident-escalated':
      return { ...state, escalated: state.escalated ?? { seq: event.seq, at: event.occurredAt, why: event.body.why } };
    case 'comment-added':
      return state;
    case 'incident-reopened': {
      if (state.phase !== 'resolved') throw impossible(event, { status: state.phase });
      const { alerts } = event.body;
      const source = { status: 'firing', alerts, seq: event.seq } as const;
      return {
        ...state,
        phase: 'open',
        resolvedAt: null,
        mitigatedAt: null,
        sourceResolvedAt: null,
        alerts,
        sources: onlySource(state.sources, reopeningSource(state, alerts), source),
        signals: [...state.signals, event.body.signalId],
        investigationWanted: {
          since: event.seq,
          scope: state.opened.scope,
          subject: state.opened.subject,
          requester: null,
        },
      };
    }
    case 'incident-acknowledged': {
      const signals = [...state.signals, event.body.signalId];
      return { ...state, signals, phase: state.phase === 'open' ? 'acknowledged' : state.phase };
    }
    case 'incident-mitigated':
      return state.phase === 'resolved' ? state : { ...state, phase: 'mitigated', mitigatedAt: event.recordedAt };
    case 'incident-resolved': {
      if (state.phase === 'resolved') throw impossible(event, { status: state.phase });
      const { signalId } = event.body;
      // Nothing new is begun for what is over.
      return {
        ...state,
        phase: 'resolved',
        resolvedAt: event.occurredAt,
        investigationWanted: null,
        runWanted: null,
        reasoning: { ...state.reasoning, explaining: null },
        signals: signalId === null ? state.signals : [...state.signals, signalId],
      };
    }
    case 'investigation-requested':
      return {
        ...state,
        signals: [...state.signals, event.body.signalId],
        investigationWanted: {
          since: event.seq,
          scope: event.body.scope,
          subject: event.body.subject,
          requester: event.body.requester,
        },
      };
    case 'investigation-finished':
      return investigated(state, event);
    case 'run-requested': {
      const { signalId, runbook, given, requester } = event.body;
      return {
        ...state,
        signals: [...state.signals, signalId],
        runWanted: { since: event.seq, runbook, given, requester },
      };
    }
    case 'plan-made':
      if (activeRun(state) !== undefined || state.runs.some(({ id }) => id === event.body.run))
        throw impossible(event, activeRun(state) ?? { status: `run ${event.body.run}` });
      return {
        ...state,
        runWanted: null,
        planRefused: null,
        runs: [...state.runs, planned(event)],
        attempts: [...state.attempts, ...attemptsOf(state, event)],
      };
    case 'plan-refused':
      return { ...state, runWanted: null, planRefused: { seq: event.seq, body: event.body } };
    case 'preconditions-checked':
      return withActiveRun(state, event, event.body.run, (run) => {
        if (run.preconditions !== null) throw impossible(event, run);
        return { ...run, preconditions: event.body, status: 'running' };
      });
    case 'action-checked':
      return withAction(state, event, event.body, (before) => {
        if (before.step !== 'due') throw impossible(event, before);
        const { check } = event.body;
        const { supersededTimes } = before;
        return check.verdict.effect === 'allow'
          ? { step: 'cleared', since: event.seq, check, approval: null, supersededTimes }
          : { step: 'checked', since: event.seq, check, supersededTimes };
      });
    case 'approval-requested':
      return approvalRequested(state, event);
    case 'approval-given':
      return approvalGiven(state, event);
    case 'approval-rejected':
      return endApproval(state, event, event.body.approval, {
        from: ['pending'],
        to: 'rejected',
        by: event.body.by,
        why: event.body.reason || null,
      });
    case 'approval-refused':
      return state;
    case 'approval-expired':
      return endApproval(state, event, event.body.approval, {
        from: undecidedOrUnused,
        to: 'expired',
        by: null,
        why: null,
      });
    case 'approval-superseded':
      return superseded(state, event);
    case 'approval-revoked':
      return endApproval(state, event, event.body.approval, {
        from: undecidedOrUnused,
        to: 'revoked',
        by: null,
        why: event.body.why,
      });
    case 'action-intended':
      return intended(state, event);
    case 'action-executed':
      return withAction(state, event, event.body, (before, action) => executed(before, action, event));
    case 'action-validated':
      return withAction(state, event, event.body, (before, action) => validated(before, action, event));
    case 'action-failed':
      return withAction(state, event, event.body, (before) => failed(before, event));
    case 'action-unknown':
      return withAction(state, event, event.body, (before) => unknown(before, event));
    case 'action-refused': {
      const { verdict } = event.body;
      const sentence = `Policy refused it: ${verdict.reasons.join(' ')}`;
      return withAction(state, event, event.body, (before) => {
        if (before.step !== 'checked' && before.step !== 'cleared') throw impossible(event, before);
        return { step: 'done', since: event.seq, outcome: 'refused', wrote: false, rolledBack: 'no', sentence };
      });
    }
    case 'step-handed-over':
      return withAction(state, event, event.body, (before, { planned: { action } }) => {
        if (before.step !== 'due' || action.kind !== 'manual') throw impossible(event, before);
        const sentence = event.body.text;
        return { step: 'done', since: event.seq, outcome: 'handed-over', wrote: false, rolledBack: 'no', sentence };
      });
    case 'run-stop-requested':
      return withActiveRun(
        { ...state, signals: [...state.signals, event.body.signalId] },
        event,
        event.body.run,
        (run) => ({ ...run, stopRequestedBy: event.body.by }),
      );
    case 'run-ended':
      return withActiveRun(state, event, event.body.run, (run) => {
        // A run that ended here would leave a change that nobody validates, and whose outcome has no place.
        const flying = run.actions.find(({ state: action }) => inMidAir(action));
        if (flying !== undefined) throw impossible(event, flying.state);
        return { ...run, status: event.body.status, reason: event.body.reason, endedAt: event.recordedAt };
      });
    case 'targets-released':
      return withRun(state, event.body.run, (run) => {
        if (!hasEnded(run) || run.targetsReleased) throw impossible(event, run);
        return { ...run, targetsReleased: true };
      });
    case 'effect-failed': {
      const { key, attempt, code, sentence, notBefore } = event.body;
      return { ...state, failures: { ...state.failures, [key]: { attempts: attempt, code, sentence, notBefore } } };
    }
    case 'message-posted':
      return posted(state, event.body);
    case 'history-recalled':
    case 'explanation-requested':
    case 'explanation-given':
    case 'explanation-failed':
    case 'question-asked':
    case 'question-answered': {
      const reasoning = reason(state.reasoning, event, state.investigation?.seq ?? null);
      if (reasoning === null) throw impossible(event, undefined);
      const signals = event.type === 'question-asked' ? [...state.signals, event.body.signalId] : state.signals;
      return { ...state, reasoning, signals };
    }
  }
  return event satisfies never;
}

function investigated(state: IncidentState, event: EventOf<'investigation-finished'>): IncidentState {
  const { investigation, chosen, why } = event.body;
  const wanted = state.investigationWanted;
  const requester = wanted?.requester ?? null;
  // What a person asked to run comes before what a rule would choose.
  const canRun = state.phase !== 'resolved' && state.runWanted === null && state.runs.every(hasEnded);
  return {
    ...state,
    investigationWanted: null,
    investigation: { seq: event.seq, at: event.recordedAt, document: investigation, chosen, why },
    reasoning: { ...state.reasoning, explaining: null, past: [] },
    runWanted:
      canRun && chosen !== null ? { since: event.seq, runbook: chosen, given: {}, requester } : state.runWanted,
  };
}

function attemptsOf({ investigation }: IncidentState, event: EventOf<'plan-made'>): IncidentState['attempts'] {
  const attempt = attemptOf(event.body.run, investigation?.document.findings[0]);
  return attempt === undefined ? [] : [attempt];
}

function planned(event: EventOf<'plan-made'>): Run {
  const { run, plan, requester } = event.body;
  return {
    id: run,
    plan,
    requester,
    status: 'planned',
    plannedSince: event.seq,
    startedAt: event.recordedAt,
    endedAt: null,
    preconditions: null,
    actions: plan.actions.map((action) => ({
      planned: action,
      state: { step: 'due', since: event.seq, supersededTimes: 0 },
    })),
    stopRequestedBy: null,
    reason: null,
    targetsReleased: false,
  };
}

function approvalRequested(state: IncidentState, event: EventOf<'approval-requested'>): IncidentState {
  const { approval, run, action, digest, require, requester, expiresAt, typedConfirmation } = event.body;
  if (Object.hasOwn(state.approvals, approval)) throw impossible(event, state.approvals[approval]);
  const asked: Approval = {
    id: approval,
    run,
    action,
    digest,
    require,
    requester,
    requestedAt: event.recordedAt,
    expiresAt,
    typedConfirmation,
    status: 'pending',
    given: [],
    why: null,
    endedBy: null,
    endedAt: null,
    card: null,
  };
  const waiting = withAction(
    { ...state, approvals: { ...state.approvals, [approval]: asked } },
    event,
    event.body,
    (before) => {
      if (before.step !== 'checked' || before.check.verdict.effect !== 'needs-approval')
        throw impossible(event, before);
      return {
        step: 'waiting',
        since: event.seq,
        check: before.check,
        approval,
        supersededTimes: before.supersededTimes,
      };
    },
  );
  return withActiveRun(waiting, event, run, (it) => ({ ...it, status: 'waiting' }));
}

function approvalGiven(state: IncidentState, event: EventOf<'approval-given'>): IncidentState {
  const { approval: id, by, groups } = event.body;
  const approval = approvalOf(state, id);
  if (approval.status !== 'pending') throw impossible(event, approval);
  const given = [...approval.given, { by, groups, at: event.recordedAt, seq: event.seq }];
  const granted = missingApprovals(approval.require, given, approval.requester?.id ?? null).length === 0;
  const next: Approval = {
    ...approval,
    given,
    status: granted ? 'granted' : 'pending',
    endedAt: granted ? event.recordedAt : null,
  };
  const decided = { ...state, approvals: { ...state.approvals, [id]: next } };
  if (!granted) return decided;
  const cleared = withAction(decided, event, approval, (before) => {
    if (before.step !== 'waiting' || before.approval !== id) throw impossible(event, before);
    return {
      step: 'cleared',
      since: event.seq,
      check: before.check,
      approval: id,
      supersededTimes: before.supersededTimes,
    };
  });
  return withActiveRun(cleared, event, approval.run, (run) => ({ ...run, status: 'running' }));
}

const undecidedOrUnused: readonly ApprovalStatus[] = ['pending', 'granted'];

type Ending = {
  readonly from: readonly ApprovalStatus[];
  readonly to: ApprovalStatus;
  readonly by: Approval['endedBy'];
  readonly why: string | null;
};

function endApproval(state: IncidentState, event: IncidentEvent, id: string, ending: Ending): IncidentState {
  const approval = approvalOf(state, id);
  const { from, to: status, by: endedBy, why } = ending;
  if (!from.includes(approval.status)) throw impossible(event, approval);
  const ended = { ...approval, status, endedBy, endedAt: event.recordedAt, why };
  return { ...state, approvals: { ...state.approvals, [id]: ended } };
}

function approvalOf(state: IncidentState, id: string): Approval {
  const approval = Object.hasOwn(state.approvals, id) ? state.approvals[id] : undefined;
  if (approval === undefined) throw new TypeError(`${state.reference}: no approval ${id}`);
  return approval;
}

/** The object is not what was approved, or policy asks for more now: the approval is void and the action is looked at afresh. */
function superseded(state: IncidentState, event: EventOf<'approval-superseded'>): IncidentState {
  const { approval, why, run } = event.body;
  const again = withAction(state, event, event.body, (before) => {
    const undecided = before.step === 'waiting' || before.step === 'cleared' || before.step === 'intended';
    if (!undecided || before.approval !== approval) throw impossible(event, before);
    return { step: 'due', since: event.seq, supersededTimes: before.supersededTimes + 1 };
  });
  const running = withActiveRun(again, event, run, (it) => ({ ...it, status: 'running' }));
  if (approval === null) return running;
  // Consumed too: a guard that the API server refused came after the intent, and nothing was changed.
  const from = [...undecidedOrUnused, 'consumed'] as const;
  return endApproval(running, event, approval, { from, to: 'superseded', by: null, why: why.join('; ') });
}

function intended(state: IncidentState, event: EventOf<'action-intended'>): IncidentState {
  const { role, digest, requestDigest, approval } = event.body;
  const marked = withAction(state, event, event.body, (before) => {
    if (role === 'action' && before.step === 'cleared' && before.approval === approval) {
      const { check, since: clearedSince, supersededTimes } = before;
      return {
        step: 'intended',
        since: event.seq,
        check,
        digest,
        requestDigest,
        approval,
        clearedSince,
        supersededTimes,
      };
    }
    if (role === 'rollback' && before.step === 'undoing' && approval === null) {
      const { check, measured, since } = before;
      return { step: 'undo-intended', since: event.seq, check, digest, requestDigest, measured, undoingSince: since };
    }
    throw impossible(event, before);
  });
  if (approval === null) return marked;
  const used = approvalOf(marked, approval);
  if (used.status !== 'granted') throw impossible(event, used);
  return { ...marked, approvals: { ...marked.approvals, [approval]: { ...used, status: 'consumed' } } };
}

function executed(before: ActionState, { planned: plan }: RunAction, event: EventOf<'action-executed'>): ActionState {
  const { role } = event.body;
  const at = event.recordedAt;
  // A read needs no intent; a write without one never happened.
  const from = isWrite(plan.action) ? 'intended' : 'cleared';
  if (role === 'action' && before.step === from) return { step: 'executed', since: event.seq, at, check: before.check };
  if (role === 'rollback' && before.step === 'undo-intended') {
    return { step: 'undo-executed', since: event.seq, at, check: before.check, measured: before.measured };
  }
  throw impossible(event, before);
}

function validated(before: ActionState, { planned: plan }: RunAction, event: EventOf<'action-validated'>): ActionState {
  const { outcome, measured, role } = event.body;
  if (role === 'action' && before.step === 'executed') {
    const wrote = isWrite(plan.action);
    // Measured bad, with a way back: back. Not measurable is not bad: a person decides, and the change stays.
    if (wrote && outcome === 'failed' && before.check.rollback.possible && plan.rollback === 'captured') {
      return { step: 'undoing', since: event.seq, check: before.check, measured };
    }
    return { step: 'done', since: event.seq, outcome, wrote, rolledBack: 'no', sentence: measured };
  }
  if (role === 'rollback' && before.step === 'undo-executed') {
    const rolledBack = ({ succeeded: 'yes', failed: 'failed', errored: 'unknown', unknown: 'unknown' } as const)[
      outcome
    ];
    return { step: 'done', since: event.seq, outcome: 'failed', wrote: true, rolledBack, sentence: before.measured };
  }
  throw impossible(event, before);
}

function failed(before: ActionState, event: EventOf<'action-failed'>): ActionState {
  const { role, sentence } = event.body;
  const since = event.seq;
  if (role === 'rollback') {
    if (before.step !== 'undoing' && before.step !== 'undo-intended') throw impossible(event, before);
    return { step: 'done', since, outcome: 'failed', wrote: true, rolledBack: 'failed', sentence };
  }
  if (before.step !== 'due' && before.step !== 'checked' && before.step !== 'cleared' && before.step !== 'intended')
    throw impossible(event, before);
  // An intent whose change is known not to have landed left nothing behind; so did a check that could not be made.
  return { step: 'done', since, outcome: 'errored', wrote: false, rolledBack: 'no', sentence };
}

function unknown(before: ActionState, event: EventOf<'action-unknown'>): ActionState {
  const { role, sentence } = event.body;
  const since = event.seq;
  if (role === 'rollback' && before.step === 'undo-intended')
    return { step: 'done', since, outcome: 'failed', wrote: true, rolledBack: 'unknown', sentence };
  if (role === 'action' && before.step === 'intended')
    return { step: 'done', since, outcome: 'unknown', wrote: true, rolledBack: 'no', sentence };
  throw impossible(event, before);
}

function posted(state: IncidentState, { what, approval, channel, ts }: BodyOf<'message-posted'>): IncidentState {
  const post = { channel, ts };
  if (what === 'root') return { ...state, posts: { ...state.posts, root: post } };
  if (what === 'case-file') return { ...state, posts: { ...state.posts, caseFile: post } };
  const asked = approval === null ? undefined : state.approvals[approval];
  return asked === undefined
    ? state
    : { ...state, approvals: { ...state.approvals, [asked.id]: { ...asked, card: post } } };
}

function withRun(state: IncidentState, id: string, update: (run: Run) => Run): IncidentState {
  if (!state.runs.some((run) => run.id === id)) throw new TypeError(`${state.reference}: no run ${id}`);
  return { ...state, runs: state.runs.map((run) => (run.id === id ? update(run) : run)) };
}

/** A run that has ended stays as it is: what comes too late for it must not bring it back. */
function withActiveRun(
  state: IncidentState,
  event: IncidentEvent,
  id: string,
  update: (run: Run) => Run,
): IncidentState {
  return withRun(state, id, (run) => {
    if (hasEnded(run)) throw impossible(event, run);
    return update(run);
  });
}

function withAction(
  state: IncidentState,
  event: IncidentEvent,
  { run, action }: { readonly run: string; readonly action: string },
  update: (before: ActionState, action: RunAction) => ActionState,
): IncidentState {
  return withActiveRun(state, event, run, (it) => {
    if (!it.actions.some(({ planned: plan }) => plan.id === action))
      throw new TypeError(`${state.reference}: run ${run} has no action ${action}`);
    return {
      ...it,
      actions: it.actions.map((one) => (one.planned.id === action ? { ...one, state: update(one.state, one) } : one)),
    };
  });
}

function impossible(
  event: IncidentEvent,
  before: { readonly step?: string; readonly status?: string } | undefined,
): TypeError {
  return new TypeError(
    `${event.incident} event ${event.seq}: ${event.type} cannot follow ${before?.step ?? before?.status ?? 'nothing'}`,
  );
}
