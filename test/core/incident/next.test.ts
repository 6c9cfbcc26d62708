import { describe, expect, it } from 'vitest';
import { apply } from '../../../src/core/incident/apply.ts';
import type { Effect } from '../../../src/core/incident/effect.ts';
import type { IncidentEvent, Told } from '../../../src/core/incident/events.ts';
import { isWanted, maxAttempts, maxSuperseded, next, nextWake } from '../../../src/core/incident/next.ts';
import type { IncidentState } from '../../../src/core/incident/state.ts';
import {
  alert,
  ann,
  denial,
  investigation,
  lena,
  manualStep,
  plan,
  readCheck,
  readStep,
  undoStep,
  writeCheck,
} from '../../support/incident-facts.ts';
import {
  approvalId,
  ask,
  atTheWrite,
  checked,
  clearedUnasked,
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

const effectsOf = (story: Story, now = story.now()) => next(story.state(), now);
const briefly = (effect: Effect) =>
  effect.kind === 'record' ? `record ${effect.events.map(({ type }) => type).join(' + ')}` : effect.kind;
const namesOf = (story: Story, now?: Date) => effectsOf(story, now).map(briefly);

const sourceEnded: Told = {
  type: 'signal-joined',
  body: { signalId: 's-end', status: 'resolved', group: 'group-1', alerts: [alert()], summary: 'it ended' },
};
const stopAsked: Told = { type: 'run-stop-requested', body: { run: runId, signalId: 's-stop', by: ann } };
const rejected: Told = { type: 'approval-rejected', body: { approval: approvalId, by: lena, reason: 'not now' } };
const ended = (status: 'stopped' | 'succeeded' = 'stopped'): Told => ({
  type: 'run-ended',
  body: { run: runId, status, reason: 'because' },
});
const started = (story: Story, results: readonly object[] = [], holds = true) =>
  story.tell({ type: 'preconditions-checked', body: { run: runId, results: [...results], holds } } as Told);
const measured = (outcome: 'succeeded' | 'failed' | 'errored') => ({ text: 'up > 1', outcome, measured: 'it is 0' });
const look = { run: runId, action: readStep.id };
const readCleared = () => started(planned()).tell({ type: 'action-checked', body: { ...look, check: readCheck() } });
const undoFailed = () => validated(executed(), 'failed');
const undone = () => intended(undoFailed(), 'rollback');

function effectFailed(story: Story, times: number, key = effectsOf(story)[0]?.key ?? ''): Story {
  for (let attempt = 1; attempt <= times; attempt += 1) {
    const body = { key, attempt, code: 'x', sentence: 'The cluster is down.', notBefore: story.now().toISOString() };
    story.tell({ type: 'effect-failed', body });
  }
  return story;
}

describe('next names, for an incident', () => {
  it.each<[why: string, story: () => Story, effects: string[]]>([
    ['that opened: an investigation', () => opened(), ['investigate']],
    ['that was answered without a runbook: nothing', () => answeredWithout(), []],
    ['that was answered with one: a plan', () => answeredWith(), ['make-plan']],
    ['that is planned: its preconditions', () => planned(), ['check-preconditions']],
    ['whose preconditions hold: the check of its first action', () => started(planned()), ['check-action']],
    [
      'whose preconditions do not hold: the end',
      () => started(planned(), [measured('failed')], false),
      ['record run-ended'],
    ],
    ['with a cleared read: the read', () => readCleared(), ['perform-read']],
    ['with a checked write: the question', () => checked(), ['request-approval']],
    ['with a denied write: the refusal', () => checked(writeCheck({ verdict: denial })), ['record action-refused']],
    ['that waits for people: nothing', () => waiting(), []],
    ['that people rejected: the end', () => waiting().tell(rejected), ['record run-ended']],
    ['with an approval: the change', () => granted(), ['execute']],
    ['with a change that policy allows: the change', () => clearedUnasked(), ['execute']],
    ['with an announced change: the same effect, whose handler looks', () => intended(), ['execute']],
    ['with a change that was made: its validation', () => executed(), ['validate']],
    [
      'with a change that holds: the end, and mitigated',
      () => validated(executed()),
      ['record run-ended + incident-mitigated'],
    ],
    ['with a change that does not hold: the rollback', () => undoFailed(), ['execute']],
    ['with an announced rollback: the same', () => undone(), ['execute']],
    ['with a rollback that was made: its validation', () => executed(undone(), 'rollback'), ['validate']],
    ['with a manual step: its handing over', () => started(planned(plan([manualStep]))), ['record step-handed-over']],
    ['whose run has ended: its targets', () => planned().tell(ended()), ['release-targets']],
    ['whose source ended: its own end', () => answeredWithout().tell(sourceEnded), ['record incident-resolved']],
    ['whose source ended during the investigation: that one first', () => opened().tell(sourceEnded), ['investigate']],
    [
      'that is over: nothing',
      () => answeredWithout().tell({ type: 'incident-resolved', body: { signalId: null, by: 'source', summary: 'x' } }),
      [],
    ],
  ])('%s', (_why, story, effects) => {
    expect(namesOf(story())).toEqual(effects);
  });

  it('gives the action and the rollback of one change keys of their own, the same before and after the intent', () => {
    const key = (story: Story) => effectsOf(story)[0]?.key;
    expect(key(granted())).toBe(key(intended()));
    expect(key(undoFailed())).toBe(key(undone()));
    expect(key(granted())).not.toBe(key(undone()));
  });

  it('says which precondition does not hold, and that unknown is not holding', () => {
    const reason = (story: Story) => endingOf(story);
    expect(reason(started(planned(), [measured('failed')], false))).toMatchObject([
      'not-applicable',
      expect.stringMatching(/up > 1: it is 0/),
    ]);
    expect(reason(started(planned(), [measured('errored')], false))).toMatchObject([
      'failed',
      expect.stringMatching(/not the same as holding/),
    ]);
    expect(reason(started(planned(), [measured('errored'), measured('failed')], false))?.[0]).toBe('not-applicable');
  });

  it('mitigates nothing when only reads and people were asked', () => {
    const story = started(planned(plan([manualStep]))).tell({
      type: 'step-handed-over',
      body: { run: runId, action: manualStep.id, text: 'x', why: 'y' },
    });
    expect(namesOf(story)).toEqual(['record run-ended']);
    expect(endingOf(story)).toMatchObject(['succeeded', expect.stringMatching(/1 of them is for a person/)]);
  });
});

describe('the end of a run says what became of it', () => {
  const failed = (role: 'action' | 'rollback'): Told => ({
    type: 'action-failed',
    body: { ...undoing, role, code: 'x', sentence: 'It was refused.' },
  });
  const unknown = (role: 'action' | 'rollback'): Told => ({
    type: 'action-unknown',
    body: { ...undoing, role, sentence: 'Nobody knows.' },
  });
  it.each<[why: string, story: () => Story, status: string, reason: RegExp]>([
    ['succeeded', () => validated(executed()), 'succeeded', /Every action ended well/],
    [
      'rolled back',
      () => validated(executed(undone(), 'rollback'), 'succeeded', 'rollback'),
      'failed',
      /It was rolled back/,
    ],
    ['not rolled back', () => undone().tell(failed('rollback')), 'failed', /The rollback failed/],
    [
      'perhaps rolled back',
      () => undone().tell(unknown('rollback')),
      'unknown',
      /Whether the rollback landed is unknown/,
    ],
    ['perhaps made', () => intended().tell(unknown('action')), 'unknown', /Nobody knows/],
    ['made and not measured', () => validated(executed(), 'errored'), 'unknown', /3 of 3/],
    ['not made', () => intended().tell(failed('action')), 'failed', /It was refused/],
    [
      'denied',
      () =>
        checked(writeCheck({ verdict: denial })).tell({
          type: 'action-refused',
          body: { ...undoing, verdict: denial },
        }),
      'stopped',
      /protected/,
    ],
  ])('%s', (_why, story, status, reason) => {
    expect(endingOf(story())).toMatchObject([status, expect.stringMatching(reason)]);
  });

  it('says so too when somebody asked to stop meanwhile', () => {
    const story = intended().tell(stopAsked).tell(unknown('action'));
    expect(endingOf(story)).toMatchObject(['unknown', expect.stringMatching(/Nobody knows/)]);
  });

  const longer = plan([readStep, undoStep, manualStep]);
  const lookFailed = (outcome: 'failed' | 'errored') =>
    started(planned(longer))
      .tell({ type: 'action-checked', body: { ...look, check: readCheck() } })
      .tell({
        type: 'action-executed',
        body: { ...look, role: 'action', observed: false, summary: 'read', output: '' },
      })
      .tell({ type: 'action-validated', body: { ...look, role: 'action', outcome, measured: '4 restarts' } });
  const undoUnknown = (stopped: boolean) => {
    const story = intended(
      yes(ask(atTheWrite(longer).tell({ type: 'action-checked', body: { ...undoing, check: writeCheck() } }))),
    );
    return (stopped ? story.tell(stopAsked) : story).tell(unknown('action'));
  };
  it.each<[what: string, story: () => Story, status: string, reason: RegExp]>([
    ['a read whose validation failed', () => lookFailed('failed'), 'failed', /4 restarts/],
    ['a read that could not be measured', () => lookFailed('errored'), 'failed', /4 restarts/],
    ['a change whose end is unknown', () => undoUnknown(false), 'unknown', /Nobody knows/],
    ['a change whose end is unknown, when somebody asked to stop', () => undoUnknown(true), 'unknown', /Nobody knows/],
  ])('failure does not walk on: %s ends the run before its next action', (_what, story, status, reason) => {
    expect(namesOf(story())).toEqual(['record run-ended']);
    expect(endingOf(story())).toMatchObject([status, expect.stringMatching(reason)]);
  });

  it('takes back an approval that nobody used', () => {
    const story = effectFailed(granted(), maxAttempts);
    story.tell({
      type: 'action-failed',
      body: { ...undoing, role: 'action', code: 'effect.gave-up', sentence: 'No.' },
    });
    expect(namesOf(story)).toEqual(['record approval-revoked + run-ended']);
  });
});

describe('a stop and an alert that ends', () => {
  const stops = (story: Story) => namesOf(story)[0]?.endsWith('run-ended') ?? false;
  it.each<[step: string, story: () => Story, stops: boolean]>([
    ['planned', () => planned(), true],
    ['checked', () => checked(), true],
    ['waiting', () => waiting(), true],
    ['cleared', () => granted(), true],
    ['intended', () => intended(), false],
    ['executed', () => executed(), false],
    ['undoing', () => undoFailed(), false],
    ['undo-intended', () => undone(), false],
    ['undo-executed', () => executed(undone(), 'rollback'), false],
  ])('when the action is %s: the run ends at once: %s', (_step, story, expected) => {
    expect(stops(story().tell(stopAsked))).toBe(expected);
    expect(stops(story().tell(sourceEnded))).toBe(expected);
  });

  it('takes the open question back', () => {
    expect(namesOf(waiting().tell(stopAsked))).toEqual(['record approval-revoked + run-ended']);
  });

  it('lets reads go on when the alert ends and no change is ahead', () => {
    expect(namesOf(started(planned(plan([readStep]))).tell(sourceEnded))).toEqual(['check-action']);
  });

  it('resolves once the run is over', () => {
    const story = executed().tell(sourceEnded);
    expect(namesOf(story)).toEqual(['validate']);
    const [end] = effectsOf(validated(story));
    for (const told of end?.kind === 'record' ? end.events : []) story.tell(told);
    expect(namesOf(story)).toEqual(['record incident-resolved', 'release-targets']);
  });
});

describe('an approval runs out', () => {
  const at = (story: Story, ms: number) =>
    new Date(Date.parse(story.state().approvals[approvalId]?.expiresAt ?? '') + ms);
  it.each<[when: string, ms: number, effects: string[]]>([
    ['one millisecond before its end: nothing', -1, []],
    ['at its end', 0, ['record approval-expired + run-ended']],
    ['long after', 86_400_000, ['record approval-expired + run-ended']],
  ])('%s', (_when, ms, effects) => {
    expect(namesOf(waiting(), at(waiting(), ms))).toEqual(effects);
  });

  it('is waited for', () => {
    expect(nextWake(waiting().state(), waiting().now())).toEqual(at(waiting(), 0));
    expect(nextWake(granted().state(), granted().now())).toBeNull();
  });

  it('T12: never grants anything by itself', () => {
    const later = new Date(Date.parse('2036-01-01T00:00:00.000Z'));
    for (const effect of next(waiting().state(), later))
      expect(briefly(effect)).toBe('record approval-expired + run-ended');
  });
});

describe('an effect that fails', () => {
  it.each<[what: string, story: () => Story, given: string]>([
    ['an investigation', () => opened(), 'record investigation-finished'],
    ['a plan', () => answeredWith(), 'record plan-refused'],
    ['preconditions', () => planned(), 'record run-ended'],
    ['a check', () => atTheWrite(), 'record action-failed'],
    ['a question', () => checked(), 'record action-failed'],
    ['a read', () => readCleared(), 'record action-failed'],
    ['a change that was not announced', () => granted(), 'record action-failed'],
    ['a change that was announced', () => intended(), 'record action-unknown'],
    ['a validation', () => executed(), 'record action-validated'],
    ['a rollback that was not announced', () => undoFailed(), 'record action-failed'],
    ['a rollback that was announced', () => undone(), 'record action-unknown'],
    ['a validation of a rollback', () => executed(undone(), 'rollback'), 'record action-validated'],
  ])('%s is tried again, then given up, and that is told', (_what, story, given) => {
    const [effect] = effectsOf(story());
    const once = effectFailed(story(), 1);
    expect(effectsOf(once)[0]?.key).toBe(effect?.key);
    expect(effectsOf(once, new Date(once.now().getTime() - 60_000))).toEqual([]);
    const over = effectFailed(story(), maxAttempts);
    expect(namesOf(over)).toEqual([given]);
    const [record] = effectsOf(over);
    for (const told of record?.kind === 'record' ? record.events : []) over.tell(told);
    expect(effectsOf(over).map(({ key }) => key)).not.toContain(effect?.key);
  });

  it('says that an investigation which failed is not one that found nothing wrong', () => {
    const [record] = effectsOf(effectFailed(opened(), maxAttempts));
    const [told] = record?.kind === 'record' ? record.events : [];
    expect(told?.body).toMatchObject({
      investigation: { status: 'inconclusive', missing: [{ why: 'The cluster is down.' }] },
      chosen: null,
    });
  });

  it('is waited for until its time', () => {
    const story = opened();
    const notBefore = new Date(story.now().getTime() + 61_000).toISOString();
    story.tell({
      type: 'effect-failed',
      body: { key: effectsOf(story)[0]?.key ?? '', attempt: 1, code: 'x', sentence: 'No.', notBefore },
    });
    expect(effectsOf(story)).toEqual([]);
    expect(nextWake(story.state(), story.now())?.toISOString()).toBe(notBefore);
    expect(namesOf(story, new Date(notBefore))).toEqual(['investigate']);
  });
});

describe('isWanted', () => {
  it.each<[what: string, before: () => Story, then: (story: Story) => Story]>([
    ['a check of a run that was stopped', () => atTheWrite(), (it) => it.tell(stopAsked)],
    ['a question of a run that has ended', () => checked(), (it) => it.tell(ended())],
    [
      'a plan that was asked for anew',
      () => answeredWith(),
      (it) => it.tell({ type: 'run-requested', body: { signalId: 's', runbook: 'r', given: {}, requester: ann } }),
    ],
    [
      'an investigation that was asked for anew',
      () => opened(),
      (it) =>
        it.tell({
          type: 'investigation-requested',
          body: { signalId: 's', scope: { cluster: 'test' }, subject: null, requester: ann },
        }),
    ],
  ])('drops %s', (_what, before, then) => {
    const story = before();
    const key = effectsOf(story)[0]?.key ?? '';
    expect(isWanted(story.state(), key, story.now())).toBe(true);
    expect(isWanted(then(story).state(), key, story.now())).toBe(false);
  });

  it('drops an expiry when a person decided in the same moment', () => {
    const story = waiting();
    const late = new Date(Date.parse('2026-11-22T00:00:00.000Z'));
    const key = effectsOf(story, late)[0]?.key ?? '';
    expect(isWanted(story.state(), key, late)).toBe(true);
    expect(isWanted(yes(story).state(), key, late)).toBe(false);
  });

  it('keeps what became of a change, whatever was asked for meanwhile and whatever the clock says', () => {
    for (const story of [intended(), undone(), executed(), executed(undone(), 'rollback')]) {
      const key = effectsOf(story)[0]?.key ?? '';
      story.tell(stopAsked).tell(sourceEnded);
      for (const at of ['2000-01-01T00:00:00.000Z', '2100-01-01T00:00:00.000Z'])
        expect(isWanted(story.state(), key, new Date(at))).toBe(true);
    }
  });
});

describe('an object that keeps changing under its approvals', () => {
  it('is checked again as often as allowed, then a person takes over', () => {
    const story = atTheWrite();
    for (let times = 0; times <= maxSuperseded; times += 1) {
      expect(namesOf(story)).toEqual(['check-action']);
      const id = (times + 1).toString(16).padStart(32, '0');
      story.tell({ type: 'action-checked', body: { ...undoing, check: writeCheck() } });
      ask(story, 900_000, id);
      story.tell({ type: 'approval-superseded', body: { ...undoing, approval: id, why: ['It changed.'] } });
    }
    expect(endingOf(story)).toMatchObject(['stopped', expect.stringMatching(/kept changing/)]);
  });
});

describe('over every prefix of every story', () => {
  const stories: readonly [name: string, story: () => Story][] = [
    ['good', () => validated(executed()).tell(ended('succeeded'))],
    ['rolled back', () => validated(executed(undone(), 'rollback'), 'succeeded', 'rollback')],
    ['superseded and asked again', () => reasked()],
    ['rejected', () => waiting().tell(rejected)],
    ['expired', () => waiting().tell({ type: 'approval-expired', body: { approval: approvalId } })],
    ['stopped in mid-air', () => validated(executed(intended().tell(stopAsked)))],
    ['denied', () => checked(writeCheck({ verdict: denial }))],
    ['unasked', () => validated(executed(intended(clearedUnasked())))],
    ['ended by itself', () => waiting().tell(sourceEnded)],
  ];

  it.each(stories)('%s', (_name, story) => {
    let state: IncidentState | undefined;
    const executions = new Map<string, Set<string>>();
    for (const event of story().events()) {
      state = apply(state, event);
      const now = new Date(event.recordedAt);
      const effects = next(state, now);
      expect(next(structuredClone(state), now)).toEqual(effects);
      expect(new Set(effects.map(({ key }) => key)).size).toBe(effects.length);
      for (const effect of effects) {
        expect(effect.key.startsWith('INC-1/')).toBe(true);
        expectSane(effect, state, event, executions);
      }
    }
    for (const keys of executions.values()) expect(keys.size).toBe(1);
  });
});

function expectSane(effect: Effect, state: IncidentState, event: IncidentEvent, executions: Map<string, Set<string>>) {
  if (effect.kind === 'record') {
    // What is recorded can be applied, one after the other.
    let after = state;
    for (const [index, told] of effect.events.entries())
      after = apply(after, { ...event, ...told, seq: state.seq + index + 1 } as IncidentEvent);
    return;
  }
  if (effect.kind !== 'execute') return;
  const action = state.runs.at(-1)?.actions.find(({ planned: it }) => it.id === effect.action)?.state;
  expect(action?.step).toBeOneOf(effect.role === 'action' ? ['cleared', 'intended'] : ['undoing', 'undo-intended']);
  if (action?.step !== 'cleared' && action?.step !== 'intended') return;
  if (action.check.verdict.effect !== 'allow') {
    const approval = state.approvals[action.approval ?? ''];
    expect(approval?.status).toBe(action.step === 'cleared' ? 'granted' : 'consumed');
  }
  const of = action.approval ?? 'policy';
  executions.set(of, (executions.get(of) ?? new Set()).add(effect.key));
}

function reasked(): Story {
  const story = granted().tell({
    type: 'approval-superseded',
    body: { ...undoing, approval: approvalId, why: ['It changed.'] },
  });
  story.tell({ type: 'action-checked', body: { ...undoing, check: writeCheck() } });
  return ask(story, 900_000, 'b1'.repeat(16));
}

function answeredWith(): Story {
  return opened().tell({
    type: 'investigation-finished',
    body: { investigation: investigation(), chosen: 'rollout-bad-image', why: 'it fits.' },
  });
}
function answeredWithout(): Story {
  return opened().tell({
    type: 'investigation-finished',
    body: { investigation: investigation(), chosen: null, why: 'none fits.' },
  });
}

/** Status and reason of the run's end that is named. */
function endingOf(story: Story): [string, string] | undefined {
  for (const effect of effectsOf(story)) {
    const events = effect.kind === 'record' ? effect.events : [];
    for (const { type, body } of events) if (type === 'run-ended') return [body.status, body.reason];
  }
  return undefined;
}
