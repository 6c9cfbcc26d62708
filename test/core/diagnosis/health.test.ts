import { describe, expect, it } from 'vitest';
import { createClusterView, type TriagedObject, type WholeList } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { createTopology } from '../../../src/core/cluster/topology.ts';
import { doubtsAbout } from '../../../src/core/diagnosis/health.ts';
import { scopeViewOf } from '../../../src/core/diagnosis/scope-view.ts';
import {
  ago,
  deployment,
  healthyShop,
  hour,
  minute,
  node,
  now,
  pod,
  replicaSet,
  second,
  waiting,
} from '../../support/shop-objects.ts';
import { object } from './service-path/service-objects.ts';

function doubts(
  objects: readonly WireObject[],
  rows: readonly TriagedObject[] = [],
  scope: Parameters<typeof scopeViewOf>[2] = { namespace: 'shop' },
  whole: readonly WholeList[] = [],
) {
  const view = createClusterView(objects, [], whole, rows);
  const scopeView = scopeViewOf(view, createTopology(view), scope);
  if (scopeView === undefined) throw new Error('the scope was not read');
  return doubtsAbout(view, scopeView, now);
}

const line = (name: string, isWell: boolean, namespace: string | undefined = 'shop'): TriagedObject => ({
  kind: 'Pod',
  namespace,
  name,
  isWell,
  printed: isWell ? '1/1 Running' : '0/1 Pending',
});

describe('pods known by their printed line', () => {
  const threeOfWhichNoneWasRead = [node('n1'), deployment({ replicas: 3 }), replicaSet({ revision: 1, replicas: 3 })];

  it('leave no gap where their workload counts them as available', () => {
    expect(doubts(threeOfWhichNoneWasRead, [line('a', true), line('b', true), line('c', true)])).toEqual([]);
    expect(doubts(threeOfWhichNoneWasRead)).toMatchObject([{ is: 'gap', why: '3 should be there, 0 could be read' }]);
  });

  it('do not hide a workload that lacks pods', () => {
    const short = [node('n1'), deployment({ replicas: 3, available: 2 })];
    expect(doubts(short, [line('a', true)])).toMatchObject([{ is: 'trouble', why: '2 of 3 pods are available' }]);
  });

  it('make a place doubtful when they are not well, counted', () => {
    expect(doubts([node('n1')], [line('a', true), line('b', false), line('c', false)])).toMatchObject([
      { is: 'gap', why: '2 more are not well and were not read whole, such as Pod b (0/1 Pending)' },
    ]);
  });

  it('make a place one with pods in it', () => {
    expect(doubts([node('n1')], [line('a', true)])).toEqual([]);
    expect(doubts([node('n1')])).toMatchObject([{ source: 'scope' }]);
  });

  it('of other namespaces say nothing of this one', () => {
    expect(doubts(healthyShop(), [line('z', false, 'other')])).toEqual([]);
  });

  it('say nothing of one object that was read', () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    expect(doubts(healthyShop(), [line('z', false)], { object })).toEqual([]);
  });
});

describe('pods read by the node they run on', () => {
  const onNode: WholeList[] = [{ kind: 'Pod', node: 'n1' }];
  const scope = { object: { apiVersion: 'v1', kind: 'Node', name: 'n1' } };

  it('need no owners as long as they are well', () => {
    const objects = healthyShop().filter(({ kind }) => kind === 'Pod' || kind === 'Node');
    expect(doubts(objects, [], scope, onNode)).toEqual([]);
    expect(doubts(objects, [], scope)).toMatchObject([{ source: 'owners of pods' }]);
  });

  it('need them when they are not', () => {
    const objects = [node('n1'), pod({ name: 'checkout-1-a', ready: false })];
    expect(doubts(objects, [], scope, onNode).map(({ source }) => source)).toContain('owners of pods');
  });
});

it('leaves what is common to all workloads to the rules', () => {
  const dashboard = pod({ name: 'dashboard', namespace: 'kube-system', owner: null, ready: false, phase: 'Pending' });
  expect(doubts([...healthyShop(), dashboard])).toEqual([]);
  expect(doubts([...healthyShop(), dashboard], [], { namespace: 'kube-system' })).toMatchObject([{ is: 'trouble' }]);
});

describe('a pod that is only being started', () => {
  const creating = (createdAgoMs: number, reason = 'ContainerCreating') =>
    pod({
      name: 'checkout-1-new',
      phase: 'Pending',
      ready: false,
      createdAgoMs,
      status: { containerStatuses: [{ name: 'checkout', image: 'x', ...waiting(reason) }] },
    });

  it.each<[why: string, objects: WireObject[], isTrouble: boolean]>([
    ['for half a minute, beside all that should be there', [...healthyShop(), creating(30 * second)], false],
    ['for two minutes', [...healthyShop(), creating(2 * minute)], true],
    ['and cannot pull its image', [...healthyShop(), creating(30 * second, 'ErrImagePull')], true],
    [
      'while its workload lacks pods',
      [node('n1'), deployment({ available: 0 }), replicaSet({ revision: 1 }), creating(30 * second)],
      true,
    ],
  ])('%s', (_why, objects, isTrouble) => {
    expect(doubts(objects).some(({ source }) => source === 'Pod shop/checkout-1-new')).toBe(isTrouble);
  });
});

describe('a Job that failed', () => {
  const cronJob = object('CronJob', 'batch/v1', 'load', { spec: {} });
  const job = (name: string, startedAgoMs: number, type: 'Failed' | 'Complete') =>
    object(
      'Job',
      'batch/v1',
      name,
      { spec: {}, status: { startTime: ago(startedAgoMs), conditions: [{ type, status: 'True', reason: 'X' }] } },
      {
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'CronJob', name: 'load', uid: 'uid-cronjob-load', controller: true },
        ],
      },
    );

  it('is history once its CronJob has succeeded again, and not before', () => {
    const failed = job('load-1', 2 * hour, 'Failed');
    expect(doubts([cronJob, failed])).toMatchObject([{ is: 'trouble', source: 'Job shop/load-1' }]);
    expect(doubts([cronJob, failed, job('load-2', hour, 'Complete')])).toEqual([]);
    expect(doubts([cronJob, failed, job('load-0', 3 * hour, 'Complete')])).toMatchObject([{ is: 'trouble' }]);
  });
});
