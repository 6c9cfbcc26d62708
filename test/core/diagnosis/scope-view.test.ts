import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import { knownRef } from '../../../src/core/cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../../../src/core/cluster/object.ts';
import { createTopology } from '../../../src/core/cluster/topology.ts';
import { scopeViewOf } from '../../../src/core/diagnosis/scope-view.ts';
import { app, ingress, object, policy, service } from './service-path/service-objects.ts';

function has(objects: readonly WireObject[], asked: ObjectRef, other: ObjectRef): boolean {
  const view = createClusterView(objects);
  return scopeViewOf(view, createTopology(view), { object: asked })?.has(other) === true;
}

const zero = app({ name: 'checkout', replicas: 0 });
const deployment = knownRef('Deployment', 'shop', 'checkout');
const svc = service({ name: 'checkout' });
const entry = ingress({ name: 'shop', backend: 'checkout' });

describe('what one object is connected with', () => {
  it.each<[why: string, objects: WireObject[], asked: ObjectRef, other: ObjectRef]>([
    ['a Service leads to the workload whose pods it would select', [...zero, svc], refOf(svc), deployment],
    ['an Ingress leads there through its Service', [...zero, svc, entry], refOf(entry), deployment],
    ['a workload without pods knows the Service that would lead to it', [...zero, svc], deployment, refOf(svc)],
    ['and the Ingress before that', [...zero, svc, entry], deployment, refOf(entry)],
    [
      'the policies of the pods behind a Service act on it',
      [...app({ name: 'checkout' }), svc, policy('deny', { podSelector: {} })],
      refOf(svc),
      knownRef('NetworkPolicy', 'shop', 'deny'),
    ],
    [
      'a CronJob has its Jobs, also when their pods are gone',
      [
        object('CronJob', 'batch/v1', 'report', { spec: {} }),
        object(
          'Job',
          'batch/v1',
          'report-1',
          { spec: {} },
          {
            ownerReferences: [
              { apiVersion: 'batch/v1', kind: 'CronJob', name: 'report', uid: 'uid-cronjob-report', controller: true },
            ],
          },
        ),
      ],
      knownRef('CronJob', 'shop', 'report'),
      knownRef('Job', 'shop', 'report-1'),
    ],
  ])('%s', (_why, objects, asked, other) => {
    expect(has(objects, asked, other)).toBe(true);
  });

  it.each<[why: string, objects: WireObject[], asked: ObjectRef, other: ObjectRef]>([
    [
      'a workload with other labels',
      [...app({ name: 'cart', labels: { app: 'cart' }, replicas: 0 }), svc],
      refOf(svc),
      knownRef('Deployment', 'shop', 'cart'),
    ],
    [
      'a workload of another namespace',
      [...app({ name: 'checkout', namespace: 'other', replicas: 0 }), svc],
      refOf(svc),
      knownRef('Deployment', 'other', 'checkout'),
    ],
    [
      'a neighbour at zero, while the Service has pods of its own',
      [
        ...app({ name: 'checkout' }),
        ...app({ name: 'canary', labels: { app: 'checkout', track: 'canary' }, replicas: 0 }),
        svc,
      ],
      refOf(svc),
      knownRef('Deployment', 'shop', 'canary'),
    ],
    [
      'the policy of a neighbour',
      [...app({ name: 'checkout' }), svc, policy('deny', { podSelector: { matchLabels: { app: 'cart' } } })],
      refOf(svc),
      knownRef('NetworkPolicy', 'shop', 'deny'),
    ],
  ])('leaves out %s', (_why, objects, asked, other) => {
    expect(has(objects, asked, other)).toBe(false);
  });
});
