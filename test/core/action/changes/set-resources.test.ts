import { describe, expect, it } from 'vitest';
import type { WriteAction } from '../../../../src/core/action/action.ts';
import type { PreparedChange } from '../../../../src/core/action/change.ts';
import { describeDrift, landed, prepareChange, prepareRollback } from '../../../../src/core/action/prepare-change.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import type { Problem, Result } from '../../../../src/core/result.ts';
import { deployment, patched, template } from './objects.ts';

type SetResources = Extract<WriteAction, { kind: 'set-resources' }>;
const more: SetResources = {
  kind: 'set-resources',
  target: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  container: 'app',
  limits: { memory: '256Mi' },
};
const small = { limits: { memory: '128Mi', cpu: '500m' }, requests: { memory: '64Mi' } };
const live = (resources?: unknown, spec: object = {}) => ({
  target: deployment(template({ resources, ...spec })),
  replicaSets: [],
});

function prepared(outcome: Result<PreparedChange, Problem>): PreparedChange {
  if (!outcome.ok) throw new Error(outcome.error.sentence);
  return outcome.value;
}

describe('preparing new resources', () => {
  it('changes what it names and leaves the rest, under tests of uid, name and resources', () => {
    const { request } = prepared(prepareChange(more, live(small)));
    const path = '/spec/template/spec/containers/0';
    expect(request.patch).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'uid-1' },
      { op: 'test', path: `${path}/name`, value: 'app' },
      { op: 'test', path: `${path}/resources`, value: small },
      {
        op: 'replace',
        path: `${path}/resources`,
        value: { limits: { memory: '256Mi', cpu: '500m' }, requests: { memory: '64Mi' } },
      },
    ]);
  });

  it('keeps claims', () => {
    const { request } = prepared(prepareChange(more, live({ ...small, claims: [{ name: 'gpu' }] })));
    expect(request.patch.at(-1)).toMatchObject({ value: { claims: [{ name: 'gpu' }] } });
  });

  it('finds the container by its name, also among init containers', () => {
    const spec = {
      containers: [{ name: 'proxy' }, { name: 'app', resources: {} }],
      initContainers: [{ name: 'setup', resources: {} }],
    };
    const target = { target: deployment(template(spec)), replicaSets: [] };
    const second = prepared(prepareChange(more, target));
    expect(second.request.patch.at(-1)).toMatchObject({ path: '/spec/template/spec/containers/1/resources' });
    const init = prepared(prepareChange({ ...more, container: 'setup' }, target));
    expect(init.request.patch.at(-1)).toMatchObject({ path: '/spec/template/spec/initContainers/0/resources' });
  });

  it('tests the whole container where resources are absent, which JSON Patch cannot test', () => {
    const bare = { target: deployment(template({ containers: [{ name: 'app', image: 'a' }] })), replicaSets: [] };
    const { request, captured } = prepared(prepareChange(more, bare));
    const path = '/spec/template/spec/containers/0';
    expect(request.patch.slice(2)).toEqual([
      { op: 'test', path, value: { name: 'app', image: 'a' } },
      { op: 'add', path: `${path}/resources`, value: { limits: { memory: '256Mi' } } },
    ]);
    expect(captured).toMatchObject({ before: null });
    expect(patched(bare.target, request.patch)).toMatchObject({
      spec: { template: { spec: { containers: [{ resources: { limits: { memory: '256Mi' } } }] } } },
    });
  });

  it('says in lines what changes, and the state to go back to', () => {
    const change = prepared(
      prepareChange({ ...more, limits: { memory: '256Mi' }, requests: { memory: '128Mi', cpu: '100m' } }, live(small)),
    );
    expect(change.change).toEqual([
      'app: memory limit 128Mi → 256Mi',
      'app: cpu request none → 100m',
      'app: memory request 64Mi → 128Mi',
    ]);
    expect(change.rollback).toEqual({
      possible: true,
      summary: 'Set the resources of app back to limits cpu 500m, memory 128Mi; requests memory 64Mi.',
    });
    expect(change.blastRadius).toMatchObject({ objects: 1, pods: 3 });
    expect(change.captured).toMatchObject({ kind: 'resources', container: 'app', before: small });
  });

  it.each<[code: string, why: string, action: SetResources, resources: unknown, says: RegExp]>([
    ['change.unknown-container', 'a container that is not there', { ...more, container: 'ap' }, small, /has: app/],
    [
      'change.no-change',
      'the same amount written otherwise',
      { ...more, limits: { memory: '0.125Gi' } },
      small,
      /already has/,
    ],
    ['change.no-change', 'no amounts at all', { ...more, limits: {} }, small, /already has/],
    [
      'change.bad-resources',
      'a limit below the request',
      { ...more, limits: { memory: '32Mi' } },
      small,
      /request 64Mi of memory with a limit of 32Mi.*request of at most 32Mi, or a limit of at least 64Mi/,
    ],
    [
      'change.bad-resources',
      'a request above the limit',
      { ...more, limits: {}, requests: { cpu: '2' } },
      small,
      /request 2 of cpu with a limit of 500m/,
    ],
  ])('refuses with %s for %s', (code, _why, action, resources, says) => {
    const outcome = prepareChange(action, live(resources));
    if (outcome.ok) throw new Error('it was prepared');
    expect(outcome.error.code).toBe(code);
    expect(outcome.error.sentence).toMatch(says);
    expect(outcome.error.sentence).toMatch(/Nothing was changed/);
  });

  it.each<[code: string, target: WireObject]>([
    ['change.paused', deployment(template({ resources: small }), { spec: { paused: true } })],
    ['change.unreadable', deployment(template({ containers: [] }))],
    ['change.unreadable', deployment(template({ containers: 'app' }))],
    ['change.wrong-target', deployment(template(), { metadata: { namespace: 'other' } })],
  ])('refuses with %s (%#)', (code, target) => {
    expect(prepareChange(more, { target, replicaSets: [] })).toMatchObject({ ok: false, error: { code } });
  });

  it('is guarded by the resources of that container alone', () => {
    const first = prepared(prepareChange(more, live(small)));
    const elsewhere = prepared(prepareChange(more, live(small, { image: 'shop/checkout:v9', priority: 3 })));
    expect(elsewhere.guard).toEqual(first.guard);
    const rewritten = prepared(prepareChange(more, live({ ...small, limits: { memory: '131072Ki', cpu: '0.5' } })));
    expect(describeDrift(first.guard, rewritten.guard)).toEqual([]);
    const changed = prepared(prepareChange(more, live({ limits: { memory: '200Mi' } })));
    expect(describeDrift(first.guard, changed.guard)).toEqual([
      '/spec/template/spec/containers/0/resources changed: it was app: limits cpu 500m, memory 128Mi; requests memory 64Mi, it is now app: limits memory 200Mi; requests none.',
    ]);
  });
});

describe('rolling new resources back', () => {
  const change = prepared(prepareChange({ ...more, limits: { memory: '1024Mi' } }, live(small)));
  // As the API server stores it.
  const stored = live({ ...small, limits: { cpu: '500m', memory: '1Gi' } });

  it('puts the old resources back', () => {
    const rollback = prepared(prepareRollback(more, change.captured, stored));
    expect(patched(stored.target, rollback.request.patch)).toEqual(live(small).target);
  });

  it('takes resources away again that were absent', () => {
    const bare = { target: deployment(template({ containers: [{ name: 'app' }] })), replicaSets: [] };
    const added = prepared(prepareChange(more, bare));
    const after = { target: patched(bare.target, added.request.patch), replicaSets: [] };
    const rollback = prepared(prepareRollback(more, added.captured, after));
    expect(patched(after.target, rollback.request.patch)).toEqual(bare.target);
    // The API server prints {} for absent, and takes {} for it.
    const printed = live({ limits: { memory: '256Mi' } });
    expect(prepareRollback(more, added.captured, printed)).toMatchObject({ ok: true });
  });

  it.each<[code: string, target: { target: WireObject; replicaSets: WireObject[] }]>([
    ['change.moved-on', live({ limits: { memory: '2Gi' } })],
    ['change.no-change', live(small)],
    ['change.unknown-container', { target: deployment(template({ containers: [{ name: 'web' }] })), replicaSets: [] }],
    [
      'change.paused',
      {
        target: deployment(template({ resources: { ...small, limits: { cpu: '500m', memory: '1Gi' } } }), {
          spec: { paused: true },
        }),
        replicaSets: [],
      },
    ],
  ])('refuses with %s (%#)', (code, target) => {
    expect(prepareRollback(more, change.captured, target)).toMatchObject({ ok: false, error: { code } });
  });

  it.each<[outcome: string, target: WireObject]>([
    ['applied', stored.target],
    ['not-applied', live(small).target],
    ['cannot-tell', live({ limits: { memory: '2Gi' } }).target],
    ['cannot-tell', deployment(template({ containers: [{ name: 'web' }] }))],
  ])('after a crash says %s (%#)', (outcome, target) => {
    expect(landed(more, change.captured, { target, uid: 'uid-1' })).toBe(outcome);
  });
});

describe('describeDrift', () => {
  const field = (path: string, digest: string) => ({ path, digest, summary: `${path} ${digest}` });

  it('says what is gone and what is new', () => {
    expect(describeDrift([field('/a', '1'), field('/b', '1')], [field('/b', '1'), field('/c', '1')])).toEqual([
      '/a is gone; it was /a 1.',
      '/c is new: /c 1.',
    ]);
  });
});
