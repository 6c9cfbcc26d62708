import { describe, expect, it } from 'vitest';
import { summarisePod } from '../../../../src/core/action/output/pod-summary.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { minutesAgo, pod, running, terminated, waiting, wire } from './wire.ts';

const initPod = (initStatuses: readonly unknown[], specs: readonly unknown[], more: Record<string, unknown> = {}) =>
  pod([waiting('PodInitializing')], {
    spec: { initContainers: specs },
    status: { phase: 'Pending', initContainerStatuses: initStatuses, ...more },
  });
const sidecar = { name: 'mesh', restartPolicy: 'Always' };

describe('summarisePod', () => {
  it.each<[why: string, pod: WireObject, ready: string, status: string]>([
    ['a running pod', pod([running]), '1/1', 'Running'],
    [
      'a pod that is not scheduled',
      pod([{}], { status: { phase: 'Pending', containerStatuses: [] } }),
      '0/1',
      'Pending',
    ],
    ['a crash loop', pod([waiting('CrashLoopBackOff')]), '0/1', 'CrashLoopBackOff'],
    ['an image that cannot be pulled', pod([waiting('ImagePullBackOff')]), '0/1', 'ImagePullBackOff'],
    ['a killed container', pod([terminated(137, 'OOMKilled')]), '0/1', 'OOMKilled'],
    ['an exit without a reason', pod([terminated(3)]), '0/1', 'ExitCode:3'],
    ['a signal without a reason', pod([terminated(0, '', 9)]), '0/1', 'Signal:9'],
    [
      'the first container over the second',
      pod([waiting('CrashLoopBackOff'), waiting('ImagePullBackOff')]),
      '0/2',
      'CrashLoopBackOff',
    ],
    ['a troubled container over a running one', pod([running, waiting('CrashLoopBackOff')]), '1/2', 'CrashLoopBackOff'],
    ['a finished pod', pod([terminated(0, 'Completed')], { status: { phase: 'Succeeded' } }), '0/1', 'Completed'],
    [
      'a finished container beside a ready one',
      pod([terminated(0, 'Completed'), running], { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
      '1/2',
      'Running',
    ],
    [
      'a finished container beside one that runs, unready',
      pod([terminated(0, 'Completed'), running], { status: { conditions: [{ type: 'Ready', status: 'False' }] } }),
      '1/2',
      'NotReady',
    ],
    [
      'a finished container beside a failed one',
      pod([terminated(0, 'Completed'), terminated(1, 'Error')]),
      '0/2',
      'Error',
    ],
    ['an evicted pod', pod([], { status: { phase: 'Failed', reason: 'Evicted' } }), '0/0', 'Evicted'],
    [
      'a gated pod',
      pod([], {
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
        },
      }),
      '0/0',
      'SchedulingGated',
    ],
    ['a pod being deleted', pod([running], { metadata: { deletionTimestamp: minutesAgo(1) } }), '1/1', 'Terminating'],
    [
      'a finished pod being deleted',
      pod([terminated(0, 'Completed')], {
        status: { phase: 'Succeeded' },
        metadata: { deletionTimestamp: minutesAgo(1) },
      }),
      '0/1',
      'Completed',
    ],
    [
      'a deleted pod on a lost node',
      pod([running], { status: { reason: 'NodeLost' }, metadata: { deletionTimestamp: minutesAgo(1) } }),
      '1/1',
      'Unknown',
    ],
    [
      'a running init container',
      initPod([{ name: 'a', state: { running: {} } }], [{ name: 'a' }, { name: 'b' }]),
      '0/1',
      'Init:0/2',
    ],
    [
      'the second init container',
      initPod(
        [
          { name: 'a', ...terminated(0) },
          { name: 'b', ...waiting('PodInitializing') },
        ],
        [{ name: 'a' }, { name: 'b' }],
      ),
      '0/1',
      'Init:1/2',
    ],
    [
      'a failing init container',
      initPod([{ name: 'a', ...waiting('CrashLoopBackOff') }], [{ name: 'a' }]),
      '0/1',
      'Init:CrashLoopBackOff',
    ],
    [
      'a failed init container',
      initPod([{ name: 'a', ...terminated(1, 'Error') }], [{ name: 'a' }]),
      '0/1',
      'Init:Error',
    ],
    [
      'an init container that exited',
      initPod([{ name: 'a', ...terminated(2) }], [{ name: 'a' }]),
      '0/1',
      'Init:ExitCode:2',
    ],
    [
      'a started sidecar beside waiting containers',
      initPod([{ name: 'mesh', started: true, ready: true, state: { running: {} } }], [sidecar]),
      '1/2',
      'PodInitializing',
    ],
    [
      'a restarting init container after initialisation',
      initPod([{ name: 'a', ...terminated(1, 'Error') }], [{ name: 'a' }], {
        conditions: [{ type: 'Initialized', status: 'True' }],
      }),
      '0/1',
      'PodInitializing',
    ],
    ['nothing but a name', wire('Pod', 'x'), '0/0', 'Unknown'],
    [
      'fields of wrong types',
      wire('Pod', 'x', { spec: 7, status: { containerStatuses: 'none', phase: ['Running'] } }),
      '0/0',
      'Unknown',
    ],
  ])('reads %s', (_why, object, ready, status) => {
    const summary = summarisePod(object);
    expect([`${summary.ready}/${summary.containers}`, summary.status]).toEqual([ready, status]);
  });

  it('sums restarts and keeps the latest', () => {
    const restarted = (restartCount: number, minutes: number) => ({
      ...running,
      restartCount,
      lastState: { terminated: { finishedAt: minutesAgo(minutes) } },
    });
    const summary = summarisePod(pod([restarted(2, 9), restarted(3, 4)]));
    expect(summary).toMatchObject({ restarts: 5, lastRestartAt: minutesAgo(4) });
  });

  it('counts restarts of init containers only while they block the pod', () => {
    const init = { name: 'a', restartCount: 4 };
    expect(summarisePod(initPod([{ ...init, ...waiting('CrashLoopBackOff') }], [{ name: 'a' }])).restarts).toBe(4);
    expect(summarisePod(initPod([{ ...init, ...terminated(0) }], [{ name: 'a' }])).restarts).toBe(0);
  });
});
