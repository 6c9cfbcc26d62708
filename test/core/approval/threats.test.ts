import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeRequest } from '../../../src/core/action/change.ts';
import { type ApprovalScope, approvalDigest } from '../../../src/core/approval/approval-digest.ts';
import { AuthorizedAction, authorize, mayIntend } from '../../../src/core/approval/authorize.ts';
import { type Click, decideClick } from '../../../src/core/approval/decide-click.ts';
import { missingApprovals } from '../../../src/core/approval/quorum.ts';
import { digestOf } from '../../../src/core/digest.ts';
import type { ActionCheck } from '../../../src/core/incident/events.ts';
import type { Requirement } from '../../../src/core/policy/verdict.ts';
import { allow, ann, askFor, denial, lena, lukas, plan, undoStep, writeCheck } from '../../support/incident-facts.ts';
import {
  approvalId,
  clearedUnasked,
  executed,
  granted,
  intended,
  runId,
  type Story,
  undoing,
  validated,
  waiting,
  yes,
} from '../../support/incident-story.ts';

const request: ChangeRequest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespace: 'shop',
  name: 'checkout',
  uid: 'uid-1',
  patch: [
    { op: 'test', path: '/metadata/uid', value: 'uid-1' },
    { op: 'replace', path: '/spec/template', value: { spec: { containers: [{ image: 'shop/checkout:v1' }] } } },
  ],
};
const forward = { ...undoing, role: 'action' } as const;
const back = { ...undoing, role: 'rollback' } as const;

function click(more: Partial<Click> = {}): Click {
  return {
    approval: approvalId,
    decision: 'approve',
    person: lena,
    groups: ['sre-leads'],
    at: null,
    reason: '',
    typed: null,
    ...more,
  };
}
const decide = (story: Story, more: Partial<Click> = {}, now = story.now()) =>
  decideClick(story.state(), click(more), 'checkout', now);
const pastEnd = (story: Story, ms: number) =>
  new Date(Date.parse(story.state().approvals[approvalId]?.expiresAt ?? '') + ms);
const asking = (...require: Requirement[]) => writeCheck({ verdict: askFor(require) });
const may = (story: Story, fresh: ActionCheck = writeCheck(), now = story.now()) =>
  mayIntend(story.state(), forward, fresh, now);

describe('T3: double clicks and two approvers', () => {
  it.each<[what: string, story: () => Story, sentence: RegExp]>([
    ['granted', () => granted(), /Already approved by Lena/],
    ['consumed', () => intended(), /Already approved by Lena/],
    [
      'rejected',
      () => waiting().tell({ type: 'approval-rejected', body: { approval: approvalId, by: lukas, reason: '' } }),
      /Already rejected by Lukas/,
    ],
    ['expired', () => waiting().tell({ type: 'approval-expired', body: { approval: approvalId } }), /ran out/],
    [
      'superseded',
      () => granted().tell({ type: 'approval-superseded', body: { ...undoing, approval: approvalId, why: ['x'] } }),
      /newer card/,
    ],
    [
      'revoked',
      () => waiting().tell({ type: 'approval-revoked', body: { approval: approvalId, why: 'x' } }),
      /run ended/,
    ],
  ])('T3: a click on what is %s changes nothing and is answered', (_what, story, sentence) => {
    for (const decision of ['approve', 'reject'] as const) {
      const { events, answer } = decide(story(), { decision, person: lukas });
      expect(events.map(({ type }) => type)).toEqual(['approval-refused']);
      expect(answer).toMatchObject({ code: 'approval.already-decided', sentence: expect.stringMatching(sentence) });
    }
  });

  it('T3: the second yes of one person is not a second person', () => {
    const story = yes(waiting(asking({ group: 'sre-leads', count: 2 })));
    expect(decide(story).answer.code).toBe('approval.already-counted');
    expect(decide(story, { person: lukas }).answer.code).toBe('approval.granted');
  });
});

describe('T4: a click is never silent', () => {
  it.each(['', 'b'.repeat(32), '__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'T4: an unknown id (%j) is answered, and nothing happens',
    (approval) => {
      const { events, answer } = decide(waiting(), { approval });
      expect(events).toEqual([]);
      expect(answer).toMatchObject({ code: 'approval.unknown', sentence: expect.stringMatching(/Nothing was done/) });
    },
  );
});

describe('T5: what was approved is what runs', () => {
  const scope: ApprovalScope = {
    incident: 'INC-1',
    run: runId,
    runbookDigest: 'b'.repeat(64),
    planned: undoStep,
    check: writeCheck(),
    expiresAt: '2026-11-21T04:00:00.000Z',
  };
  const target = writeCheck().target;
  if (target === null) throw new Error('no target');
  const withCheck = (more: Partial<ActionCheck>): ApprovalScope => ({ ...scope, check: writeCheck(more) });
  const mutations: [field: string, scope: ApprovalScope][] = [
    ['the incident', { ...scope, incident: 'INC-2' }],
    ['the run', { ...scope, run: 'run-2' }],
    ['the action', { ...scope, planned: { ...undoStep, id: 'undo-2' } }],
    [
      'an argument',
      { ...scope, planned: { ...undoStep, action: { kind: 'rollout-undo', target: undoTarget(), toRevision: 1 } } },
    ],
    ['the cluster', withCheck({ cluster: 'production' })],
    ['the uid of the target', withCheck({ target: { ...target, uid: 'uid-2' } })],
    ['the name of the target', withCheck({ target: { ...target, name: 'cart' } })],
    ['the namespace of the target', withCheck({ target: { ...target, namespace: 'bank' } })],
    ['the request', withCheck({ requestDigest: 'f'.repeat(64) })],
    ['a guarded field', withCheck({ guard: [{ path: '/spec/template', digest: '9'.repeat(64), summary: '' }] })],
    ['a guard that is missing', withCheck({ guard: [] })],
    ['whether it is rolled back', { ...scope, planned: { ...undoStep, rollback: 'none' } }],
    ['how it is rolled back', withCheck({ rollback: { possible: false, why: 'no history' } })],
    [
      'the state before',
      withCheck({
        captured: {
          kind: 'template',
          beforeDigest: 'x',
          beforeSummary: '',
          revision: '2',
          appliedDigest: '2'.repeat(64),
        },
      }),
    ],
    ['the runbook', { ...scope, runbookDigest: '0'.repeat(64) }],
    ['the policy', withCheck({ policyDigest: '0'.repeat(64) })],
    ['the end of the offer', { ...scope, expiresAt: '2026-11-21T04:00:00.001Z' }],
    ['that there is an end', { ...scope, expiresAt: null }],
  ];

  it.each(mutations)('T5: another digest when %s is another', (_field, mutated) => {
    expect(approvalDigest(mutated)).not.toBe(approvalDigest(scope));
  });

  it('T5: no two of these share a digest', () => {
    const digests = [scope, ...mutations.map(([, mutated]) => mutated)].map(approvalDigest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('T5: the words for people are not what is approved', () => {
    const { guard } = writeCheck();
    const reworded = withCheck({ change: ['other words'], guard: guard.map((field) => ({ ...field, summary: 'x' })) });
    expect(approvalDigest(reworded)).toBe(approvalDigest(scope));
  });

  it.each<[field: string, fresh: Partial<ActionCheck>]>([
    ['the cluster', { cluster: 'production' }],
    ['the uid', { target: { ...target, uid: 'uid-2' } }],
    ['the name', { target: { ...target, name: 'cart' } }],
    ['the request', { requestDigest: 'f'.repeat(64) }],
    ['a guarded field', { guard: [{ path: '/spec/template', digest: '9'.repeat(64), summary: 'image :v3' }] }],
    ['the rollback', { rollback: { possible: false, why: 'no history' } }],
    ['the state before', { captured: null }],
    ['the policy', { policyDigest: '0'.repeat(64) }],
  ])('T5: refused at execution when %s is not what was approved, approved or allowed', (_field, fresh) => {
    expect(may(granted(), writeCheck(fresh))).toMatchObject({ ok: false, error: { code: 'approval.superseded' } });
    const unasked = writeCheck({ ...fresh, verdict: allow });
    expect(may(clearedUnasked(), unasked)).toMatchObject({ ok: false, error: { code: 'approval.superseded' } });
  });

  it('T5: passes when nothing is another', () => {
    const story = granted();
    expect(may(story)).toEqual({
      ok: true,
      value: {
        digest: story.state().approvals[approvalId]?.digest,
        requestDigest: 'a'.repeat(64),
        approval: approvalId,
      },
    });
    expect(may(clearedUnasked(), writeCheck({ verdict: allow }))).toMatchObject({
      ok: true,
      value: { approval: null },
    });
  });

  it('T5: a request that is not the intended one is not authorised', () => {
    const story = withIntent(request);
    expect(authorize(story.state(), forward, request).ok).toBe(true);
    for (const other of [
      { ...request, name: 'cart' },
      { ...request, patch: request.patch.slice(1) },
    ])
      expect(authorize(story.state(), forward, other)).toMatchObject({
        ok: false,
        error: { code: 'approval.superseded' },
      });
  });

  it('T5: what was authorised cannot be changed afterwards', () => {
    const mine = structuredClone(request);
    const authorized = authorize(withIntent(request).state(), forward, mine);
    if (!authorized.ok) throw new Error('refused');
    Object.assign(mine, { name: 'cart' });
    (mine.patch as unknown[]).push({ op: 'remove', path: '/spec' });
    const { permit } = authorized.value;
    expect(permit.request).toEqual(request);
    expect(() => Object.assign(permit.request, { name: 'cart' })).toThrow(TypeError);
    expect(() => (permit.request.patch as unknown[]).push('x')).toThrow(TypeError);
    expect(() => Object.assign(permit, { request: mine })).toThrow(TypeError);
  });
});

describe('T5: nobody but authorize() makes an AuthorizedAction', () => {
  const outcome = authorize(withIntent(request).state(), forward, request);
  if (!outcome.ok) throw new Error('refused');
  const genuine = outcome.value;

  it('T5: the genuine one is', () => {
    expect(AuthorizedAction.isGenuine(genuine)).toBe(true);
  });

  it.each<[how: string, forged: unknown]>([
    ['a structural copy', { permit: genuine.permit }],
    ['a spread', { ...genuine }],
    ['JSON', JSON.parse(JSON.stringify({ permit: genuine.permit }))],
    ['a structured clone', structuredClone(genuine)],
    ['an object of its prototype', Object.create(AuthorizedAction.prototype)],
    ['an object that inherits from it', Object.create(genuine)],
    ['a changed prototype', Object.setPrototypeOf({ permit: genuine.permit }, AuthorizedAction.prototype)],
    ['a proxy', new Proxy(genuine, {})],
    ['its own class', AuthorizedAction],
    ['null', null],
    ['a text', 'authorized'],
  ])('T5: %s is not', (_how, forged) => {
    expect(AuthorizedAction.isGenuine(forged)).toBe(false);
  });

  it.each([Symbol('authorize'), Symbol.for('authorize'), 'authorize', undefined])(
    'T5: its constructor refuses the key %s',
    (key) => {
      expect(() => new AuthorizedAction(key as symbol, genuine.permit)).toThrow(TypeError);
    },
  );

  it('T5: a subclass cannot slip past the key', () => {
    class Forged extends AuthorizedAction {
      constructor() {
        super(Symbol('authorize'), genuine.permit);
      }
    }
    expect(() => new Forged()).toThrow(TypeError);
  });

  it.each<[state: string, story: () => Story]>([
    ['asked', () => waiting()],
    ['granted and not announced', () => granted()],
    ['made', () => executed(withIntent(request))],
    [
      'void',
      () =>
        withIntent(request).tell({
          type: 'approval-superseded',
          body: { ...undoing, approval: approvalId, why: ['x'] },
        }),
    ],
  ])('T5: there is none for a change that is %s', (_state, story) => {
    expect(authorize(story().state(), forward, request)).toMatchObject({ ok: false, error: { code: 'run.not-ready' } });
    expect(authorize(story().state(), back, request)).toMatchObject({ ok: false, error: { code: 'run.not-ready' } });
  });

  it('T5: the intent of the change is none for its rollback, or for another run or action', () => {
    const state = withIntent(request).state();
    for (const about of [back, { ...forward, run: 'run-2' }, { ...forward, action: 'look' }])
      expect(authorize(state, about, request).ok).toBe(false);
  });
});

describe('T7: the requester never counts', () => {
  it('T7: may not approve, and the card stays open for others', () => {
    const story = waiting(writeCheck(), ann);
    const own = decide(story, { person: ann });
    expect(own.answer.code).toBe('approval.own-request');
    expect(own.events.map(({ type }) => type)).toEqual(['approval-refused']);
    expect(decide(story).answer.code).toBe('approval.granted');
  });

  it('T7: may take the own request back', () => {
    expect(decide(waiting(writeCheck(), ann), { person: ann, decision: 'reject', groups: [] }).answer.code).toBe(
      'approval.rejected',
    );
  });

  it('T7: is known by id, whatever the name says', () => {
    expect(decide(waiting(writeCheck(), ann), { person: { ...ann, name: 'Lena' } }).answer.code).toBe(
      'approval.own-request',
    );
  });

  it('T7: does not count towards a quorum of two, even when a yes of theirs was recorded', () => {
    const story = waiting(asking({ group: 'sre-leads', count: 2 }), ann);
    yes(yes(story, ann), lena);
    expect(story.state().approvals[approvalId]?.status).toBe('pending');
    expect(decide(story, { person: lukas }).answer.code).toBe('approval.granted');
  });

  it('T7: nor towards any of several groups', () => {
    const two = [
      { group: 'sre-leads', count: 1 },
      { group: 'db-leads', count: 1 },
    ];
    const by = (id: string, ...groups: string[]) => ({ by: { id }, groups });
    expect(missingApprovals(two, [by('ann', 'sre-leads', 'db-leads')], 'ann')).toEqual(two);
    expect(missingApprovals(two, [by('lena', 'sre-leads'), by('ann', 'db-leads')], 'ann')).toEqual([two[1]]);
    expect(missingApprovals(two, [by('lena', 'sre-leads', 'db-leads')], 'ann')).toEqual([]);
  });

  it('T7: no set of clicks without enough other people is ever enough', () => {
    const people = fc.constantFrom('ann', 'lena', 'lukas', 'mia');
    const given = fc.array(fc.record({ by: fc.record({ id: people }), groups: fc.subarray(['a', 'b', 'c']) }));
    const require = fc.array(fc.record({ group: fc.constantFrom('a', 'b'), count: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(given, require, (yeses, requirements) => {
        if (missingApprovals(requirements, yeses, 'ann').length > 0) return;
        for (const { group, count } of requirements) {
          const others = new Set(
            yeses.filter(({ by, groups }) => by.id !== 'ann' && groups.includes(group)).map(({ by }) => by.id),
          );
          expect(others.size).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });
});

describe('T8: only members of the groups decide', () => {
  it.each<[who: string, more: Partial<Click>, code: string]>([
    ['nobody', { groups: [] }, 'approval.not-allowed'],
    ['a member of another group', { groups: ['kitchen'] }, 'approval.not-allowed'],
    ['somebody whose groups cannot be read', { groups: null }, 'approval.groups-unreadable'],
  ])('T8: not %s, neither yes nor no', (_who, more, code) => {
    for (const decision of ['approve', 'reject'] as const) {
      const { events, answer } = decide(waiting(), { ...more, decision });
      expect([answer.code, events.map(({ type }) => type)]).toEqual([code, ['approval-refused']]);
    }
  });

  it('T8: a group that cannot be read keeps even its members and the requester out', () => {
    expect(decide(waiting(writeCheck(), ann), { person: ann, decision: 'reject', groups: null }).answer.code).toBe(
      'approval.groups-unreadable',
    );
  });

  it('T8: a yes is counted for the groups of that moment only', () => {
    const story = waiting(asking({ group: 'sre-leads', count: 1 }, { group: 'db-leads', count: 1 }));
    const first = decide(story, { groups: ['sre-leads'] });
    expect(first.answer).toMatchObject({ code: 'approval.counted', sentence: expect.stringMatching(/1 of db-leads/) });
    yes(story, lena, ['sre-leads']);
    expect(decide(story, { person: lukas, groups: ['sre-leads'] }).answer.code).toBe('approval.counted');
    expect(decide(story, { person: lukas, groups: ['db-leads'] }).answer.code).toBe('approval.granted');
  });
});

describe('T10: a target that is another one now', () => {
  const { target } = writeCheck();
  if (target === null) throw new Error('no target');
  const recreated = { target: { ...target, uid: 'uid-2' } };

  it('T10: created again under the same name: void, and why', () => {
    expect(may(granted(), writeCheck(recreated))).toMatchObject({
      ok: false,
      error: { code: 'approval.superseded', why: [expect.stringMatching(/deleted and created again/)] },
    });
  });

  it('T10: is not rolled back either', () => {
    const story = validated(executed(), 'failed');
    const ask = (fresh: ActionCheck) => mayIntend(story.state(), back, fresh, story.now());
    expect(ask(writeCheck()).ok).toBe(true);
    expect(ask(writeCheck(recreated))).toMatchObject({ ok: false, error: { code: 'approval.superseded' } });
    expect(ask(writeCheck({ cluster: 'production' }))).toMatchObject({ ok: false });
  });

  it('T10: says which guarded field is not as it was', () => {
    const guard = [{ path: '/spec/template', digest: '9'.repeat(64), summary: 'image shop/checkout:v3' }];
    const refused = may(granted(), writeCheck({ guard }));
    expect(refused.ok ? '' : refused.error.why.join(' ')).toMatch(/v2.*v3/);
  });
});

describe('T11 and T12: an approval ends', () => {
  it.each([0, 1, 1_000, 86_400_000])('T11: at a click %i ms after its end', (ms) => {
    const { events, answer } = decide(waiting(), {}, pastEnd(waiting(), ms));
    expect(answer).toMatchObject({ code: 'approval.expired', sentence: expect.stringMatching(/Nothing was done/) });
    expect(events.map(({ type }) => type)).toEqual(['approval-refused']);
  });

  it('T11: not a millisecond before', () => {
    expect(decide(waiting(), {}, pastEnd(waiting(), -1)).answer.code).toBe('approval.granted');
  });

  it('T11: and again when it is used', () => {
    expect(may(granted(), writeCheck(), pastEnd(granted(), -1)).ok).toBe(true);
    for (const ms of [0, 1_000])
      expect(may(granted(), writeCheck(), pastEnd(granted(), ms))).toMatchObject({
        ok: false,
        error: { code: 'approval.expired' },
      });
  });

  it('T12: a time that has passed never lets anything run', () => {
    expect(may(waiting(), writeCheck(), pastEnd(waiting(), 1_000))).toMatchObject({ ok: false });
  });
});

describe('T13: what a button carries is not trusted', () => {
  const carded = () =>
    waiting().tell({
      type: 'message-posted',
      body: { key: 'k', what: 'card', approval: approvalId, channel: 'C-OPS', ts: '1.2' },
    });
  it.each([
    { channel: 'C-ELSE', ts: '1.2' },
    { channel: 'C-OPS', ts: '1.3' },
  ])('T13: a button copied to %j decides nothing', (at) => {
    const { events, answer } = decide(carded(), { at });
    expect([answer.code, events.map(({ type }) => type)]).toEqual(['approval.misplaced', ['approval-refused']]);
  });

  it('T13: the button of the card does', () => {
    expect(decide(carded(), { at: { channel: 'C-OPS', ts: '1.2' } }).answer.code).toBe('approval.granted');
  });
});

describe('T14: a typed confirmation', () => {
  const typedCheck = writeCheck({ verdict: askFor([{ group: 'sre-leads', count: 1 }], { typedConfirmation: true }) });
  it.each([null, '', 'Checkout', 'checkout ', 'cart'])('T14: %j is not the name of the target', (typed) => {
    expect(decide(waiting(typedCheck), { typed }).answer.code).toBe('approval.not-confirmed');
  });

  it('T14: the name is; a rejection needs none', () => {
    expect(decide(waiting(typedCheck), { typed: 'checkout' }).answer.code).toBe('approval.granted');
    expect(decide(waiting(typedCheck), { decision: 'reject' }).answer.code).toBe('approval.rejected');
  });
});

describe('T16: policy changes between yes and run', () => {
  it.each<[change: string, fresh: Partial<ActionCheck>, code: string]>([
    ['denies now', { verdict: denial }, 'policy.denied'],
    ['is another bundle', { policyDigest: '0'.repeat(64) }, 'approval.superseded'],
    ['asks for more people', { verdict: askFor([{ group: 'sre-leads', count: 2 }]) }, 'approval.superseded'],
    ['asks another group', { verdict: askFor([{ group: 'db-leads', count: 1 }]) }, 'approval.superseded'],
    ['asks that the name be typed', { verdict: askFor(undefined, { typedConfirmation: true }) }, 'approval.superseded'],
  ])('T16: refused when it %s', (_change, fresh, code) => {
    expect(may(granted(), writeCheck(fresh))).toMatchObject({ ok: false, error: { code } });
  });

  it('T16: what was allowed unasked needs people now', () => {
    expect(may(clearedUnasked(), writeCheck())).toMatchObject({
      ok: false,
      error: {
        code: 'approval.superseded',
        why: [expect.stringMatching(/asks for an approval now/), expect.any(String)],
      },
    });
  });

  it('T16: a policy that became milder does not undo the question', () => {
    const milder = may(granted(), writeCheck({ verdict: allow }));
    expect(milder).toMatchObject({ ok: true, value: { approval: approvalId } });
  });

  it.each<[change: string, fresh: Partial<ActionCheck>]>([
    ['denies', { verdict: denial }],
    ['asks for more people', { verdict: askFor([{ group: 'sre-leads', count: 2 }]) }],
    ['asks that the name be typed', { verdict: askFor(undefined, { typedConfirmation: true }) }],
  ])('T16: a rollback is not sent when policy %s now', (_change, fresh) => {
    const story = validated(executed(), 'failed');
    expect(mayIntend(story.state(), back, writeCheck(fresh), story.now())).toMatchObject({
      ok: false,
      error: { code: 'policy.denied' },
    });
  });
});

describe('T22: prose never acts', () => {
  it('T22: another runbook text is another digest, and the yes to the first does not cover it', () => {
    const story = granted();
    const run = story.state().runs[0];
    if (run === undefined) throw new Error('no run');
    const swapped = { ...run, plan: plan(undefined, { runbook: { ...run.plan.runbook, digest: '0'.repeat(64) } }) };
    const state = { ...story.state(), runs: [swapped] };
    expect(mayIntend(state, forward, writeCheck(), story.now())).toMatchObject({
      ok: false,
      error: { code: 'approval.superseded' },
    });
  });

  it('T22: a step for people has no change that could be intended', () => {
    const state = granted().state();
    const nothing = writeCheck({ requestDigest: null });
    expect(mayIntend(state, forward, nothing, new Date())).toMatchObject({
      ok: false,
      error: { code: 'run.not-ready' },
    });
  });
});

describe('a change may not be intended', () => {
  it.each<[why: string, story: () => Story]>([
    ['when nobody decided', () => waiting()],
    ['twice', () => intended()],
    [
      'when somebody asked to stop',
      () => granted().tell({ type: 'run-stop-requested', body: { run: runId, signalId: 's', by: ann } }),
    ],
    [
      'when the alert has ended',
      () =>
        granted().tell({
          type: 'signal-joined',
          body: { signalId: 's', status: 'resolved', group: 'group-1', alerts: [], summary: 'it ended' },
        }),
    ],
    [
      'when the run has ended',
      () => granted().tell({ type: 'run-ended', body: { run: runId, status: 'stopped', reason: 'x' } }),
    ],
  ])('%s', (_why, story) => {
    expect(may(story())).toMatchObject({ ok: false, error: { code: 'run.not-ready' } });
  });

  it('for another run', () => {
    const story = granted();
    expect(mayIntend(story.state(), { ...forward, run: 'run-2' }, writeCheck(), story.now()).ok).toBe(false);
  });
});

function undoTarget() {
  return { kind: 'Deployment', namespace: 'shop', name: 'checkout' } as const;
}

/** A story with a durable intent for exactly this request. */
function withIntent(of: ChangeRequest): Story {
  const story = granted(writeCheck({ requestDigest: digestOf(of) }));
  const digest = story.state().approvals[approvalId]?.digest ?? '';
  const body = { ...forward, digest, requestDigest: digestOf(of), approval: approvalId, summary: 'Undo' };
  return story.tell({ type: 'action-intended', body });
}
