import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { previousLargerLimit } from '../../../src/core/diagnosis/previous-limit.ts';
import { backOff, deployment, now, pod, replicaSet, second, terminated } from '../../support/shop-objects.ts';

const container = {
  list: 'containers',
  index: 0,
  name: 'checkout',
  image: undefined,
  memoryLimit: '64Mi',
  memoryRequest: undefined,
} as const;
const current = deployment({ revision: 4, containers: [{ memoryLimit: '64Mi' }] });
const revision = (number: number, memoryLimit: string | undefined, ready = 0) =>
  replicaSet({ revision: number, replicas: ready, ready, containers: [{ memoryLimit }] });
const podOf = (number: number, status?: Record<string, unknown>) =>
  pod({
    name: `checkout-${number}-aaaaa`,
    owner: `checkout-${number}`,
    containers: [status === undefined ? {} : { status }],
  });
const measured = (podName: string, more: object = {}) => ({
  namespace: 'shop',
  pod: podName,
  container: 'checkout',
  peakBytes: 1,
  at: now,
  ...more,
});
const oomKilled = backOff(terminated({ reason: 'OOMKilled', exitCode: 137, agoMs: second }));

function previous(
  objects: readonly WireObject[],
  readings: readonly ReturnType<typeof measured>[] = [],
  workload: WireObject | undefined = current,
) {
  const view = createClusterView([current, revision(4, '64Mi'), ...objects]);
  const found = previousLargerLimit(view, workload, container, readings);
  return found === undefined ? undefined : `${found.revision}: ${found.limit}${found.ran ? ' ran' : ''}`;
}

describe('previousLargerLimit', () => {
  it.each<[why: string, objects: WireObject[], readings: ReturnType<typeof measured>[], expected: string | undefined]>([
    ['ready pods', [revision(3, '256Mi', 1)], [], '3: 256Mi ran'],
    ['a pod that is running', [revision(3, '256Mi'), podOf(3)], [], '3: 256Mi ran'],
    [
      'a pod that ended',
      [revision(3, '256Mi'), podOf(3, { state: terminated({ agoMs: second }) })],
      [],
      '3: 256Mi ran',
    ],
    ['measured memory of its pods', [revision(3, '256Mi')], [measured('checkout-3-gone1')], '3: 256Mi ran'],
    ['nothing', [revision(3, '256Mi')], [], '3: 256Mi'],
    [
      'measured memory of another container',
      [revision(3, '256Mi')],
      [measured('checkout-3-x', { container: 'side' })],
      '3: 256Mi',
    ],
    [
      'measured memory in another namespace',
      [revision(3, '256Mi')],
      [measured('checkout-3-x', { namespace: 'other' })],
      '3: 256Mi',
    ],
    ['measured memory of another revision', [revision(3, '256Mi')], [measured('checkout-30-x')], '3: 256Mi'],
    [
      'a pod that never started',
      [revision(3, '256Mi'), podOf(3, { state: { waiting: { reason: 'ImagePullBackOff' } } })],
      [],
      '3: 256Mi',
    ],
  ])('takes %s for what it shows', (_why, objects, readings, expected) => {
    expect(previous(objects, readings)).toBe(expected);
  });

  it.each<[why: string, objects: WireObject[], expected: string | undefined]>([
    [
      'the limit before the last change of it',
      [revision(1, '1Gi', 1), revision(2, '256Mi', 1), revision(3, '64Mi', 1)],
      '2: 256Mi ran',
    ],
    [
      'the same amount written otherwise for no change',
      [revision(2, '256Mi', 1), revision(3, '65536Ki', 1)],
      '2: 256Mi ran',
    ],
    [
      'an older one that ran before a newer one that may not have',
      [revision(2, '256Mi', 1), revision(3, '8Gi')],
      '2: 256Mi ran',
    ],
    ['the newest where none is known to have run', [revision(2, '256Mi'), revision(3, '512Mi')], '3: 512Mi'],
    ['nothing where the limit was raised last', [revision(2, '256Mi', 1), revision(3, '32Mi', 1)], undefined],
    ['nothing where its pods were killed for memory too', [revision(3, '256Mi', 1), podOf(3, oomKilled)], undefined],
    ['nothing where there was no limit', [revision(3, undefined, 1)], undefined],
    [
      'nothing where the container had another name',
      [replicaSet({ revision: 3, containers: [{ name: 'web', memoryLimit: '256Mi' }] })],
      undefined,
    ],
    [
      'nothing of another owner',
      [replicaSet({ revision: 3, owner: 'cart', containers: [{ memoryLimit: '256Mi' }] })],
      undefined,
    ],
    ['nothing of a limit that is no quantity', [revision(3, 'plenty', 1)], undefined],
    ['nothing without earlier revisions', [], undefined],
  ])('gives %s', (_why, objects, expected) => {
    expect(previous(objects)).toBe(expected);
  });

  it('knows nothing of workloads that keep no revisions', () => {
    const statefulSet = { ...current, kind: 'StatefulSet' };
    expect(previous([revision(3, '256Mi', 1)], [], statefulSet)).toBeUndefined();
    expect(previousLargerLimit(createClusterView([]), undefined, container, [])).toBeUndefined();
  });
});
