import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { containerStatusesOf } from '../../../src/core/cluster/pod.ts';
import { beginOf } from '../../../src/core/diagnosis/begin.ts';
import {
  ago,
  backOff,
  event,
  hour,
  minute,
  now,
  pod,
  second,
  terminated,
  waiting,
} from '../../support/shop-objects.ts';

const day = 24 * hour;
const name = 'checkout-1-aaaaa';

function podWith(status: object, condition: object | undefined, createdAgoMs: number): WireObject {
  const made = pod({ name, ready: false, createdAgoMs, containers: [{ status: { ...status } }] });
  const conditions = condition === undefined ? [] : [{ type: 'Ready', status: 'False', ...condition }];
  return {
    ...made,
    status: { ...(made as { status?: object }).status, startTime: ago(createdAgoMs), conditions },
  } as WireObject;
}

function minutesAgo(own: WireObject, events: readonly WireObject[] = []): number | undefined {
  const begin = beginOf(
    createClusterView([own, ...events]),
    containerStatusesOf(own).map((status) => ({ pod: own, status })),
  );
  return begin === undefined ? undefined : Math.round((now - begin) / minute);
}

const unready = (startedAgoMs: number) => ({
  ready: false,
  restartCount: 0,
  state: { running: { startedAt: ago(startedAgoMs) } },
});
const loop = (wait: string, restarts: number) => ({
  ...waiting('CrashLoopBackOff', `back-off ${wait} restarting failed container=checkout pod=x`),
  restartCount: restarts,
  lastState: terminated({ agoMs: minute }),
});

describe('when a trouble began', () => {
  it.each<[why: string, own: WireObject, minutes: number]>([
    [
      'the loss of readiness, not the creation',
      podWith(unready(90 * day), { lastTransitionTime: ago(7 * minute) }, 90 * day),
      7,
    ],
    [
      'the start of a container that was never ready',
      podWith(unready(29 * minute), { lastTransitionTime: ago(30 * minute) }, 30 * minute),
      29,
    ],
    [
      'the start of the pod where restarts fill its life',
      podWith(loop('5m0s', 7), { lastTransitionTime: ago(minute) }, 12 * minute),
      12,
    ],
    [
      'the ends that the back-off tells of in an old pod',
      podWith(loop('5m0s', 7), { lastTransitionTime: ago(minute) }, 90 * day),
      6,
    ],
    ['the only end of an old pod', podWith(loop('10s', 1), { lastTransitionTime: ago(minute) }, 90 * day), 1],
    [
      'the end itself where restarts are of long ago',
      podWith(backOff(terminated({ agoMs: second }), 400), undefined, 90 * day),
      1,
    ],
  ])('is %s', (_why, own, minutes) => {
    expect(minutesAgo(own)).toBe(minutes);
  });

  it('is the first event of this trouble, and not one of a trouble that was over, of another container or of its image', () => {
    const own = podWith(loop('10s', 2), { lastTransitionTime: ago(minute) }, 90 * day);
    const said = (
      id: string,
      firstAgoMs: number,
      lastAgoMs: number,
      message: string,
      place = 'spec.containers{checkout}',
    ) => {
      const object = event({ about: own, reason: 'BackOff', message, agoMs: lastAgoMs });
      return {
        ...object,
        metadata: { ...object.metadata, name: id },
        involvedObject: { ...(object as unknown as { involvedObject: object }).involvedObject, fieldPath: place },
        firstTimestamp: ago(firstAgoMs),
        lastTimestamp: ago(lastAgoMs),
      } as unknown as WireObject;
    };
    const restarting = 'Back-off restarting failed container checkout in pod x';
    const events = [
      said('a', 9 * minute, minute, restarting),
      said('b', 3 * hour, 2 * hour, restarting),
      said('c', 40 * minute, minute, restarting, 'spec.containers{proxy}'),
      said('d', 30 * minute, 10 * minute, 'Back-off pulling image "x"'),
    ];
    expect(minutesAgo(own, events)).toBe(9);
  });

  it('is not known where nothing tells a time', () => {
    const own = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop' },
      status: { containerStatuses: [{ name: 'a' }] },
    };
    expect(minutesAgo(own as unknown as WireObject)).toBeUndefined();
  });
});
