import { isRead, isWrite } from '../action/action.ts';
import type { Investigation } from '../diagnosis/investigation.ts';
import { timesOf } from './detections.ts';
import type { Effect } from './effect.ts';
import type { Told } from './events.ts';
import {
  type ActionState,
  activeRun,
  currentAction,
  findAction,
  hasEnded,
  type IncidentState,
  inMidAir,
  pendingApprovals,
  type Run,
  type RunAction,
  type RunStatus,
} from './state.ts';

/** How often an effect that fails is tried before the incident goes on without it. */
export const maxAttempts = 4;

/** How often an object may change under an approval before a person has to take over. */
export const maxSuperseded = 5;

const bot = { kind: 'bot' } as const;

/**
 * What is to be done for an incident at an instant. Pure: the same state and instant name the same effects with the same keys, so it may be asked as
 * often as anybody likes. Decisions that need nothing from outside (an approval ran out, a run is over) are `record` effects: events only.
 */
export function next(state: IncidentState, now: Date): Effect[] {
  return wanted(state, now).filter((effect) => isDue(state, effect, now));
}

/**
 * Whether the incident still asks for an effect that was named earlier. What an effect found out is stored only then: the run may have been stopped, the card
 * answered or the question put anew while it was under way. Whether it is due for another try does not matter here.
 */
export function isWanted(state: IncidentState, key: string, now: Date): boolean {
  return wanted(state, now).some((effect) => effect.key === key);
}

function wanted(state: IncidentState, now: Date): Effect[] {
  return [
    ...investigating(state, now),
    ...planning(state, now),
    ...expiring(state, now),
    ...running(state, now),
    ...resolving(state, now),
    ...escalating(state, now),
    ...releasing(state),
    ...explaining(state, now),
    ...answering(state, now),
  ];
}

/** The earliest instant at which `next` can answer otherwise though nothing happened: an approval's end, a retry. Null when only events can. */
export function nextWake(state: IncidentState, now: Date): Date | null {
  const instants = [
    ...pendingApprovals(state).map(({ expiresAt }) => expiresAt),
    ...(state.escalation !== null && mayEscalate(state) ? [state.escalation.at] : []),
    ...Object.values(state.failures)
      .filter(({ attempts }) => attempts < maxAttempts)
      .map(({ notBefore }) => notBefore),
  ].filter((instant) => Date.parse(instant) > now.getTime());
  return instants.length === 0 ? null : new Date(Math.min(...instants.map((instant) => Date.parse(instant))));
}

function isDue(state: IncidentState, { key }: Effect, now: Date): boolean {
  const failure = state.failures[key];
  return failure === undefined || (failure.attempts < maxAttempts && Date.parse(failure.notBefore) <= now.getTime());
}

function gaveUp(state: IncidentState, key: string): string | undefined {
  const failure = state.failures[key];
  return failure !== undefined && failure.attempts >= maxAttempts ? failure.sentence : undefined;
}

function investigating(state: IncidentState, now: Date): Effect[] {
  if (state.investigationWanted === null) return [];
  const { since, scope, subject } = state.investigationWanted;
  const key = `${state.reference}/investigate/${since}`;
  const sentence = gaveUp(state, key);
  if (sentence === undefined) return [{ key, kind: 'investigate', scope, subject }];
  const investigation: Investigation = {
    schema: 'sre-copilot/investigation/v1',
    scope,
    capturedAt: now.toISOString(),
    status: 'inconclusive',
    findings: [],
    evidence: [],
    missing: [{ source: 'the investigation', why: sentence }],
    runbooks: [],
    elapsedMs: { total: 0 },
  };
  const why = 'The investigation failed again and again, so no runbook was looked for.';
  return [
    record(state, `give-up/${key}`, now, [
      { type: 'investigation-finished', body: { investigation, chosen: null, why } },
    ]),
  ];
}

/** The model is asked beside everything else and nothing waits for it; after `maxAttempts` the incident goes on without its reading. */
function explaining(state: IncidentState, now: Date): Effect[] {
  const { explaining: wantedNow } = state.reasoning;
  if (wantedNow === null) return [];
  const { since, investigation } = wantedNow;
  const key = `${state.reference}/explain/${since}`;
  const problem = gaveUp(state, key);
  if (problem === undefined) return [{ key, kind: 'explain', investigation }];
  const sentence = `The model gave no reading: ${problem} The rules go on without it.`;
  const body = { investigation, code: 'effect.gave-up', sentence, dropped: [], bill: null };
  return [record(state, `give-up/${key}`, now, [{ type: 'explanation-failed', body }])];
}

/** Questions are answered in resolved incidents too: reading is free. */
function answering(state: IncidentState, now: Date): Effect[] {
  return state.reasoning.questions
    .filter(({ answered }) => !answered)
    .map(({ seq, asked }): Effect => {
      const key = `${state.reference}/answer/${seq}`;
      const problem = gaveUp(state, key);
      if (problem === undefined)
        return { key, kind: 'answer', question: seq, scope: asked.scope, subject: asked.subject };
      const said = `Your question could not be answered: ${problem} Nothing was changed. Ask again, or write investigate.`;
      const body = {
        question: seq,
        by: 'rules' as const,
        sentences: [{ text: said, evidence: [] }],
        evidence: [],
        dropped: [],
        withoutModel: null,
        bill: null,
      };
      return record(state, `give-up/${key}`, now, [{ type: 'question-answered', body }]);
    });
}

function planning(state: IncidentState, now: Date): Effect[] {
  if (state.runWanted === null || activeRun(state) !== undefined) return [];
  const { since, runbook, given, requester } = state.runWanted;
  const key = `${state.reference}/make-plan/${since}`;
  const sentence = gaveUp(state, key);
  if (sentence !== undefined) {
    return [
      record(state, `give-up/${key}`, now, [
        { type: 'plan-refused', body: { runbook, code: 'effect.gave-up', sentence } },
      ]),
    ];
  }
  return [{ key, kind: 'make-plan', runbook, given, requester }];
}

function expiring(state: IncidentState, now: Date): Effect[] {
  return pendingApprovals(state)
    .filter(({ expiresAt }) => Date.parse(expiresAt) <= now.getTime())
    .map((approval) =>
      record(state, `expire/${approval.id}`, now, [
        { type: 'approval-expired', body: { approval: approval.id } },
        ended(
          approval.run,
          'stopped',
          'The approval ran out before enough people decided. Nothing was changed by this action.',
        ),
      ]),
    );
}

function running(state: IncidentState, now: Date): Effect[] {
  const run = activeRun(state);
  if (run === undefined) return [];
  // What went wrong is the run's end and its reason, whatever else was asked for meanwhile.
  if (run.actions.some(({ state: action }) => action.step === 'done' && endsRun(action)))
    return [finish(state, run, now)];
  const at = currentAction(run);
  const stopped = stopping(state, run, at, now);
  if (stopped !== undefined) return [stopped];
  if (run.preconditions === null) {
    const key = `${state.reference}/check-preconditions/${run.plannedSince}`;
    const problem = gaveUp(state, key);
    if (problem !== undefined)
      return [endRun(state, run, now, 'failed', `The preconditions could not be checked: ${problem}`)];
    return [{ key, kind: 'check-preconditions', run: run.id }];
  }
  if (!run.preconditions.holds) return [endRun(state, run, now, ...unmet(run))];
  if (at === undefined) return [finish(state, run, now)];
  return advance(state, run, at, now);
}

/** Preconditions that were measured and do not hold are `not-applicable`; what could not be measured is not that, and is said. */
function unmet(run: Run): [RunStatus & ('not-applicable' | 'failed'), string] {
  const results = run.preconditions?.results ?? [];
  const said = results
    .filter(({ outcome }) => outcome !== 'succeeded')
    .map(({ text, measured }) => `${text}: ${measured}`);
  return results.some(({ outcome }) => outcome === 'failed')
    ? ['not-applicable', `The runbook does not apply: ${said.join('; ')}`]
    : ['failed', `The preconditions are unknown, which is not the same as holding: ${said.join('; ')}`];
}

/** An end that somebody or something asked for. A write in mid-air is first brought to its end, validated or rolled back. */
function stopping(state: IncidentState, run: Run, at: RunAction | undefined, now: Date): Effect | undefined {
  if (at === undefined || inMidAir(at.state)) return undefined;
  if (run.stopRequestedBy !== null) {
    return endRun(state, run, now, 'stopped', `${run.stopRequestedBy.name} stopped the run.`);
  }
  const writesAhead = run.actions.some(
    ({ planned, state: action }) => action.step !== 'done' && isWrite(planned.action),
  );
  if (state.sourceResolvedAt !== null && writesAhead) {
    return endRun(state, run, now, 'stopped', 'The alert ended by itself before the next change; it was not made.');
  }
  return undefined;
}

function endsRun(action: Extract<ActionState, { step: 'done' }>): boolean {
  return action.outcome !== 'succeeded' && action.outcome !== 'handed-over';
}

function advance(state: IncidentState, run: Run, at: RunAction, now: Date): Effect[] {
  const { planned, state: action } = at;
  const about = { run: run.id, action: planned.id };
  const key = (kind: string, since: number) => `${state.reference}/${kind}/${since}/${planned.id}`;
  switch (action.step) {
    case 'due': {
      if (planned.action.kind === 'manual') {
        const { text, why } = planned.action;
        return [
          record(state, `hand-over/${run.id}/${planned.id}`, now, [
            { type: 'step-handed-over', body: { ...about, text, why } },
          ]),
        ];
      }
      if (action.supersededTimes > maxSuperseded) {
        return [
          endRun(
            state,
            run,
            now,
            'stopped',
            `${planned.title}: the object kept changing under its approvals. Look at who changes it, then run again.`,
          ),
        ];
      }
      return orGiveUp(state, run, planned.id, now, {
        key: key('check-action', action.since),
        kind: 'check-action',
        ...about,
      });
    }
    case 'checked':
      if (action.check.verdict.effect === 'deny') {
        const { verdict } = action.check;
        return [
          record(state, `refuse/${run.id}/${action.since}`, now, [
            { type: 'action-refused', body: { ...about, verdict } },
          ]),
        ];
      }
      return orGiveUp(state, run, planned.id, now, {
        key: key('request-approval', action.since),
        kind: 'request-approval',
        ...about,
      });
    case 'waiting': {
      const approval = state.approvals[action.approval];
      if (approval?.status !== 'rejected') return [];
      const reason = approval.why === null ? '' : ` (${approval.why})`;
      return [
        endRun(
          state,
          run,
          now,
          'stopped',
          `${approval.endedBy?.name ?? 'Somebody'} rejected it${reason}. Nothing was changed by this action.`,
        ),
      ];
    }
    case 'cleared':
      return isRead(planned.action)
        ? orGiveUp(state, run, planned.id, now, {
            key: key('perform-read', action.since),
            kind: 'perform-read',
            ...about,
          })
        : orGiveUp(state, run, planned.id, now, {
            key: key('execute', action.since),
            kind: 'execute',
            role: 'action',
            ...about,
          });
    case 'intended':
      return orGiveUp(state, run, planned.id, now, {
        key: key('execute', action.clearedSince),
        kind: 'execute',
        role: 'action',
        ...about,
      });
    case 'executed':
      return orGiveUp(state, run, planned.id, now, {
        key: key('validate', action.since),
        kind: 'validate',
        role: 'action',
        ...about,
      });
    case 'undoing':
      return orGiveUp(state, run, planned.id, now, {
        key: key('execute-rollback', action.since),
        kind: 'execute',
        role: 'rollback',
        ...about,
      });
    case 'undo-intended':
      return orGiveUp(state, run, planned.id, now, {
        key: key('execute-rollback', action.undoingSince),
        kind: 'execute',
        role: 'rollback',
        ...about,
      });
    case 'undo-executed':
      return orGiveUp(state, run, planned.id, now, {
        key: key('validate-rollback', action.since),
        kind: 'validate',
        role: 'rollback',
        ...about,
      });
    case 'done':
      return [];
  }
  return action satisfies never;
}

/** An effect that failed too often ends its action as one that could not be measured: said, journalled, and the run with it. */
function orGiveUp(state: IncidentState, run: Run, action: string, now: Date, effect: Effect): Effect[] {
  const sentence = gaveUp(state, effect.key);
  if (sentence === undefined) return [effect];
  if (effect.kind === 'validate') {
    const body = { run: run.id, action, role: effect.role, outcome: 'errored', measured: sentence } as const;
    return [record(state, `give-up/${effect.key}`, now, [{ type: 'action-validated', body }])];
  }
  const role = effect.kind === 'execute' ? effect.role : 'action';
  if (effect.kind === 'execute' && hasIntent(run, action)) {
    // Announced and never told how it ended: nobody may assume that nothing happened.
    return [
      record(state, `give-up/${effect.key}`, now, [
        { type: 'action-unknown', body: { run: run.id, action, role, sentence } },
      ]),
    ];
  }
  const body = { run: run.id, action, role, code: 'effect.gave-up', sentence } as const;
  return [record(state, `give-up/${effect.key}`, now, [{ type: 'action-failed', body }])];
}

function hasIntent(run: Run, id: string): boolean {
  const step = findAction(run, id)?.state.step;
  return step === 'intended' || step === 'undo-intended';
}

function finish(state: IncidentState, run: Run, now: Date): Effect {
  const [status, reason] = verdictOfRun(run);
  const wroteWell = run.actions.some(
    ({ state: action }) => action.step === 'done' && action.wrote && action.outcome === 'succeeded',
  );
  const events: Told[] = [...revocations(state, run, reason), ended(run.id, status, reason)];
  if (status === 'succeeded' && wroteWell && state.phase !== 'resolved') {
    events.push({
      type: 'incident-mitigated',
      body: { run: run.id, summary: 'The change was made and its validation holds.' },
    });
  }
  return record(state, `finish/${run.id}`, now, events);
}

function verdictOfRun(run: Run): ['succeeded' | 'failed' | 'stopped' | 'unknown', string] {
  for (const { planned, state: action } of run.actions) {
    if (action.step !== 'done' || !endsRun(action)) continue;
    const undone = {
      no: '',
      yes: ' It was rolled back.',
      failed: ' The rollback failed: look at the object now.',
      unknown: ' Whether the rollback landed is unknown: look at the object now.',
    }[action.rolledBack];
    const reason = `${planned.title}: ${action.sentence}${undone}`;
    if (action.outcome === 'refused') return ['stopped', reason];
    if (action.outcome === 'unknown' || action.rolledBack === 'unknown') return ['unknown', reason];
    if (action.outcome === 'errored' && action.wrote) return ['unknown', reason];
    return ['failed', reason];
  }
  const handedOver = run.actions.filter(
    ({ state: action }) => action.step === 'done' && action.outcome === 'handed-over',
  ).length;
  return [
    'succeeded',
    handedOver === 0 ? 'Every action ended well.' : `Every action ended well; ${handedOver} of them is for a person.`,
  ];
}

function resolving(state: IncidentState, now: Date): Effect[] {
  // An answer that is on its way still belongs to the incident; nothing is begun after it.
  const busy = activeRun(state) !== undefined || state.investigationWanted !== null;
  if (state.sourceResolvedAt === null || state.phase === 'resolved' || busy) return [];
  return [
    record(state, `resolve/${state.sourceResolvedAt}`, now, [
      { type: 'incident-resolved', body: { signalId: null, by: 'source', summary: sayEnd(state) } },
    ]),
  ];
}

function sayEnd(state: IncidentState): string {
  return state.opened.source === 'detection'
    ? 'What was seen in the cluster is not there any more.'
    : 'The alert ended at its source.';
}

/** Acknowledging stops escalation; so does the end of what it is about. It happens once in the life of an incident. */
function mayEscalate(state: IncidentState): boolean {
  return state.phase === 'open' && state.escalated === null && state.sourceResolvedAt === null;
}

function escalating(state: IncidentState, now: Date): Effect[] {
  const { escalation } = state;
  if (escalation === null || !mayEscalate(state)) return [];
  const times = timesOf(state.detections);
  const isRecurring = times >= escalation.times;
  if (!isRecurring && Date.parse(escalation.at) > now.getTime()) return [];
  const body = isRecurring
    ? ({ why: 'recurring', summary: `It began ${times} times within ${saySpan(escalation.windowMs)}.` } as const)
    : ({ why: 'persistent', summary: 'It is still there, and nobody has acknowledged it.' } as const);
  return [
    record(state, 'escalate', now, [
      { type: 'incident-escalated', body: { ...body, groups: [...state.route.approvers] } },
    ]),
  ];
}

function saySpan(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function releasing(state: IncidentState): Effect[] {
  return state.runs
    .filter((run) => hasEnded(run) && !run.targetsReleased)
    .map((run) => ({ key: `${state.reference}/release-targets/${run.id}`, kind: 'release-targets', run: run.id }));
}

function ended(
  run: string,
  status: 'succeeded' | 'failed' | 'stopped' | 'not-applicable' | 'unknown',
  reason: string,
): Told {
  return { type: 'run-ended', body: { run, status, reason } };
}

/** Ends a run and takes back what it still asks of people. */
function endRun(
  state: IncidentState,
  run: Run,
  now: Date,
  status: 'failed' | 'stopped' | 'not-applicable',
  reason: string,
): Effect {
  return record(state, `end/${run.id}`, now, [...revocations(state, run, reason), ended(run.id, status, reason)]);
}

function revocations(state: IncidentState, run: Run, why: string): Told[] {
  return Object.values(state.approvals)
    .filter((approval) => approval.run === run.id && (approval.status === 'pending' || approval.status === 'granted'))
    .map((approval): Told => ({ type: 'approval-revoked', body: { approval: approval.id, why } }));
}

function record(state: IncidentState, what: string, now: Date, events: readonly Told[]): Effect {
  const key = `${state.reference}/${what}`;
  const common = { actor: bot, cause: key, occurredAt: now.toISOString() };
  return { key, kind: 'record', events: events.map((event) => ({ ...common, ...event })) };
}
