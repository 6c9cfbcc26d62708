import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { ago, event, hour, minute, now, second } from '../../../support/shop-objects.ts';
import { app, codes, look, object } from './service-objects.ts';

type Condition = { type: string; status: string; reason: string; message?: string };
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } };
const scaler = (conditions: readonly Condition[], more: { target?: object; spec?: object; status?: object } = {}) =>
  object('HorizontalPodAutoscaler', 'autoscaling/v2', 'checkout', {
    spec: {
      minReplicas: 2,
      maxReplicas: 5,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', ...more.target },
      metrics: [cpu],
      ...more.spec,
    },
    status: {
      currentReplicas: 2,
      desiredReplicas: 2,
      conditions: conditions.map((one) => ({ ...one, lastTransitionTime: ago(hour) })),
      ...more.status,
    },
  });
const able: Condition = { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' };
const active: Condition = { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' };
const inactive = (message: string, reason = 'FailedGetResourceMetric'): Condition => ({
  type: 'ScalingActive',
  status: 'False',
  reason,
  message,
});
const requests = { resources: { requests: { cpu: '100m' } } };
const noRequest =
  'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container main of Pod checkout-x';
const apiDown =
  'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)';
const apiService = (status: 'True' | 'False') =>
  object(
    'APIService',
    'apiregistration.k8s.io/v1',
    'v1beta1.metrics.k8s.io',
    { status: { conditions: [{ type: 'Available', status, reason: 'x' }] } },
    { namespace: undefined },
  );

describe('hpa-target-missing', () => {
  const failed: Condition = {
    type: 'AbleToScale',
    status: 'False',
    reason: 'FailedGetScale',
    message: 'the HPA controller was unable to get the target\'s current scale: deployments.apps "chekout" not found',
  };

  it('names the target that is not there and the one that was meant', () => {
    expect(
      look([...app({ name: 'checkout', container: requests }), scaler([failed], { target: { name: 'chekout' } })]),
    ).toMatchObject([
      {
        code: 'hpa-target-missing',
        object: { kind: 'HorizontalPodAutoscaler', name: 'checkout' },
        cause: { path: 'spec.scaleTargetRef.name', observed: 'chekout', expected: 'checkout' },
        confidence: 'high',
      },
    ]);
  });

  it('sees that the name is of another kind', () => {
    expect(look([...app({ name: 'checkout', kind: 'StatefulSet' }), scaler([failed])])).toMatchObject([
      { cause: { path: 'spec.scaleTargetRef.kind', observed: 'Deployment', expected: 'StatefulSet' } },
    ]);
  });

  it('needs the condition where not all was read', () => {
    const alone = (conditions: readonly Condition[]) =>
      codes([scaler(conditions, { target: { name: 'chekout' } })], { whole: false });
    expect(alone([able])).toEqual([]);
    expect(alone([failed])).toEqual(['hpa-target-missing']);
  });
});

describe('hpa-metrics-missing', () => {
  it('names the container that requests nothing, and where to write it', () => {
    expect(look([...app({ name: 'checkout' }), scaler([able, inactive(noRequest)])])).toMatchObject([
      {
        code: 'hpa-metrics-missing',
        object: { kind: 'HorizontalPodAutoscaler' },
        cause: {
          path: 'spec.metrics[0].resource.name',
          observed: expect.stringContaining('container main'),
          expected: expect.stringContaining('spec.template.spec.containers[0].resources.requests.cpu'),
        },
        confidence: 'high',
      },
    ]);
  });

  it('says that nobody serves the metrics', () => {
    expect(
      look([
        ...app({ name: 'checkout', container: requests }),
        scaler([able, inactive('the server could not find the requested resource (get pods.metrics.k8s.io)')]),
      ]),
    ).toMatchObject([
      {
        code: 'hpa-metrics-missing',
        confidence: 'high',
        cause: { expected: expect.stringContaining('v1beta1.metrics.k8s.io') },
      },
    ]);
  });

  it('steps back when the API behind the metrics is down', () => {
    expect(
      look([...app({ name: 'checkout', container: requests }), apiService('False'), scaler([able, inactive(apiDown)])]),
    ).toMatchObject([{ confidence: 'low' }]);
  });

  it('names the metric of another source', () => {
    const external = {
      type: 'External',
      external: { metric: { name: 'queue_depth' }, target: { type: 'AverageValue', averageValue: '10' } },
    };
    const found = look([
      ...app({ name: 'checkout', container: requests }),
      apiService('True'),
      object(
        'APIService',
        'apiregistration.k8s.io/v1',
        'v1beta1.external.metrics.k8s.io',
        {},
        { namespace: undefined },
      ),
      scaler(
        [
          inactive(
            'unable to get external metric shop/queue_depth/nil: no metrics returned',
            'FailedGetExternalMetric',
          ),
        ],
        { spec: { metrics: [cpu, external] } },
      ),
    ]);
    expect(found).toMatchObject([
      { cause: { path: 'spec.metrics[1]', observed: expect.stringContaining('queue_depth') }, confidence: 'medium' },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['it scales', [...app({ name: 'checkout' }), scaler([able, active])]],
    [
      'the target is at zero',
      [
        ...app({ name: 'checkout', replicas: 0 }),
        scaler(
          [able, inactive('scaling is disabled since the replica count of the target is zero', 'ScalingDisabled')],
          { spec: { minReplicas: 0 } },
        ),
      ],
    ],
    [
      'its pods just came',
      [
        ...app({ name: 'checkout', container: requests, createdAgoMs: 40 * second }),
        apiService('True'),
        scaler([able, inactive('no metrics returned from resource metrics API')]),
      ],
    ],
    [
      'none of its pods is ready',
      [
        ...app({ name: 'checkout', container: requests, ready: false }),
        apiService('True'),
        scaler([able, inactive('did not receive metrics for targeted pods (pods might be unready)')]),
      ],
    ],
    [
      'an old event tells of a start',
      [
        ...app({ name: 'checkout', container: requests }),
        scaler([able, active]),
        event({ about: scaler([]), reason: 'FailedGetResourceMetric', agoMs: 30 * minute }),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });
});

describe('hpa-at-maximum', () => {
  const limited: Condition = {
    type: 'ScalingLimited',
    status: 'True',
    reason: 'TooManyReplicas',
    message: 'the desired replica count is more than the maximum replica count',
  };
  const at = (utilization: number, replicas = 5) =>
    scaler([able, active, limited], {
      status: {
        currentReplicas: replicas,
        desiredReplicas: 5,
        currentMetrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', current: { averageUtilization: utilization, averageValue: '1' } },
          },
        ],
      },
    });
  const lately = (hpa: WireObject) =>
    JSON.parse(JSON.stringify(hpa).replaceAll(`"${ago(hour)}"`, `"${ago(6 * minute)}"`)) as WireObject;
  const alert = {
    name: 'KubeHpaMaxedOut',
    labels: { namespace: 'shop', horizontalpodautoscaler: 'checkout' },
    firing: true,
    startsAt: now,
    endsAt: undefined,
  };

  it('tells how many pods the load asks for', () => {
    expect(look([...app({ name: 'checkout', container: requests, replicas: 5 }), at(140)])).toMatchObject([
      {
        code: 'hpa-at-maximum',
        cause: { path: 'spec.maxReplicas', observed: '5', expected: 'about 10 at the present load' },
        recommendation: { values: { maxReplicas: 10 } },
        confidence: 'high',
      },
    ]);
  });

  it('is surer with an alert', () => {
    const objects = [...app({ name: 'checkout', container: requests, replicas: 5 }), at(90)];
    expect(look(objects)).toMatchObject([{ confidence: 'medium' }]);
    expect(look(objects, { observations: { alerts: [alert] } })).toMatchObject([{ confidence: 'high' }]);
  });

  it.each<[why: string, hpa: WireObject]>([
    ['the load is as it should be', at(68)],
    ['there is room', at(140, 4)],
    ['the load is a little above for a few minutes', lately(at(90))],
    ['nothing was measured', scaler([able, active, limited], { status: { currentReplicas: 5, desiredReplicas: 5 } })],
  ])('is silent when %s', (_why, hpa) => {
    expect(codes([...app({ name: 'checkout', container: requests, replicas: 5 }), hpa])).toEqual([]);
  });
});
