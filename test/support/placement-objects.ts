import type { WireObject } from '../../src/core/cluster/object.ts';
import { ago, minute } from './shop-objects.ts';

type Extra = Readonly<Record<string, unknown>>;

/** A node as a kubelet registers it. */
export function worker(
  name: string,
  given: {
    readonly cpu?: string;
    readonly memory?: string;
    readonly pods?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly taints?: readonly Extra[];
    readonly cordoned?: boolean;
    readonly allocatable?: Extra;
  } = {},
): WireObject {
  const { cpu = '4', memory = '8Gi', pods = '110' } = given;
  const taints = [
    ...(given.taints ?? []),
    ...(given.cordoned === true ? [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] : []),
  ];
  const allocatable = { cpu, memory, pods, 'ephemeral-storage': '100Gi', ...given.allocatable };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `uid-node-${name}`,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...given.labels },
    },
    spec: { ...(given.cordoned === true ? { unschedulable: true } : {}), ...(taints.length === 0 ? {} : { taints }) },
    status: {
      allocatable,
      capacity: allocatable,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  } as WireObject;
}

export function requesting(requests: Extra, more: Extra = {}): Extra {
  return { containers: [{ name: 'app', image: 'registry.example/app:1', resources: { requests }, ...more }] };
}

/** A Deployment called `name` with its ReplicaSet `name-1`; the pods are made by `waitingPod` and `placedPod`. */
export function app(
  name: string,
  spec: Extra,
  given: {
    readonly namespace?: string;
    readonly replicas?: number;
    readonly revision?: number;
    readonly labels?: Readonly<Record<string, string>>;
  } = {},
): WireObject[] {
  const { namespace = 'shop', replicas = 1, revision = 1 } = given;
  const labels = { app: name, ...given.labels };
  const selector = { matchLabels: { app: name } };
  const template = { metadata: { labels }, spec };
  const annotations = { 'deployment.kubernetes.io/revision': String(revision) };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name,
        namespace,
        uid: `uid-deployment-${namespace}-${name}`,
        annotations,
        creationTimestamp: ago(60 * minute),
      },
      spec: { replicas, selector, template },
      status: { replicas, updatedReplicas: replicas, unavailableReplicas: replicas },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${revision}`,
        namespace,
        uid: `uid-rs-${namespace}-${name}-${revision}`,
        annotations,
        creationTimestamp: ago(60 * minute),
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name,
            uid: `uid-deployment-${namespace}-${name}`,
            controller: true,
          },
        ],
      },
      spec: { replicas, selector, template },
      status: { replicas, readyReplicas: 0 },
    },
  ] as unknown as WireObject[];
}

type PodGiven = {
  /** Name of the app; null for a bare pod. */
  readonly of?: string | null;
  readonly namespace?: string;
  readonly spec?: Extra;
  readonly labels?: Readonly<Record<string, string>>;
  readonly metadata?: Extra;
  readonly status?: Extra;
  readonly agoMs?: number;
};

function podOf(name: string, given: PodGiven, spec: Extra, status: Extra): WireObject {
  const { of = 'web', namespace = 'shop', agoMs = 10 * minute } = given;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-pod-${namespace}-${name}`,
      creationTimestamp: ago(agoMs),
      labels: { ...(of === null ? {} : { app: of }), ...given.labels },
      ...(of === null
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: 'apps/v1',
                kind: 'ReplicaSet',
                name: `${of}-1`,
                uid: `uid-rs-${namespace}-${of}-1`,
                controller: true,
              },
            ],
          }),
      ...given.metadata,
    },
    spec: { schedulerName: 'default-scheduler', ...spec, ...given.spec },
    status: { ...status, ...given.status },
  } as WireObject;
}

/** A pod that the scheduler refused, with its sentence. */
export function waitingPod(name: string, spec: Extra, message: string | undefined, given: PodGiven = {}): WireObject {
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    lastTransitionTime: ago(given.agoMs ?? 10 * minute),
    ...(message === undefined ? {} : { message }),
  };
  return podOf(name, given, spec, { phase: 'Pending', qosClass: 'Burstable', conditions: [condition] });
}

/** A pod that no scheduler has looked at. */
export function unseenPod(name: string, spec: Extra, given: PodGiven = {}): WireObject {
  return podOf(name, given, spec, { phase: 'Pending', qosClass: 'BestEffort' });
}

export function placedPod(name: string, nodeName: string, spec: Extra, given: PodGiven = {}): WireObject {
  return podOf(
    name,
    { of: null, ...given },
    { ...spec, nodeName },
    {
      phase: 'Running',
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: ago(given.agoMs ?? 60 * minute) },
        { type: 'Ready', status: 'True' },
      ],
    },
  );
}

export const everything = [
  'Pod',
  'Node',
  'Event',
  'PersistentVolumeClaim',
  'ServiceAccount',
  'LimitRange',
  'ResourceQuota',
  'Service',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
].map((kind) => ({ kind })) as readonly { readonly kind: 'Pod' }[];
