import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { event, hour, node } from '../../../support/shop-objects.ts';
import { app, codes, look, object, podOf } from './service-objects.ts';

const budget = (spec: object, status: object = {}) =>
  object('PodDisruptionBudget', 'policy/v1', 'checkout', {
    spec: { selector: { matchLabels: { app: 'checkout' } }, ...spec },
    status: {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 2,
      desiredHealthy: 2,
      expectedPods: 2,
      ...status,
    },
  });
const pods = app({ name: 'checkout' });
const refused = event({
  about: podOf(pods),
  reason: 'EvictionFailed',
  message: "Cannot evict pod as it would violate the pod's disruption budget.",
});
const cordoned = {
  ...node('n1'),
  spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
} as WireObject;

describe('pdb-blocks-eviction', () => {
  it.each<[spec: object, path: string, observed: string]>([
    [{ minAvailable: 2 }, 'spec.minAvailable', '2 of 2 pods'],
    [{ minAvailable: '100%' }, 'spec.minAvailable', '100% of 2 pods'],
    [{ minAvailable: '51%' }, 'spec.minAvailable', '51% of 2 pods'],
    [{ maxUnavailable: 0 }, 'spec.maxUnavailable', '0'],
    [{ maxUnavailable: '0%' }, 'spec.maxUnavailable', '0%'],
  ])('computes %o', (spec, path, observed) => {
    expect(look([...pods, budget(spec), refused])).toMatchObject([
      {
        code: 'pdb-blocks-eviction',
        object: { kind: 'PodDisruptionBudget', name: 'checkout' },
        cause: { path, observed },
        confidence: 'high',
      },
    ]);
  });

  it('is sure when a drained node still holds its pods', () => {
    const found = look([...pods, budget({ minAvailable: 2 }), cordoned]);
    expect(found).toMatchObject([{ confidence: 'high', summary: expect.stringContaining('node n1 is being drained') }]);
    expect(found[0]?.pods).toHaveLength(2);
  });

  it('is not sure when nobody is kept from anything', () => {
    expect(look([...pods, budget({ minAvailable: 2 })])).toMatchObject([{ confidence: 'medium' }]);
    expect(
      look([
        ...app({ name: 'checkout', replicas: 1 }),
        budget({ minAvailable: 1 }, { currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 }),
      ]),
    ).toMatchObject([{ confidence: 'low' }]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['a pod is down', [...pods, budget({ minAvailable: 1 }, { currentHealthy: 1, desiredHealthy: 1 }), cordoned]],
    [
      'a pod is down, and the budget would leave no room either',
      [...pods, budget({ minAvailable: 2 }, { currentHealthy: 1 }), cordoned],
    ],
    ['there is room', [...pods, budget({ minAvailable: 1 }, { disruptionsAllowed: 1, desiredHealthy: 1 }), cordoned]],
    [
      'it guards nothing',
      [...pods, budget({ minAvailable: 2 }, { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 })],
    ],
    [
      'its status is of an older spec',
      [...pods, { ...budget({ minAvailable: 2 }), metadata: { ...budget({}).metadata, generation: 4 } }],
    ],
    [
      'it has no status',
      [...pods, object('PodDisruptionBudget', 'policy/v1', 'checkout', { spec: { minAvailable: 2 } })],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });

  it('does not hear of refusals that are long ago', () => {
    const old = event({
      about: podOf(pods),
      reason: 'EvictionFailed',
      message: "would violate the pod's disruption budget",
      agoMs: 9 * hour,
    });
    expect(look([...pods, budget({ minAvailable: 2 }), old])).toMatchObject([{ confidence: 'medium' }]);
  });
});
