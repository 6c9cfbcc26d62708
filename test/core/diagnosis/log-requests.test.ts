import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { createTopology } from '../../../src/core/cluster/topology.ts';
import { deeperReadsFor } from '../../../src/core/diagnosis/log-requests.ts';
import { scopeViewOf } from '../../../src/core/diagnosis/scope-view.ts';
import {
  ago,
  backOff,
  crashShop,
  healthyShop,
  hour,
  minute,
  now,
  pod,
  runningAgain,
  second,
  terminated,
} from '../../support/shop-objects.ts';

const checkout = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

function logsOf(
  objects: readonly WireObject[],
  scope: Parameters<typeof scopeViewOf>[2] = { namespace: 'shop' },
  options: Parameters<typeof deeperReadsFor>[3] = {},
) {
  const view = createClusterView(objects);
  const scopeView = scopeViewOf(view, createTopology(view), scope);
  if (scopeView === undefined) throw new Error('the scope was not read');
  return deeperReadsFor(view, scopeView, now, options).logs.map(
    ({ pod: { metadata }, container, previous, because }) =>
      `${because} ${metadata.name}/${container}${previous ? ' previous' : ''}`,
  );
}

const started = { running: { startedAt: ago(hour) } };

describe('deeperReadsFor', () => {
  it('reads of a capture what takes in requests, where something is exposed', () => {
    const controller = pod({ name: 'ingress-nginx-controller-a', namespace: 'ingress-nginx', owner: null });
    const exposed = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'shop', namespace: 'shop', uid: 'uid-ingress' },
      spec: { rules: [] },
    } as unknown as WireObject;
    const of = (objects: readonly WireObject[], isCapture = true) =>
      logsOf([...healthyShop(), controller, ...objects], { namespace: 'shop' }, { isCapture }).filter((one) =>
        one.includes('ingress-nginx'),
      );
    expect(of([exposed])).toEqual(['asked ingress-nginx-controller-a/checkout']);
    expect(of([])).toEqual([]);
    expect(of([exposed], false)).toEqual([]);
  });

  it('reads both runs of what ends again and again', () => {
    expect(logsOf(crashShop())).toEqual([
      'fails checkout-1-aaaaa/checkout previous',
      'fails checkout-1-aaaaa/checkout',
    ]);
  });

  it('reads what runs and is not ready, and what was restarted at some time', () => {
    const slow = pod({
      name: 'slow',
      owner: null,
      ready: false,
      containers: [{ status: { ready: false, restartCount: 0, state: started } }],
    });
    const back = pod({
      name: 'back',
      owner: null,
      containers: [{ status: runningAgain(terminated({ agoMs: 5 * hour }), 5 * hour - 10 * second, 3) }],
    });
    expect(logsOf([...healthyShop(), slow, back])).toEqual([
      'looks-unwell back/checkout previous',
      'looks-unwell back/checkout',
      'looks-unwell slow/checkout',
    ]);
  });

  it('reads an init container that runs on, and not the containers that wait for it', () => {
    const stuck = pod({
      name: 'stuck',
      owner: null,
      phase: 'Pending',
      ready: false,
      containers: [{ status: { ready: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } } }],
      status: {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False' }],
        initContainerStatuses: [
          { name: 'migrate', ready: false, restartCount: 0, state: { running: { startedAt: ago(9 * minute) } } },
        ],
        containerStatuses: [
          { name: 'checkout', ready: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
        ],
      },
    });
    expect(logsOf([...healthyShop(), stuck])).toEqual(['looks-unwell stuck/migrate']);
  });

  it('reads the asked workload’s own pods also when they look well, a few of them', () => {
    expect(logsOf(healthyShop(), { object: checkout }, { asked: checkout })).toEqual([
      'asked checkout-1-aaaaa/checkout',
    ]);
    const many = Array.from({ length: 9 }, (_, index) => pod({ name: `checkout-1-b${index}` }));
    expect(logsOf([...healthyShop(), ...many], { object: checkout }, { asked: checkout })).toHaveLength(2);
  });

  it('reads of a capture what looks well too', () => {
    expect(logsOf(healthyShop())).toEqual([]);
    expect(logsOf(healthyShop(), undefined, { isCapture: true })).toEqual(['asked checkout-1-aaaaa/checkout']);
  });

  it('is bounded, two of each workload and container', () => {
    const status = backOff(terminated({ agoMs: 10 * second }));
    const alike = Array.from({ length: 30 }, (_, index) =>
      pod({ name: `checkout-1-b${index}`, ready: false, containers: [{ status }] }),
    );
    expect(logsOf([...crashShop(), ...alike])).toHaveLength(4);
    const lonely = Array.from({ length: 60 }, (_, index) =>
      pod({
        name: `solo-${index}-of-its-own`,
        owner: null,
        ready: false,
        containers: [{ status: { ready: false, restartCount: 0, state: started } }],
      }),
    );
    expect(logsOf(lonely)).toHaveLength(14);
    expect(logsOf(lonely, undefined, { isCapture: true })).toHaveLength(40);
  });

  it('passes over pods that are on their way out', () => {
    const leaving = pod({
      name: 'leaving',
      owner: null,
      ready: false,
      metadata: { deletionTimestamp: ago(minute) },
      containers: [{ status: { ready: false, restartCount: 0, state: started } }],
    });
    expect(logsOf([...healthyShop(), leaving])).toEqual([]);
  });
});
