import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import type { Observations } from '../../../../src/core/diagnosis/observations.ts';
import { ago, event, hour, minute, now, second } from '../../../support/shop-objects.ts';
import { app, codes, ingress, ingressClass, logOf, look, object, podOf, service, slice } from './service-objects.ts';

const svc = service({ name: 'checkout' });

describe('service-no-ready-endpoints', () => {
  it('says that pods are selected and none is ready, as a symptom', () => {
    const objects = [...app({ name: 'checkout', ready: false }), svc, slice(svc, 0, 2)];
    const [finding, ...more] = look(objects);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      code: 'service-no-ready-endpoints',
      object: { kind: 'Service', name: 'checkout' },
      confidence: 'medium',
      cause: { observed: '0 of 2 selected pods ready' },
      since: Date.parse(ago(hour)),
    });
    expect(finding?.pods).toHaveLength(2);
    expect(finding?.affects).toContainEqual(expect.objectContaining({ kind: 'Deployment', name: 'checkout' }));
  });

  it('is sure when only a readiness gate holds the pods back', () => {
    const gated = app({ name: 'checkout', ready: false }).map((one) =>
      one.kind === 'Pod'
        ? {
            ...one,
            status: {
              phase: 'Running',
              conditions: [
                { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' },
                { type: 'ContainersReady', status: 'True' },
              ],
            },
          }
        : one,
    );
    expect(look([...gated, svc])).toMatchObject([
      { confidence: 'high', summary: expect.stringContaining('readiness gate') },
    ]);
  });

  it('says so too when the pods that its workload wants are not there', () => {
    const [deployment, replicaSet] = app({ name: 'checkout' }).map((one) => ({
      ...one,
      status: { observedGeneration: 1, replicas: 0 },
    }));
    expect(look([deployment, replicaSet, svc, slice(svc, 0)].filter((one) => one !== undefined))).toMatchObject([
      {
        code: 'service-no-ready-endpoints',
        confidence: 'medium',
        summary: expect.stringContaining('wants 2 pods and has none'),
      },
    ]);
  });

  it('doubts the Service whose pods call one that is as empty', () => {
    const env = { env: [{ name: 'DB', value: 'db:5432' }] };
    const objects = [
      ...app({ name: 'checkout', ready: false, container: env }),
      svc,
      ...app({ name: 'db', ready: false }),
      service({ name: 'db' }),
    ];
    const scores = new Map(look(objects).map(({ object: of, score }) => [of.name, score]));
    expect(scores.get('db')).toBeGreaterThan(scores.get('checkout') ?? 1);
  });

  it.each<[why: string, objects: WireObject[]]>([
    [
      'one pod is ready',
      [
        ...app({ name: 'checkout', replicas: 1 }),
        ...app({ name: 'other', ready: false, labels: { app: 'checkout', x: 'y' } }),
        svc,
      ],
    ],
    ['its pods just started', [...app({ name: 'checkout', ready: false, createdAgoMs: 20 * second }), svc]],
    [
      'it publishes pods that are not ready',
      [
        ...app({ name: 'checkout', ready: false }),
        service({ name: 'checkout', spec: { publishNotReadyAddresses: true } }),
      ],
    ],
    [
      'pods have no status',
      [...app({ name: 'checkout' }).map((one) => (one.kind === 'Pod' ? { ...one, status: {} } : one)), svc],
    ],
    ['the workload was read and its pods were not', [...app({ name: 'checkout' }).slice(0, 2), svc]],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });
});

describe('workload-scaled-to-zero', () => {
  const zero = app({ name: 'checkout', replicas: 0 });
  const empty = slice(svc, 0);
  const routed = [ingressClass('nginx'), ingress({ name: 'shop', backend: 'checkout' })];
  const scaler = (name: string, minReplicas: number) =>
    object('HorizontalPodAutoscaler', 'autoscaling/v2', name, {
      spec: {
        minReplicas,
        maxReplicas: 5,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
      },
      status: { conditions: [{ type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' }] },
    });
  const scaledDown = (agoMs: number): WireObject => ({
    ...event({
      about: zero[0] as WireObject,
      reason: 'ScalingReplicaSet',
      message: 'Scaled down replica set checkout-6d4cf56db6 from 3 to 0',
      agoMs,
      count: 1,
    }),
    ...{ type: 'Normal' },
  });

  it('is what somebody finds who asks about the Service, also a headless one', () => {
    const headless = service({ name: 'checkout', spec: { clusterIP: 'None', clusterIPs: ['None'] } });
    const scope = { object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'checkout' } };
    for (const asked of [svc, headless])
      expect(look([...zero, asked, slice(asked, 0)], { scope })).toMatchObject([
        { code: 'workload-scaled-to-zero', object: { kind: 'Deployment', name: 'checkout' } },
      ]);
    expect(codes([...app({ name: 'checkout' }), svc, slice(svc, 2)], { scope })).toEqual([]);
  });

  it('is left alone where KEDA scales it', () => {
    const asleep = app({ name: 'checkout', replicas: 0 }).map((one) =>
      one.kind === 'Deployment'
        ? { ...one, metadata: { ...one.metadata, annotations: { 'scaledobject.keda.sh/name': 'checkout' } } }
        : one,
    );
    expect(codes([...asleep, svc, empty, ...routed])).not.toContain('workload-scaled-to-zero');
  });

  it('names the workload when an Ingress leads to its empty Service', () => {
    expect(look([...zero, svc, empty, ...routed])).toMatchObject([
      {
        code: 'workload-scaled-to-zero',
        object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        cause: { path: 'spec.replicas', observed: '0', expected: 'at least 1' },
        confidence: 'high',
        affects: expect.arrayContaining([
          expect.objectContaining({ kind: 'Ingress' }),
          expect.objectContaining({ kind: 'Service' }),
        ]),
      },
    ]);
  });

  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ kind: 'Deployment', spec: { replicas: 3 } }),
  };
  it.each<[why: string, objects: WireObject[], observations: Partial<Observations>, confidence: string]>([
    ['an autoscaler wants more', [...zero, svc, empty, scaler('checkout', 2)], {}, 'high'],
    ['it was applied with replicas', [...app({ name: 'checkout', replicas: 0, annotations }), svc, empty], {}, 'high'],
    [
      'an alert names the Service',
      [...zero, svc],
      {
        alerts: [
          {
            name: 'CheckoutDown',
            labels: { namespace: 'shop', service: 'checkout' },
            firing: true,
            startsAt: now,
            endsAt: undefined,
          },
        ],
      },
      'medium',
    ],
    [
      'a check cannot reach it',
      [...zero, svc, empty, ...app({ name: 'web' })],
      { probes: [{ from: 'web', host: 'checkout', port: 80, ok: false, error: 'connection refused' }] },
      'high',
    ],
    ['somebody scaled it down a moment ago', [...zero, svc, scaledDown(5 * minute)], {}, 'medium'],
    ['nothing but its empty Service speaks for it', [...zero, svc, empty], {}, 'low'],
  ])('is found when %s', (_why, objects, observations, confidence) => {
    expect(look(objects, { observations })).toMatchObject([{ code: 'workload-scaled-to-zero', confidence }]);
  });

  it('takes the number that was declared', () => {
    const observations = { declared: [object('Deployment', 'apps/v1', 'checkout', { spec: { replicas: 4 } })] };
    expect(look([...zero, svc, empty], { observations })).toMatchObject([{ cause: { expected: '4' } }]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['nothing refers to it', zero],
    ['it was scaled down long ago and nothing refers to it', [...zero, scaledDown(5 * hour)]],
    ['it has pods', [...app({ name: 'checkout' }), svc, ...routed]],
    ['KEDA put it to sleep', [...zero, svc, empty, ...routed, scaler('keda-hpa-checkout', 1)]],
    [
      'a downscaler put it to sleep',
      [...app({ name: 'checkout', replicas: 0, annotations: { 'downscaler/original-replicas': '3' } }), svc, empty],
    ],
    [
      'its Service has other pods to serve',
      [...zero, ...app({ name: 'checkout-blue', labels: { app: 'checkout', slot: 'blue' } }), svc, ...routed],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });

  it('answers who asks about the workload itself', () => {
    const asked = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    expect(look(zero, { scope: { namespace: 'shop', object: asked } })).toMatchObject([
      { code: 'workload-scaled-to-zero', confidence: 'medium' },
    ]);
  });

  it('counts a caller whose log says so', () => {
    const web = app({ name: 'web' });
    const logs = [logOf(podOf(web), 'Error: connect ECONNREFUSED checkout:80')];
    expect(look([...zero, svc, empty, ...web], { logs })).toMatchObject([
      { code: 'workload-scaled-to-zero', confidence: 'high' },
    ]);
  });
});
