import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeRolloutStuck } from '../../../../src/core/diagnosis/analyzers/rollout-stuck.ts';
import {
  badImage,
  badImageShop,
  deployment,
  healthyShop,
  node,
  pod,
  replicaSet,
  waiting,
} from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[]) => runAnalyzer(analyzeRolloutStuck, objects);
const gaveUp = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
const progressing = { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' };
const withDeployment = (given: Parameters<typeof deployment>[0]) =>
  badImageShop().map((object) => (object.kind === 'Deployment' ? deployment(given) : object));
const containers = [{ image: badImage }];

describe('rollout-stuck', () => {
  it('is a symptom of the Deployment, told with the counts of its newest revision', () => {
    expect(run(badImageShop())).toMatchObject([
      {
        code: 'rollout-stuck',
        object: { kind: 'Deployment', name: 'checkout' },
        cause: { path: 'spec.template', observed: 'revision 2: 0 of 1 new pods available' },
        pods: ['shop/checkout-2-bbbbb'],
      },
    ]);
  });

  it('does not wait for the deadline when new pods are in a state that does not pass', () => {
    const objects = withDeployment({ revision: 2, containers, conditions: [progressing] });
    expect(run(objects)).toMatchObject([{ grounds: { basis: 'likely' } }]);
  });

  const starting = (object: WireObject): WireObject =>
    object.metadata.name === 'checkout-2-bbbbb'
      ? pod({
          name: 'checkout-2-bbbbb',
          owner: 'checkout-2',
          phase: 'Pending',
          ready: false,
          containers: [{ status: waiting('ContainerCreating') }],
        })
      : object;

  it.each<[why: string, objects: WireObject[]]>([
    ['all runs', healthyShop()],
    [
      'new pods are still being created',
      withDeployment({ revision: 2, containers, conditions: [progressing] }).map(starting),
    ],
    [
      'the Deployment is paused',
      withDeployment({ revision: 2, containers, conditions: [gaveUp], spec: { paused: true } }),
    ],
    ['no pods are wanted', withDeployment({ revision: 2, containers, conditions: [gaveUp], replicas: 0 })],
    [
      'the status speaks of an older spec',
      withDeployment({ revision: 2, containers, conditions: [gaveUp], status: { observedGeneration: 1 } }),
    ],
    [
      'the controller gave up and the pods came after all',
      [node('n1'), deployment({ conditions: [gaveUp] }), replicaSet({ revision: 1 }), pod({ name: 'checkout-1-a' })],
    ],
    [
      'there is no status',
      withDeployment({ revision: 2 })
        .map((object) => (object.kind === 'Deployment' ? { ...object, status: null } : object))
        .map(starting),
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });
});
