import { describe, expect, it } from 'vitest';
import { apply } from '../../../src/core/incident/apply.ts';
import type { Told } from '../../../src/core/incident/events.ts';
import { currentAction, findAction, type IncidentState } from '../../../src/core/incident/state.ts';
import {
  alert,
  allow,
  ann,
  denial,
  lena,
  manualStep,
  openedBody,
  plan,
  readCheck,
  readStep,
  undoStep,
  writeCheck,
} from '../../support/incident-facts.ts';
import {
  approvalId,
  atTheWrite,
  checked,
  clearedUnasked,
  createStory,
  executed,
  granted,
  intended,
  opened,
  planned,
  runId,
  type Story,
  undoing,
  validated,
  waiting,
  yes,
} from '../../support/incident-story.ts';

const joined = (status: 'firing' | 'resolved'): Told => ({
  type: 'signal-joined',
  body: {
    signalId: `signal-${status}`,
    status,
    group: 'group-1',
    alerts: [alert({ status })],
    summary: `it ${status}`,
  },
});
const reopened: Told = {
  type: 'incident-reopened',
  body: { signalId: 'signal-again', alerts: [alert()], summary: 'again' },
};
const resolved: Told = {
  type: 'incident-resolved',
  body: { signalId: null, by: 'source', summary: 'The alert ended.' },
};
const mitigated: Told = { type: 'incident-mitigated', body: { run: runId, summary: 'It holds.' } };
const acknowledged: Told = { type: 'incident-acknowledged', body: { signalId: 'S-ACK', by: ann } };
const ended = (status: 'succeeded' | 'failed' | 'stopped' | 'not-applicable' | 'unknown' = 'stopped'): Told => ({
  type: 'run-ended',
  body: { run: runId, status, reason: 'because' },
});
const failed = (role: 'action' | 'rollback' = 'action'): Told => ({
  type: 'action-failed',
  body: { ...undoing, role, code: 'write.rejected', sentence: 'It was refused.' },
});
const unknown = (role: 'action' | 'rollback' = 'action'): Told => ({
  type: 'action-unknown',
  body: { ...undoing, role, sentence: 'Nobody knows.' },
});
const superseded = (approval: string | null = approvalId): Told => ({
  type: 'approval-superseded',
  body: { ...undoing, approval, why: ['It changed.'] },
});
const rejected: Told = { type: 'approval-rejected', body: { approval: approvalId, by: lena, reason: 'not now' } };
const expired: Told = { type: 'approval-expired', body: { approval: approvalId } };
const revoked: Told = { type: 'approval-revoked', body: { approval: approvalId, why: 'The run ended.' } };
const refused: Told = { type: 'action-refused', body: { ...undoing, verdict: denial } };
const stopAsked: Told = { type: 'run-stop-requested', body: { run: runId, signalId: 'signal-stop', by: ann } };
const released: Told = { type: 'targets-released', body: { run: runId } };
const given: Told = { type: 'approval-given', body: { approval: approvalId, by: lena, groups: ['sre-leads'] } };

const undoOnly = plan([undoStep]);
const manualOnly = plan([manualStep]);
const handedOver: Told = {
  type: 'step-handed-over',
  body: { run: runId, action: manualStep.id, text: 'Tell the owners.', why: 'Only people can.' },
};
const started = (story: Story) =>
  story.tell({ type: 'preconditions-checked', body: { run: runId, results: [], holds: true } });

const undone = () => intended(validated(executed(), 'failed'), 'rollback');
const step = (state: IncidentState) => {
  const run = state.runs[0];
  return run === undefined ? undefined : findAction(run, undoStep.id)?.state;
};

describe('an incident', () => {
  it.each<[why: string, story: () => Story, phase: IncidentState['phase']]>([
    ['opens', () => opened(), 'open'],
    ['is acknowledged', () => opened().tell(acknowledged), 'acknowledged'],
    ['is mitigated from open', () => opened().tell(mitigated), 'mitigated'],
    ['is mitigated from acknowledged', () => opened().tell(acknowledged).tell(mitigated), 'mitigated'],
    ['is not acknowledged out of mitigated', () => opened().tell(mitigated).tell(acknowledged), 'mitigated'],
    ['is resolved from mitigated', () => opened().tell(mitigated).tell(resolved), 'resolved'],
    ['is resolved from open', () => opened().tell(resolved), 'resolved'],
    ['is not mitigated out of resolved', () => opened().tell(resolved).tell(mitigated), 'resolved'],
    ['is reopened', () => opened().tell(resolved).tell(reopened), 'open'],
    ['is resolved again', () => opened().tell(resolved).tell(reopened).tell(resolved), 'resolved'],
  ])('%s', (_why, story, phase) => {
    expect(story().state().phase).toBe(phase);
  });

  it('forgets the end of its source when the alert fires again', () => {
    const story = opened().tell(joined('resolved'));
    expect(story.state().sourceResolvedAt).toBe(2);
    expect(story.tell(joined('firing')).state().sourceResolvedAt).toBeNull();
  });

  it('keeps its words of the alert up to date, and each signal once', () => {
    const { alerts, signals } = opened().tell(joined('resolved')).state();
    expect([alerts[0]?.status, signals]).toEqual(['resolved', ['signal-1', 'signal-resolved']]);
  });

  it('begins nothing new when it is resolved', () => {
    const asked = { signalId: 's', runbook: 'r', given: {}, requester: ann };
    const story = opened().tell({ type: 'run-requested', body: asked }).tell(resolved);
    expect(story.state()).toMatchObject({ investigationWanted: null, runWanted: null });
  });

  it('wants an investigation as soon as it opens, and anew when it reopens', () => {
    expect(opened().state().investigationWanted).toMatchObject({ since: 1, requester: null });
    expect(opened().tell(resolved).tell(reopened).state().investigationWanted).toMatchObject({ since: 3 });
  });

  it('prefers the run that a person asked for to the one that a rule would choose', () => {
    const story = opened().tell({
      type: 'run-requested',
      body: { signalId: 's', runbook: 'by-ann', given: {}, requester: ann },
    });
    const found = planned().events()[1];
    if (found?.type !== 'investigation-finished') throw new Error('no investigation');
    story.tell({ type: 'investigation-finished', body: found.body });
    expect(story.state().runWanted).toMatchObject({ runbook: 'by-ann', requester: ann });
  });
});

describe('a run', () => {
  it.each<[why: string, story: () => Story, status: string]>([
    ['is planned', () => planned(), 'planned'],
    ['runs once its preconditions hold', () => started(planned()), 'running'],
    ['waits for people', () => waiting(), 'waiting'],
    ['runs on when they agree', () => granted(), 'running'],
    ['runs on when an approval is void', () => granted().tell(superseded()), 'running'],
    ['succeeds', () => validated(executed()).tell(ended('succeeded')), 'succeeded'],
    ['fails', () => planned().tell(ended('failed')), 'failed'],
    ['is stopped', () => planned().tell(ended('stopped')), 'stopped'],
    ['does not apply', () => planned().tell(ended('not-applicable')), 'not-applicable'],
    ['ends unknown', () => intended().tell(unknown()).tell(ended('unknown')), 'unknown'],
  ])('%s', (_why, story, status) => {
    expect(story().state().runs[0]?.status).toBe(status);
  });

  it('is at its first action that is not done', () => {
    const [run] = atTheWrite().state().runs;
    expect(run && currentAction(run)?.planned.id).toBe(undoStep.id);
  });
});

describe('an approval', () => {
  it.each<[why: string, story: () => Story, status: string]>([
    ['is pending', () => waiting(), 'pending'],
    ['is granted', () => granted(), 'granted'],
    ['is consumed by the intent', () => intended(), 'consumed'],
    ['is rejected', () => waiting().tell(rejected), 'rejected'],
    ['expires while pending', () => waiting().tell(expired), 'expired'],
    ['expires before it is used', () => granted().tell(expired), 'expired'],
    ['is superseded while pending', () => waiting().tell(superseded()), 'superseded'],
    ['is superseded when granted', () => granted().tell(superseded()), 'superseded'],
    ['is superseded when the guard was refused after the intent', () => intended().tell(superseded()), 'superseded'],
    ['is revoked while pending', () => waiting().tell(revoked), 'revoked'],
    ['is revoked before it is used', () => granted().tell(revoked), 'revoked'],
  ])('%s', (_why, story, status) => {
    expect(story().state().approvals[approvalId]?.status).toBe(status);
  });

  it('stays pending until the quorum is met, and counts a person once', () => {
    const two = writeCheck({
      verdict: {
        effect: 'needs-approval',
        rule: 'r',
        reasons: ['x'],
        require: [{ group: 'sre-leads', count: 2 }],
        ttlSeconds: 900,
      },
    });
    const story = yes(yes(waiting(two)));
    expect(story.state().approvals[approvalId]?.status).toBe('pending');
    expect(step(story.state())?.step).toBe('waiting');
    yes(story, { id: 'U-3', name: 'Third' });
    expect(step(story.state())?.step).toBe('cleared');
  });
});

describe('an action', () => {
  it.each<[why: string, story: () => Story, state: object]>([
    ['is due', () => atTheWrite(), { step: 'due', supersededTimes: 0 }],
    ['is checked', () => checked(), { step: 'checked' }],
    ['is cleared by policy alone', () => clearedUnasked(), { step: 'cleared', approval: null }],
    ['waits for people', () => waiting(), { step: 'waiting', approval: approvalId }],
    ['is cleared by people', () => granted(), { step: 'cleared', approval: approvalId }],
    [
      'is refused when it was checked',
      () => checked(writeCheck({ verdict: denial })).tell(refused),
      { step: 'done', outcome: 'refused', wrote: false },
    ],
    [
      'is refused when policy changed its mind',
      () => granted().tell(refused),
      { step: 'done', outcome: 'refused', wrote: false },
    ],
    ['is due again', () => granted().tell(superseded()), { step: 'due', supersededTimes: 1 }],
    [
      'is due again without an approval',
      () => clearedUnasked().tell(superseded(null)),
      { step: 'due', supersededTimes: 1 },
    ],
    ['is intended', () => intended(), { step: 'intended', approval: approvalId }],
    ['is executed', () => executed(), { step: 'executed' }],
    ['succeeds', () => validated(executed()), { step: 'done', outcome: 'succeeded', wrote: true, rolledBack: 'no' }],
    ['is undone', () => validated(executed(), 'failed'), { step: 'undoing' }],
    [
      'is not undone when it could not be measured',
      () => validated(executed(), 'errored'),
      { step: 'done', outcome: 'errored', wrote: true, rolledBack: 'no' },
    ],
    [
      'is not undone when that is unknown',
      () => validated(executed(), 'unknown'),
      { step: 'done', outcome: 'unknown', wrote: true },
    ],
    [
      'cannot be undone',
      () =>
        validated(
          executed(intended(granted(writeCheck({ rollback: { possible: false, why: 'no history' } })))),
          'failed',
        ),
      { step: 'done', outcome: 'failed', wrote: true, rolledBack: 'no' },
    ],
    ['announces its rollback', () => undone(), { step: 'undo-intended' }],
    [
      'is rolled back',
      () => validated(executed(undone(), 'rollback'), 'succeeded', 'rollback'),
      { step: 'done', outcome: 'failed', rolledBack: 'yes' },
    ],
    [
      'is not back although it was rolled back',
      () => validated(executed(undone(), 'rollback'), 'failed', 'rollback'),
      { step: 'done', rolledBack: 'failed' },
    ],
    [
      'is perhaps back',
      () => validated(executed(undone(), 'rollback'), 'errored', 'rollback'),
      { step: 'done', rolledBack: 'unknown' },
    ],
    [
      'cannot be rolled back',
      () => validated(executed(), 'failed').tell(failed('rollback')),
      { step: 'done', rolledBack: 'failed', wrote: true },
    ],
    [
      'has a rollback that was refused',
      () => undone().tell(failed('rollback')),
      { step: 'done', rolledBack: 'failed' },
    ],
    [
      'has a rollback that nobody knows of',
      () => undone().tell(unknown('rollback')),
      { step: 'done', outcome: 'failed', rolledBack: 'unknown' },
    ],
    [
      'fails before it is checked',
      () => atTheWrite().tell(failed()),
      { step: 'done', outcome: 'errored', wrote: false },
    ],
    [
      'fails after its intent, nothing having landed',
      () => intended().tell(failed()),
      { step: 'done', outcome: 'errored', wrote: false },
    ],
    ['is unknown', () => intended().tell(unknown()), { step: 'done', outcome: 'unknown', wrote: true }],
  ])('%s', (_why, story, state) => {
    expect(step(story().state())).toMatchObject(state);
  });

  it('is handed over to people', () => {
    const [run] = started(planned(manualOnly)).tell(handedOver).state().runs;
    expect(run?.actions[0]?.state).toMatchObject({ step: 'done', outcome: 'handed-over', wrote: false });
  });
});

describe('what cannot follow throws', () => {
  it.each<[what: string, story: () => Story, told: Told]>([
    ['an incident opened twice', () => opened(), { type: 'incident-opened', body: openedBody() }],
    ['a reopening of what is open', () => opened(), reopened],
    ['a second end', () => opened().tell(resolved), resolved],
    [
      'a second run beside one that is under way',
      () => planned(),
      { type: 'plan-made', body: { run: 'run-2', plan: plan(), requester: null } },
    ],
    [
      'a run of the same id',
      () => planned().tell(ended()),
      { type: 'plan-made', body: { run: runId, plan: plan(), requester: null } },
    ],
    [
      'preconditions of a run that has ended',
      () => planned().tell(ended()),
      { type: 'preconditions-checked', body: { run: runId, results: [], holds: true } },
    ],
    [
      'preconditions checked twice',
      () => started(planned()),
      { type: 'preconditions-checked', body: { run: runId, results: [], holds: true } },
    ],
    [
      'preconditions of no run',
      () => opened(),
      { type: 'preconditions-checked', body: { run: runId, results: [], holds: true } },
    ],
    [
      'a check of an action that is not due',
      () => checked(),
      { type: 'action-checked', body: { ...undoing, check: writeCheck() } },
    ],
    [
      'a check of no action',
      () => started(planned()),
      { type: 'action-checked', body: { run: runId, action: 'nothing', check: readCheck() } },
    ],
    [
      'a check after the run ended',
      () => atTheWrite().tell(ended()),
      { type: 'action-checked', body: { ...undoing, check: writeCheck() } },
    ],
    ['a question that nobody checked', () => atTheWrite(), waitingTold()],
    ['a question that policy did not ask for', () => checked(writeCheck({ verdict: denial })), waitingTold()],
    ['a question put twice', () => waiting(), waitingTold()],
    ['a question after the run ended', () => checked().tell(ended()), waitingTold()],
    ['a yes to nothing', () => checked(), given],
    ['a yes to what was granted', () => granted(), given],
    ['a yes to what was rejected', () => waiting().tell(rejected), given],
    ['a yes to what expired', () => waiting().tell(expired), given],
    ['a yes to what was revoked', () => waiting().tell(revoked).tell(ended()), given],
    ['a no to what was granted', () => granted(), rejected],
    ['a no to what was rejected', () => waiting().tell(rejected), rejected],
    ['an end of what was consumed', () => intended(), expired],
    ['a second expiry', () => waiting().tell(expired), expired],
    ['a revocation of what was consumed', () => intended(), revoked],
    ['a supersession of what was executed', () => executed(), superseded()],
    ['a supersession of another approval', () => granted(), superseded(null)],
    ['a supersession that brings an ended run back', () => granted().tell(revoked).tell(ended()), superseded()],
    ['an intent that nobody cleared', () => checked(), intentTold(null)],
    ['an intent while people are asked', () => waiting(), intentTold(approvalId)],
    ['an intent without the approval it was cleared by', () => granted(), intentTold(null)],
    ['an intent after the approval ran out', () => granted().tell(expired), intentTold(approvalId)],
    ['a second intent', () => intended(), intentTold(approvalId)],
    ['an intent to roll back what was not changed', () => granted(), intentTold(null, 'rollback')],
    ['an intent after the run ended', () => granted().tell(revoked).tell(ended()), intentTold(approvalId)],
    ['a write without an intent', () => granted(), executedTold('action')],
    ['a write without an intent that policy allowed', () => clearedUnasked(), executedTold('action')],
    ['a rollback without an intent', () => validated(executed(), 'failed'), executedTold('rollback')],
    ['a result of the other role', () => intended(), executedTold('rollback')],
    ['a second result', () => executed(), executedTold('action')],
    ['a validation of what was not made', () => intended(), validatedTold('action')],
    ['a validation of the other role', () => executed(), validatedTold('rollback')],
    ['a failure of what was made', () => executed(), failed()],
    ['a failure of what is done', () => validated(executed()), failed()],
    ['a failed rollback of what was not undone', () => executed(), failed('rollback')],
    ['an unknown end of what was never announced', () => granted(), unknown()],
    ['a refusal of what was announced', () => intended(), refused],
    [
      'a handing over of a write',
      () => atTheWrite(undoOnly),
      { type: 'step-handed-over', body: { ...undoing, text: 'x', why: 'y' } },
    ],
    ['a second end of the run', () => planned().tell(ended()), ended('succeeded')],
    ['an end of the run over an announced change', () => intended(), ended()],
    ['an end of the run over a change that is not validated', () => executed(), ended()],
    ['an end of the run over a rollback', () => undone(), ended()],
    ['a stop of what has ended', () => planned().tell(ended()), stopAsked],
    ['targets released before the end', () => planned(), released],
    ['targets released twice', () => planned().tell(ended()).tell(released), released],
  ])('%s', (_what, story, told) => {
    const before = story();
    const state = structuredClone(before.state());
    expect(() => before.tell(told)).toThrow(TypeError);
    expect(before.state()).toEqual(state);
  });

  it('a story that does not begin with its opening', () => {
    expect(() => createStory().tell(resolved)).toThrow(/first event/);
  });

  it('an event that leaves one out', () => {
    const [first, , third] = planned().events();
    if (first === undefined || third === undefined) throw new Error('too short');
    expect(() => apply(apply(undefined, first), third)).toThrow(/does not follow/);
  });
});

describe('apply', () => {
  it('changes nothing that it is given', () => {
    const state = freeze(waiting().state());
    const next = yes(waiting()).events().at(-1);
    if (next === undefined) throw new Error('no event');
    expect(() => apply(state, next)).not.toThrow();
  });

  it('remembers the last failure of an effect and where cards were posted', () => {
    const story = waiting()
      .tell({
        type: 'effect-failed',
        body: { key: 'k', attempt: 2, code: 'x', sentence: 'No.', notBefore: '2026-11-21T03:04:05.000Z' },
      })
      .tell({ type: 'message-posted', body: { key: 'k', what: 'card', approval: approvalId, channel: 'C', ts: '1.2' } })
      .tell({ type: 'message-posted', body: { key: 'k', what: 'root', approval: null, channel: 'C', ts: '1.1' } });
    expect(story.state().failures.k).toMatchObject({ attempts: 2, sentence: 'No.' });
    expect(story.state().approvals[approvalId]?.card).toEqual({ channel: 'C', ts: '1.2' });
    expect(story.state().posts).toEqual({ root: { channel: 'C', ts: '1.1' }, caseFile: null });
  });

  it('clears a read without an intent', () => {
    const look = { run: runId, action: readStep.id };
    const story = started(planned()).tell({
      type: 'action-checked',
      body: { ...look, check: readCheck({ verdict: allow }) },
    });
    expect(story.state().runs[0]?.actions[0]?.state).toMatchObject({ step: 'cleared', approval: null });
  });
});

function waitingTold(): Told {
  const body = waiting().events().at(-1)?.body;
  return { type: 'approval-requested', body } as Told;
}
function intentTold(approval: string | null, role: 'action' | 'rollback' = 'action'): Told {
  const body = { ...undoing, role, digest: 'd', requestDigest: 'r', approval, summary: 'Undo' };
  return { type: 'action-intended', body };
}
function executedTold(role: 'action' | 'rollback'): Told {
  return { type: 'action-executed', body: { ...undoing, role, observed: false, summary: 'Done', output: '' } };
}
function validatedTold(role: 'action' | 'rollback'): Told {
  return { type: 'action-validated', body: { ...undoing, role, outcome: 'succeeded', measured: 'It holds.' } };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) freeze(part);
    Object.freeze(value);
  }
  return value;
}
