import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { app, codes, look, service, slice } from './service-objects.ts';

const svc = (selector: Record<string, string>, more: object = {}) => service({ name: 'checkout', selector, ...more });

describe('service-selector-mismatch', () => {
  it('names the key that differs and the value that the pods have', () => {
    const wrong = svc({ app: 'chekout' });
    expect(look([...app({ name: 'checkout' }), wrong, slice(wrong, 0)])).toMatchObject([
      {
        code: 'service-selector-mismatch',
        object: { kind: 'Service', namespace: 'shop', name: 'checkout' },
        cause: { path: 'spec.selector.app', observed: 'chekout', expected: 'checkout' },
        confidence: 'high',
        affects: expect.arrayContaining([expect.objectContaining({ kind: 'Service', name: 'checkout' })]),
      },
    ]);
  });

  it.each<[why: string, objects: WireObject[], path: string, observed: string, expected: string]>([
    [
      'one of several keys, written with dots',
      [
        ...app({
          name: 'checkout',
          labels: { 'app.kubernetes.io/name': 'checkout', 'app.kubernetes.io/component': 'api' },
        }),
        svc({ 'app.kubernetes.io/name': 'checkout', 'app.kubernetes.io/component': 'web' }),
      ],
      'spec.selector["app.kubernetes.io/component"]',
      'web',
      'api',
    ],
    [
      'a label that was renamed',
      [...app({ name: 'checkout', labels: { 'app.kubernetes.io/name': 'checkout' } }), svc({ app: 'checkout' })],
      'spec.selector.app',
      'checkout',
      'app.kubernetes.io/name=checkout',
    ],
    [
      'a version that is no longer there',
      [
        ...app({ name: 'checkout', labels: { app: 'checkout', version: 'v2' } }),
        svc({ app: 'checkout', version: 'v1' }),
      ],
      'spec.selector.version',
      'v1',
      'v2',
    ],
    [
      'a key that the pods do not have',
      [...app({ name: 'checkout' }), svc({ app: 'checkout', tier: 'backend' })],
      'spec.selector.tier',
      'backend',
      'no tier: the pods do not have it',
    ],
    [
      'a workload of another name, by a slip in the value',
      [
        ...app({ name: 'payments-api', labels: { app: 'payments' } }),
        service({ name: 'pay', selector: { app: 'paymnets' } }),
      ],
      'spec.selector.app',
      'paymnets',
      'payments',
    ],
    [
      'the governing Service of a StatefulSet',
      [
        ...app({ name: 'db', kind: 'StatefulSet', labels: { app: 'postgres' }, spec: { serviceName: 'db-peers' } }),
        service({ name: 'db-peers', selector: { app: 'pg' }, spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
      ],
      'spec.selector.app',
      'pg',
      'postgres',
    ],
  ])('finds %s', (_why, objects, path, observed, expected) => {
    expect(look(objects)).toMatchObject([
      { code: 'service-selector-mismatch', cause: { path, observed, expected }, confidence: 'high' },
    ]);
  });

  it('sees a Service that selects another workload while its own goes unserved', () => {
    const objects = [
      ...app({ name: 'cart', ports: [{ containerPort: 9000 }] }),
      ...app({ name: 'checkout' }),
      service({ name: 'checkout' }),
      service({
        name: 'cart',
        selector: { app: 'checkout' },
        ports: [{ port: 80, targetPort: 9000, protocol: 'TCP' }],
      }),
    ];
    expect(look(objects)).toMatchObject([
      {
        code: 'service-selector-mismatch',
        object: { name: 'cart' },
        cause: { path: 'spec.selector.app', observed: 'checkout', expected: 'cart' },
      },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['it selects its pods', [...app({ name: 'checkout' }), service({ name: 'checkout' })]],
    ['it has no selector', [...app({ name: 'checkout' }), service({ name: 'checkout', selector: null })]],
    [
      'it is an ExternalName',
      [
        ...app({ name: 'checkout' }),
        svc({ app: 'chekout' }, { spec: { type: 'ExternalName', externalName: 'shop.example' } }),
      ],
    ],
    [
      'nothing beside it is like it',
      [...app({ name: 'checkout' }), service({ name: 'legacy', selector: { app: 'legacy' } })],
    ],
    [
      'the names differ in their number alone',
      [
        ...app({ name: 'worker-1' }),
        service({ name: 'worker-1' }),
        service({ name: 'worker-2', selector: { app: 'worker-2' } }),
      ],
    ],
    [
      'it is for a stage of the roll-out that has no pods now',
      [
        ...app({ name: 'checkout', labels: { app: 'checkout', track: 'stable' } }),
        service({ name: 'checkout' }),
        service({ name: 'checkout-canary', selector: { app: 'checkout', track: 'canary' } }),
      ],
    ],
    [
      'the label is one that pods get while they run',
      [
        ...app({ name: 'pg', kind: 'StatefulSet', podLabels: { app: 'pg', role: 'replica' } }),
        service({ name: 'pg', selector: { app: 'pg', role: 'primary' } }),
      ],
    ],
    [
      'it is for one pod of a StatefulSet',
      [
        ...app({ name: 'db', kind: 'StatefulSet' }),
        service({ name: 'db-7', selector: { app: 'db', 'statefulset.kubernetes.io/pod-name': 'db-7' } }),
      ],
    ],
    [
      'its endpoints say that it has pods',
      [app({ name: 'checkout' })[0] as WireObject, svc({ app: 'chekout' }), slice(svc({ app: 'chekout' }), 2)],
    ],
    [
      'two workloads are equally near',
      [
        ...app({ name: 'api-blue', labels: { app: 'apis' } }),
        ...app({ name: 'api-green', labels: { app: 'apia' } }),
        service({ name: 'x', selector: { app: 'apit' } }),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });

  it('is silent when pods were not read, and nothing else says that there are none', () => {
    const [deployment, replicaSet] = app({ name: 'checkout' });
    if (deployment === undefined || replicaSet === undefined) throw new Error('the fixture has both');
    expect(codes([deployment, replicaSet, svc({ app: 'chekout' })], { whole: false })).toEqual([]);
    expect(
      codes([deployment, replicaSet, svc({ app: 'chekout' }), slice(svc({ app: 'chekout' }), 0)], { whole: false }),
    ).toEqual(['service-selector-mismatch']);
  });
});
