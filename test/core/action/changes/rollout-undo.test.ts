import { describe, expect, it } from 'vitest';
import type { WriteAction } from '../../../../src/core/action/action.ts';
import type { PreparedChange } from '../../../../src/core/action/change.ts';
import { landed, prepareChange, prepareRollback } from '../../../../src/core/action/prepare-change.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import type { Problem, Result } from '../../../../src/core/result.ts';
import { deployment, patched, replicaSet, template } from './objects.ts';

const undo: WriteAction = { kind: 'rollout-undo', target: { kind: 'Deployment', namespace: 'shop', name: 'checkout' } };
const ofTag = (tag: string) => template({ image: `shop/checkout:${tag}` });
const [v1, v2, v3] = [ofTag('v1'), ofTag('v2'), ofTag('v3')];
const history = [replicaSet(1, v1), replicaSet(3, v3), replicaSet(2, v2)];

function prepared(outcome: Result<PreparedChange, Problem>): PreparedChange {
  if (!outcome.ok) throw new Error(outcome.error.sentence);
  return outcome.value;
}

const toTemplate = ({ request }: PreparedChange) => request.patch.at(-1);

describe('preparing a rollout undo', () => {
  it('goes to the highest revision below the one that runs, with its hash label taken off', () => {
    const change = prepared(prepareChange(undo, { target: deployment(v3), replicaSets: history }));
    expect(toTemplate(change)).toEqual({ op: 'replace', path: '/spec/template', value: v2 });
  });

  it('tests uid and template before it replaces the template', () => {
    const { request } = prepared(prepareChange(undo, { target: deployment(v3), replicaSets: history }));
    expect(request).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      resource: 'deployments',
      namespace: 'shop',
      name: 'checkout',
      uid: 'uid-1',
      patch: [
        { op: 'test', path: '/metadata/uid', value: 'uid-1' },
        { op: 'test', path: '/spec/template', value: v3 },
        { op: 'replace', path: '/spec/template', value: v2 },
      ],
    });
  });

  it('goes by the template that runs, not by an annotation that the controller writes later', () => {
    const target = deployment(v3, { metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } });
    expect(toTemplate(prepared(prepareChange(undo, { target, replicaSets: history })))).toMatchObject({ value: v2 });
  });

  it('goes to the revision that is named', () => {
    const change = prepared(
      prepareChange({ ...undo, toRevision: 1 }, { target: deployment(v3), replicaSets: history }),
    );
    expect(toTemplate(change)).toMatchObject({ value: v1 });
  });

  it.each<[why: string, others: WireObject[]]>([
    ['another Deployment', [replicaSet(4, template({ image: 'x' }), { owner: 'uid-2' })]],
    ['an owner that is not the controller', [replicaSet(2.5, template({ image: 'x' }), { controller: false })]],
    ['nobody', [{ ...replicaSet(2, template({ image: 'x' })), metadata: { name: 'x', namespace: 'shop' } }]],
  ])('does not look at ReplicaSets of %s', (_why, others) => {
    const change = prepared(prepareChange(undo, { target: deployment(v3), replicaSets: [...others, ...history] }));
    expect(toTemplate(change)).toMatchObject({ value: v2 });
  });

  it('skips a revision that is being deleted or has no number', () => {
    const replicaSets = [
      replicaSet(1, v1),
      replicaSet(2, v2, { deletionTimestamp: '2026-11-20T00:00:00Z' }),
      replicaSet(undefined, template({ image: 'shop/checkout:v0' })),
      replicaSet('many', template({ image: 'shop/checkout:v9' })),
      replicaSet(3, v3),
    ];
    expect(toTemplate(prepared(prepareChange(undo, { target: deployment(v3), replicaSets })))).toMatchObject({
      value: v1,
    });
  });

  it('reaches one object and all its pods', () => {
    const { blastRadius } = prepared(prepareChange(undo, { target: deployment(v3), replicaSets: history }));
    expect(blastRadius).toEqual({
      objects: 1,
      pods: 3,
      summary:
        'Deployment shop/checkout: its 3 pods are replaced step by step, at most 25% unavailable (maxUnavailable) and 25% extra (maxSurge).',
    });
  });

  it.each<[spec: object, says: RegExp, pods: number]>([
    [{ strategy: { type: 'Recreate' } }, /stopped before new ones start/, 3],
    [{ replicas: 1 }, /its 1 pod is replaced/, 1],
    [{ replicas: 0 }, /scaled to 0/, 0],
    [{ strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }, /at most 0 unavailable .* 1 extra/, 3],
    [{ strategy: undefined, replicas: undefined }, /its 1 pod is replaced step by step, at most 25%/, 1],
  ])('says how pods are replaced (%j)', (spec, says, pods) => {
    const { blastRadius } = prepared(prepareChange(undo, { target: deployment(v3, { spec }), replicaSets: history }));
    expect(blastRadius.summary).toMatch(says);
    expect(blastRadius.pods).toBe(pods);
  });

  it.each<[spec: object, replicaSets: WireObject[], possible: boolean, says: RegExp]>([
    [{}, history, true, /image shop\/checkout:v3 .* revision 3, ReplicaSet checkout-h3/],
    [{ revisionHistoryLimit: 0 }, history, false, /revisionHistoryLimit is 0/],
    [{}, history.slice(0, 1), false, /No ReplicaSet holds the template/],
  ])('says how it would be undone (%#)', (spec, replicaSets, possible, says) => {
    const change = prepared(
      prepareChange({ ...undo, toRevision: 1 }, { target: deployment(v3, { spec }), replicaSets }),
    );
    expect(change.rollback.possible).toBe(possible);
    expect(JSON.stringify(change.rollback)).toMatch(says);
  });

  it.each<[code: string, why: string, action: object, target: WireObject, replicaSets: WireObject[], says: RegExp]>([
    ['change.paused', 'a paused rollout', undo, deployment(v3, { spec: { paused: true } }), history, /paused/],
    ['change.no-revision', 'the first revision', undo, deployment(v1), [replicaSet(1, v1)], /no revision before 1/],
    [
      'change.no-revision',
      'no ReplicaSets and a named revision',
      { ...undo, toRevision: 2 },
      deployment(v3),
      [],
      /has: none/,
    ],
    [
      'change.no-revision',
      'a revision that is gone',
      { ...undo, toRevision: 7 },
      deployment(v3),
      history,
      /has: 3, 2, 1/,
    ],
    [
      'change.no-change',
      'the revision that runs',
      { ...undo, toRevision: 3 },
      deployment(v3),
      history,
      /already runs .* revision 3/,
    ],
    [
      'change.not-settled',
      'a template that is no revision yet',
      undo,
      deployment(template({ image: 'new' })),
      history,
      /not recorded/,
    ],
    [
      'change.not-settled',
      'a current revision without a number',
      undo,
      deployment(v3),
      [replicaSet(undefined, v3), replicaSet(1, v1)],
      /not recorded/,
    ],
    [
      'change.wrong-target',
      'another object',
      undo,
      deployment(v3, { metadata: { name: 'cart' } }),
      history,
      /shop\/cart was read/,
    ],
    ['change.wrong-target', 'another kind', undo, { ...deployment(v3), kind: 'StatefulSet' }, history, /StatefulSet/],
    ['change.wrong-target', 'another API', undo, { ...deployment(v3), apiVersion: 'x/v1' }, history, /x\/v1/],
    [
      'change.wrong-target',
      'an object that is going away',
      undo,
      deployment(v3, { metadata: { deletionTimestamp: 'x' } }),
      history,
      /being deleted/,
    ],
    [
      'change.unreadable',
      'an object without a uid',
      undo,
      deployment(v3, { metadata: { uid: undefined } }),
      history,
      /metadata\.uid/,
    ],
    [
      'change.unreadable',
      'an object without a template',
      undo,
      deployment(v3, { spec: { template: null } }),
      history,
      /spec\.template/,
    ],
    [
      'change.unreadable',
      'replicas as text',
      undo,
      deployment(v3, { spec: { replicas: '3' } }),
      history,
      /spec\.replicas/,
    ],
  ])('refuses with %s for %s', (code, _why, action, target, replicaSets, says) => {
    const outcome = prepareChange(action as WriteAction, { target, replicaSets });
    if (outcome.ok) throw new Error('it was prepared');
    expect(outcome.error.code).toBe(code);
    expect(outcome.error.sentence).toMatch(says);
    expect(outcome.error.sentence).toMatch(/Nothing was changed/);
  });

  it('guards the template and the revision it goes back to, and nothing else', () => {
    const { guard } = prepared(prepareChange(undo, { target: deployment(v3), replicaSets: history }));
    expect(guard.map(({ path }) => path)).toEqual(['/spec/template', 'target-revision:/spec/template']);
    expect(guard.map(({ summary }) => summary.replace(/[0-9a-f]{8}\)/, '…)'))).toEqual([
      'image shop/checkout:v3 (template …)',
      'revision 2, image shop/checkout:v2 (template …)',
    ]);
  });

  it('is the same change after status writes, new annotations, another order of keys and another scale', () => {
    const first = prepared(prepareChange(undo, { target: deployment(v3), replicaSets: history }));
    const { metadata, spec } = v3 as { metadata: object; spec: object };
    const target = deployment(
      { spec, metadata },
      {
        metadata: { resourceVersion: '999', generation: 4, annotations: { touched: 'yes' } },
        status: { replicas: 1 },
        spec: { replicas: 5 },
      },
    );
    const second = prepared(prepareChange(undo, { target, replicaSets: [...history].reverse() }));
    expect({ ...second, blastRadius: null }).toEqual({ ...first, blastRadius: null });
  });

  it('captures digests and words, never the template, which may hold secrets', () => {
    const secret = template({ env: [{ name: 'TOKEN', value: 'hunter2' }] });
    const change = prepared(
      prepareChange(undo, { target: deployment(secret), replicaSets: [replicaSet(1, v1), replicaSet(2, secret)] }),
    );
    expect(change.captured).toEqual({
      kind: 'template',
      beforeDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      beforeSummary: expect.stringContaining('image shop/checkout:v1'),
      revision: '2',
      appliedDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const { request: _request, ...told } = change;
    expect(JSON.stringify(told)).not.toContain('hunter2');
  });
});

describe('rolling an undo back', () => {
  const change = prepared(prepareChange(undo, { target: deployment(v3), replicaSets: history }));
  const after = patched(deployment(v3), change.request.patch);
  // The controller renumbers the ReplicaSet that runs again.
  const historyAfter = [replicaSet(1, v1), replicaSet(4, v2), replicaSet(3, v3)];

  it('puts the template from before back, found by its digest', () => {
    const rollback = prepared(prepareRollback(undo, change.captured, { target: after, replicaSets: historyAfter }));
    expect(patched(after, rollback.request.patch)).toEqual(deployment(v3));
    expect(rollback.rollback).toEqual({ possible: false, why: 'A rollback is not itself rolled back.' });
    expect(landed(undo, rollback.captured, { target: after })).toBe('not-applied');
    expect(landed(undo, rollback.captured, { target: deployment(v3) })).toBe('applied');
  });

  it.each<[code: string, why: string, target: WireObject, replicaSets: WireObject[]]>([
    ['change.moved-on', 'somebody changed the template since', deployment(v1), historyAfter],
    ['change.no-change', 'it is back already', deployment(v3), historyAfter],
    ['change.no-revision', 'the ReplicaSet is gone', after, historyAfter.slice(0, 2)],
    [
      'change.paused',
      'the rollout was paused since',
      { ...after, ...deployment(v2, { spec: { paused: true } }) },
      historyAfter,
    ],
    [
      'change.wrong-target',
      'the object is going away',
      deployment(v2, { metadata: { deletionTimestamp: 'x' } }),
      historyAfter,
    ],
  ])('refuses with %s when %s', (code, _why, target, replicaSets) => {
    expect(prepareRollback(undo, change.captured, { target, replicaSets })).toMatchObject({
      ok: false,
      error: { code },
    });
  });

  it('refuses what was captured from another action', () => {
    const captured = { kind: 'resources', container: 'app', before: null, appliedDigest: 'x' } as const;
    expect(prepareRollback(undo, captured, { target: after, replicaSets: historyAfter })).toMatchObject({ ok: false });
  });

  it.each<[outcome: string, target: WireObject, uid: string | undefined]>([
    ['applied', after, 'uid-1'],
    ['not-applied', deployment(v3), 'uid-1'],
    ['cannot-tell', deployment(v1), 'uid-1'],
    ['cannot-tell', after, 'uid-of-a-former-one'],
    ['cannot-tell', deployment(v2, { spec: { template: null } }), undefined],
    ['applied', after, undefined],
  ])('after a crash says %s (%#)', (outcome, target, uid) => {
    expect(landed(undo, change.captured, uid === undefined ? { target } : { target, uid })).toBe(outcome);
  });
});
