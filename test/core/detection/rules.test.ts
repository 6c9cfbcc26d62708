import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { examineCertificate } from '../../../src/core/detection/examine-certificate.ts';
import { examineClaim, waitingClasses } from '../../../src/core/detection/examine-claim.ts';
import { examineArgoApplication, examineFlux } from '../../../src/core/detection/examine-gitops.ts';
import { brokenNodesOf, examineNode } from '../../../src/core/detection/examine-node.ts';
import { examinePod, type Owner } from '../../../src/core/detection/examine-pod.ts';
import { examineServices } from '../../../src/core/detection/examine-services.ts';
import { examineWorkload } from '../../../src/core/detection/examine-workload.ts';
import { fingerprintOf, patienceOf, rules } from '../../../src/core/detection/sighting.ts';

const now = Date.parse('2026-11-21T04:00:00.000Z');
const at = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString().replace('.000', '');
const condition = (type: string, status: string, more: object = {}) => ({
  type,
  status,
  lastTransitionTime: at(10),
  ...more,
});

function object(kind: string, more: object = {}, metadata: object = {}): WireObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name: 'it', namespace: 'shop', uid: 'u-1', creationTimestamp: at(30), ...metadata },
    ...more,
  };
}

const owner: Owner = {
  ref: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  uid: 'u-checkout',
};
const container = (state: object, more: object = {}) => ({
  name: 'app',
  image: 'shop/app:v2',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});
const pod = (status: object, metadata: object = {}, spec: object = { nodeName: 'node-1' }) =>
  object('Pod', { spec, status }, metadata);
const scheduled = condition('PodScheduled', 'True');
const waiting = (reason: string) => ({ waiting: { reason } });
const ended = { terminated: { exitCode: 1, reason: 'Error', finishedAt: at(2) } };

describe('a pod', () => {
  it.each<[what: string, pod: WireObject, rule: string | undefined]>([
    [
      'that waits for its image',
      pod({ phase: 'Pending', conditions: [scheduled], containerStatuses: [container(waiting('ImagePullBackOff'))] }),
      'pod-image-pull',
    ],
    [
      'whose second container waits for its image while the first runs',
      pod({
        phase: 'Running',
        containerStatuses: [container({ running: {} }, { ready: true }), container(waiting('ErrImagePull'))],
      }),
      'pod-image-pull',
    ],
    [
      'that backs off',
      pod({
        phase: 'Running',
        containerStatuses: [container(waiting('CrashLoopBackOff'), { restartCount: 5, lastState: ended })],
      }),
      'pod-crash-looping',
    ],
    [
      'that runs for a moment between two ends',
      pod({
        phase: 'Running',
        conditions: [condition('Ready', 'False')],
        containerStatuses: [container({ running: { startedAt: at(1) } }, { restartCount: 5, lastState: ended })],
      }),
      'pod-crash-looping',
    ],
    [
      'that restarted once and is starting',
      pod({
        phase: 'Running',
        conditions: [condition('Ready', 'False')],
        containerStatuses: [container({ running: {} }, { restartCount: 1, lastState: ended })],
      }),
      'pod-not-ready',
    ],
    [
      'that ended often, long ago, and is ready',
      pod({
        phase: 'Running',
        conditions: [condition('Ready', 'True')],
        containerStatuses: [
          container(
            { running: {} },
            { ready: true, restartCount: 9, lastState: { terminated: { exitCode: 1, finishedAt: at(600) } } },
          ),
        ],
      }),
      undefined,
    ],
    [
      'without a node',
      pod({
        phase: 'Pending',
        conditions: [condition('PodScheduled', 'False', { reason: 'Unschedulable', message: '0/3 nodes' })],
      }),
      'pod-unschedulable',
    ],
    ['that no scheduler has looked at', pod({ phase: 'Pending' }), 'pod-unschedulable'],
    [
      'that is gated on purpose',
      pod({ phase: 'Pending', conditions: [condition('PodScheduled', 'False', { reason: 'SchedulingGated' })] }),
      undefined,
    ],
    [
      'whose volume is not mounted',
      pod({ phase: 'Pending', conditions: [scheduled], containerStatuses: [container(waiting('ContainerCreating'))] }),
      'pod-not-starting',
    ],
    [
      'whose configuration is missing',
      pod({
        phase: 'Pending',
        conditions: [scheduled],
        containerStatuses: [container(waiting('CreateContainerConfigError'))],
      }),
      'pod-not-starting',
    ],
    [
      'whose init container works',
      pod({
        phase: 'Pending',
        conditions: [scheduled],
        initContainerStatuses: [container({ running: {} })],
        containerStatuses: [container(waiting('PodInitializing'))],
      }),
      undefined,
    ],
    [
      'that runs unready',
      pod({
        phase: 'Running',
        conditions: [condition('Ready', 'False', { reason: 'ContainersNotReady' })],
        containerStatuses: [container({ running: {} })],
      }),
      'pod-not-ready',
    ],
    [
      'that is well',
      pod({
        phase: 'Running',
        conditions: [condition('Ready', 'True')],
        containerStatuses: [container({ running: {} }, { ready: true })],
      }),
      undefined,
    ],
    ['that has succeeded', pod({ phase: 'Succeeded', conditions: [condition('Ready', 'False')] }), undefined],
    [
      'that is done and not yet called so',
      pod({ phase: 'Running', conditions: [condition('Ready', 'False', { reason: 'PodCompleted' })] }),
      undefined,
    ],
    [
      'that ends',
      pod({ phase: 'Running', conditions: [condition('Ready', 'False')] }, { deletionTimestamp: at(1) }),
      undefined,
    ],
    [
      'on a node that is down',
      pod({ phase: 'Running', conditions: [condition('Ready', 'False')] }, {}, { nodeName: 'down' }),
      undefined,
    ],
    ['without a status', pod({}), undefined],
    ['whose status is a text', object('Pod', { status: 'broken' }), undefined],
    [
      'whose conditions are no list',
      pod({ phase: 'Running', conditions: { Ready: 'False' }, containerStatuses: 7 }),
      undefined,
    ],
  ])('%s', (_what, given, rule) => {
    const seen = examinePod(given, owner, now, new Set(['down']));
    expect(seen?.rule).toBe(rule);
    if (seen !== undefined)
      expect(seen).toMatchObject({ object: owner.ref, uid: 'u-checkout', related: [{ kind: 'Pod', name: 'it' }] });
  });

  it('says since when, as far as the cluster does', () => {
    const seen = examinePod(pod({ phase: 'Pending', conditions: [scheduled] }), owner, now, new Set());
    expect(seen?.since).toBe(now - 600_000);
  });
});

describe('a claim', () => {
  const slow = { kind: 'StorageClass', apiVersion: 'storage.k8s.io/v1', metadata: { name: 'slow' } };
  const classes = waitingClasses([
    { ...slow, volumeBindingMode: 'WaitForFirstConsumer' } as WireObject,
    { ...slow, metadata: { name: 'fast' }, volumeBindingMode: 'Immediate' } as WireObject,
  ]);
  const claim = (phase: string, storageClassName?: string, annotations?: Record<string, string>) =>
    object(
      'PersistentVolumeClaim',
      { spec: { storageClassName }, status: { phase } },
      annotations === undefined ? {} : { annotations },
    );
  it.each<[string, WireObject, string | undefined]>([
    ['that is lost', claim('Lost', 'fast'), 'claim-lost'],
    ['that is pending', claim('Pending', 'fast'), 'claim-pending'],
    ['of a class that does not exist', claim('Pending', 'gone'), 'claim-pending'],
    ['without a class', claim('Pending'), 'claim-pending'],
    ['that waits for its first consumer', claim('Pending', 'slow'), undefined],
    [
      'whose consumer has a node',
      claim('Pending', 'slow', { 'volume.kubernetes.io/selected-node': 'n' }),
      'claim-pending',
    ],
    ['that is bound', claim('Bound', 'fast'), undefined],
    ['without a status', object('PersistentVolumeClaim'), undefined],
  ])('%s', (_what, given, rule) => {
    expect(examineClaim(given, classes)?.rule).toBe(rule);
  });
});

describe('a certificate', () => {
  const certificate = (status: object) => object('Certificate', { status });
  it.each<[string, WireObject, string | undefined]>([
    [
      'that has ended, whatever it says of itself',
      certificate({ notAfter: at(1), conditions: [condition('Ready', 'True')] }),
      'certificate-expired',
    ],
    [
      'that was to be renewed long ago',
      certificate({ notAfter: at(-9_000), renewalTime: at(120), conditions: [condition('Ready', 'True')] }),
      'certificate-renewal-overdue',
    ],
    [
      'that is being renewed',
      certificate({ notAfter: at(-9_000), renewalTime: at(5), conditions: [condition('Ready', 'True')] }),
      undefined,
    ],
    ['that cannot be issued', certificate({ conditions: [condition('Ready', 'False')] }), 'certificate-not-ready'],
    ['that is well', certificate({ notAfter: at(-9_000), conditions: [condition('Ready', 'True')] }), undefined],
    ['with a time that is none', certificate({ notAfter: 'soon' }), undefined],
    ['with the zero time of Go', certificate({ notAfter: '0001-01-01T00:00:00Z' }), undefined],
  ])('%s', (_what, given, rule) => {
    expect(examineCertificate(given, now)?.rule).toBe(rule);
  });
});

describe('a node', () => {
  const node = (...conditions: object[]) =>
    object('Node', { status: { conditions }, spec: { unschedulable: true } }, { namespace: undefined });
  it.each<[string, WireObject, string | undefined, string | undefined]>([
    [
      'that does not report',
      node(condition('Ready', 'Unknown'), condition('MemoryPressure', 'True')),
      'node-not-ready',
      'critical',
    ],
    ['whose kubelet complains', node(condition('Ready', 'False')), 'node-not-ready', 'critical'],
    [
      'under pressure',
      node(condition('Ready', 'True'), condition('DiskPressure', 'True')),
      'node-under-pressure',
      'warning',
    ],
    [
      'without a network',
      node(condition('Ready', 'True'), condition('NetworkUnavailable', 'True')),
      'node-network-unavailable',
      'critical',
    ],
    ['that is only cordoned', node(condition('Ready', 'True')), undefined, undefined],
    ['that has not reported yet', node(), undefined, undefined],
  ])('%s', (_what, given, rule, severity) => {
    expect([examineNode(given)?.rule, examineNode(given)?.severity]).toEqual([rule, severity]);
  });

  it('explains its pods while it is not ready, and not for less', () => {
    const seen = [
      node(condition('Ready', 'Unknown')),
      node(condition('Ready', 'True'), condition('DiskPressure', 'True')),
    ];
    expect([...brokenNodesOf(seen.flatMap((one) => examineNode(one) ?? []))]).toEqual(['it']);
    expect([...brokenNodesOf(seen.slice(1).flatMap((one) => examineNode(one) ?? []))]).toEqual([]);
  });
});

describe('GitOps', () => {
  const flux = (status: object, spec: object = {}, metadata: object = {}) =>
    object('Kustomization', { spec, status }, metadata);
  it.each<[string, WireObject, string | undefined]>([
    ['that stalled', flux({ conditions: [condition('Stalled', 'True'), condition('Ready', 'False')] }), 'flux-stalled'],
    [
      'that cannot build',
      flux({ conditions: [condition('Ready', 'False', { reason: 'BuildFailed' })] }),
      'flux-not-ready',
    ],
    ['at work', flux({ conditions: [condition('Ready', 'False', { reason: 'Progressing' })] }), undefined],
    [
      'that waits for another',
      flux({ conditions: [condition('Ready', 'False', { reason: 'DependencyNotReady' })] }),
      undefined,
    ],
    ['of unknown readiness', flux({ conditions: [condition('Ready', 'Unknown')] }), undefined],
    ['that is suspended', flux({ conditions: [condition('Ready', 'False')] }, { suspend: true }), undefined],
    [
      'that has not looked at its last change',
      flux({ observedGeneration: 1, conditions: [condition('Ready', 'False')] }, {}, { generation: 2 }),
      undefined,
    ],
    ['that is well', flux({ conditions: [condition('Ready', 'True')] }), undefined],
  ])('a Kustomization of Flux %s', (_what, given, rule) => {
    expect(examineFlux(given)?.rule).toBe(rule);
  });

  const application = (status: object) => object('Application', { status });
  it.each<[string, WireObject, string | undefined]>([
    ['that is degraded', application({ health: { status: 'Degraded' } }), 'argocd-degraded'],
    ['that progresses', application({ health: { status: 'Progressing' } }), undefined],
    [
      'whose sync failed',
      application({ sync: { status: 'OutOfSync' }, operationState: { phase: 'Failed', finishedAt: at(9) } }),
      'argocd-sync-failed',
    ],
    [
      'whose sync failed before and is in sync now',
      application({ sync: { status: 'Synced' }, operationState: { phase: 'Failed' } }),
      undefined,
    ],
    [
      'that is only out of sync',
      application({ sync: { status: 'OutOfSync' }, operationState: { phase: 'Succeeded' } }),
      undefined,
    ],
    [
      'that cannot be compared',
      application({ conditions: [{ type: 'ComparisonError', message: 'x' }] }),
      'argocd-error',
    ],
    ['with a warning', application({ conditions: [{ type: 'OrphanedResourceWarning' }] }), undefined],
    ['without a status', object('Application'), undefined],
  ])('an Application of Argo CD %s', (_what, given, rule) => {
    expect(examineArgoApplication(given)?.rule).toBe(rule);
  });
});

describe('a Service', () => {
  const selector = { app: 'checkout' };
  const service = (spec: object = { selector }, metadata: object = { name: 'checkout' }) =>
    object('Service', { spec }, metadata);
  const slice = (...ready: (boolean | undefined)[]) =>
    object(
      'EndpointSlice',
      { endpoints: ready.map((is) => ({ conditions: { ready: is } })) },
      { labels: { 'kubernetes.io/service-name': 'checkout' } },
    );
  const workload = (replicas: number, labels: object = { app: 'checkout', tier: 'web' }, kind = 'Deployment') =>
    object(kind, {
      spec: { replicas, template: { metadata: { labels } } },
      status: { desiredNumberScheduled: replicas },
    });
  it.each<[string, Parameters<typeof examineServices>[0], number]>([
    ['without any endpoint', { services: [service()], slices: [], workloads: [workload(2)] }, 1],
    ['with unready endpoints only', { services: [service()], slices: [slice(false)], workloads: [workload(2)] }, 1],
    [
      'with one ready among others',
      { services: [service()], slices: [slice(false, true)], workloads: [workload(2)] },
      0,
    ],
    ['whose endpoint does not say', { services: [service()], slices: [slice(undefined)], workloads: [workload(2)] }, 0],
    ['whose workload is scaled to nothing', { services: [service()], slices: [], workloads: [workload(0)] }, 0],
    [
      'over a DaemonSet that wants pods',
      { services: [service()], slices: [], workloads: [workload(3, selector, 'DaemonSet')] },
      1,
    ],
    ['that nothing stands behind', { services: [service()], slices: [], workloads: [workload(2, { app: 'cart' })] }, 0],
    ['without a selector', { services: [service({})], slices: [], workloads: [workload(2)] }, 0],
    [
      'that is a name outside',
      { services: [service({ type: 'ExternalName', selector })], slices: [], workloads: [workload(2)] },
      0,
    ],
    [
      'with a workload in another namespace',
      {
        services: [service({ selector }, { name: 'checkout', namespace: 'bank' })],
        slices: [],
        workloads: [workload(2)],
      },
      0,
    ],
  ])('%s', (_what, given, found) => {
    expect(examineServices(given)).toHaveLength(found);
  });

  it('names the workloads behind it as the same problem', () => {
    const [seen] = examineServices({ services: [service()], slices: [], workloads: [workload(2)] });
    expect(seen).toMatchObject({ severity: 'critical', related: [{ kind: 'Deployment', name: 'it' }] });
  });
});

describe('a workload that only events speak of', () => {
  const set = (status: object, kind = 'ReplicaSet') => object(kind, { spec: { replicas: 2 }, status });
  const refused = { replicas: 1, conditions: [condition('ReplicaFailure', 'True', { message: 'exceeded quota' })] };
  const failed = { conditions: [condition('Failed', 'True', { reason: 'BackoffLimitExceeded' })] };
  const said = { reason: 'FailedCreate', message: 'forbidden' };
  it.each<[string, WireObject, typeof said, string | undefined]>([
    ['ReplicaSet that may not create', set(refused), said, 'replicas-not-created'],
    ['ReplicaSet that has all its pods by now', set({ ...refused, replicas: 2 }), said, undefined],
    ['ReplicaSet of another trouble', set({ replicas: 1 }), { ...said, reason: 'FailedMount' }, undefined],
    ['StatefulSet, which has no condition for it', set({ replicas: 1 }, 'StatefulSet'), said, 'replicas-not-created'],
    [
      'DaemonSet with pods missing',
      set({ desiredNumberScheduled: 3, currentNumberScheduled: 1 }, 'DaemonSet'),
      said,
      'replicas-not-created',
    ],
    ['Job that failed', set(failed, 'Job'), said, 'job-failed'],
    ['Job that works', set({ failed: 1 }, 'Job'), said, undefined],
  ])('%s', (_what, given, event, rule) => {
    expect(examineWorkload(given, owner, event)?.rule).toBe(rule);
  });

  it('is answered by a later run of its CronJob', () => {
    const cronJob: Owner = {
      ref: { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'shop', name: 'bill' },
      uid: 'u-bill',
      object: object('CronJob', { status: { lastSuccessfulTime: at(5) } }),
    };
    expect(examineWorkload(set(failed, 'Job'), cronJob, said)).toBeUndefined();
    const before = { ...cronJob, object: object('CronJob', { status: { lastSuccessfulTime: at(50) } }) };
    expect(examineWorkload(set(failed, 'Job'), before, said)).toMatchObject({
      object: { kind: 'CronJob' },
      related: [{ kind: 'Job' }],
    });
  });
});

describe('a fingerprint', () => {
  const ref = owner.ref;
  it('is of one rule and one object, and not of its version or its name alone', () => {
    const one = fingerprintOf({ rule: 'pod-not-ready', object: ref, uid: 'a' });
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(fingerprintOf({ rule: 'pod-not-ready', object: { ...ref, apiVersion: 'apps/v2' }, uid: 'a' })).toBe(one);
    for (const other of [
      { rule: 'pod-not-starting', object: ref, uid: 'a' } as const,
      { rule: 'pod-not-ready', object: ref, uid: 'b' } as const,
      { rule: 'pod-not-ready', object: { ...ref, kind: 'StatefulSet' }, uid: 'a' } as const,
    ])
      expect(fingerprintOf(other)).not.toBe(one);
  });
});

describe('the rules', () => {
  it('are stable words with a meaning, and none is told sooner than the least age', () => {
    expect(Object.keys(rules).length).toBeGreaterThan(15);
    for (const [rule, { meaning }] of Object.entries(rules)) {
      expect(rule).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(meaning).toMatch(/\w{3}/);
      expect(patienceOf(rule as keyof typeof rules, 1_000)).toBeGreaterThanOrEqual(1_000);
    }
  });
});
