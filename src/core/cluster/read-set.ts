import { type KnownKind, knownKindNames, typeOfKind } from './kinds.ts';
import type { ObjectRef } from './object.ts';

/**
 * One list that an investigation needs. `source` is how people are told when it could not be read.
 *
 * `need`: a `required` list that could not be read keeps a scope from being called healthy. A `background` one (what is common to all workloads, and other
 * people's custom resources) does so unless it was refused: a role that may not see webhooks can still see that nothing is wrong.
 */
export type PlannedRead = {
  readonly kind: KnownKind;
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly source: string;
  readonly need: 'required' | 'background';
  /** The largest number of objects that are read whole. Beyond it their printed lines are read, and only those whole that are not well. Absent: always whole. */
  readonly wholeUpTo?: number;
  /** Of a list that may be endless (events): how many are enough. */
  readonly upTo?: number;
  /** Names that are read whole in any case. */
  readonly keep?: RegExp;
};

export type ReadScope = { readonly namespace?: string | undefined; readonly object?: ObjectRef | undefined };

export const systemNamespace = 'kube-system';
const leaseNamespace = 'kube-node-lease';

/** Pods that are the control plane, DNS and the network of a cluster: there are few, and they matter also when they look well. */
const systemPods =
  /^(?:kube-(?:apiserver|scheduler|controller-manager)|etcd|cloud-controller-manager|coredns|kube-dns)[a-z0-9.-]*$/;

const many = { Pod: 150, Deployment: 200, StatefulSet: 200, ReplicaSet: 200, Job: 150, ConfigMap: 100 } as const;

/** What belongs to a namespace and is few enough to be read whole, and what is counted first. */
const namespaceKinds: readonly KnownKind[] = [
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
  'Service',
  'EndpointSlice',
  'Ingress',
  'NetworkPolicy',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'PersistentVolumeClaim',
  'ConfigMap',
  'ServiceAccount',
  'ResourceQuota',
  'LimitRange',
];

const systemKinds: readonly KnownKind[] = [
  'ReplicaSet',
  'StatefulSet',
  'Pod',
  'Deployment',
  'Service',
  'EndpointSlice',
  'ConfigMap',
  'Lease',
];

/** Kinds without a namespace. In a large cluster there may be thousands of volumes: counted first. */
const clusterKinds: readonly KnownKind[] = [
  'PersistentVolume',
  'StorageClass',
  'VolumeAttachment',
  'CSIDriver',
  'CSINode',
  'PriorityClass',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'APIService',
  'GatewayClass',
];
const countedClusterKinds: ReadonlySet<KnownKind> = new Set(['PersistentVolume', 'VolumeAttachment', 'CSINode']);

/** Custom resources: a cluster that does not serve them has none. They live in namespaces of their own controllers as well. */
const customKinds: readonly KnownKind[] = ['HTTPRoute', 'Gateway', 'Certificate'];
const deliveryKinds: readonly KnownKind[] = ['Application', 'Kustomization', 'HelmRelease', 'GitRepository'];

const manyOfACluster = 300;
const enoughEvents = 500;
const enoughWarnings = 3000;

/**
 * The lists that answer a question about a scope, all independent of each other. What they refer to and did not give is read after them, by name.
 *
 * - a namespace, or an object or alert in one: everything in it, what it may use of the cluster, and the cluster's own workloads
 * - a node: the pods on it, its lease and events
 * - nothing named: every namespace, counted first
 */
export function readSetFor(scope: ReadScope): readonly PlannedRead[] {
  const nodes: PlannedRead = { kind: 'Node', source: 'nodes', need: 'required' };
  if (scope.object?.kind === 'Node') return [nodes, ...ofNode(scope.object.name), ...common(undefined)];
  const { namespace } = scope;
  return namespace === undefined
    ? [nodes, ...ofEveryNamespace(), ...common(undefined, true)]
    : [nodes, ...ofNamespace(namespace, scope.object?.kind), ...common(namespace)];
}

/** Every list of every kind: what lies in memory already costs nothing to list. */
export function readSetOfCapture(): readonly PlannedRead[] {
  return knownKindNames.map((kind) => ({ kind, source: sourceOf(kind, undefined), need: 'required' }));
}

function ofNode(name: string): readonly PlannedRead[] {
  return [
    { kind: 'Pod', fieldSelector: `spec.nodeName=${name}`, source: `pods on node ${name}`, need: 'required' },
    {
      kind: 'Event',
      fieldSelector: `involvedObject.kind=Node,involvedObject.name=${name}`,
      source: `events of node ${name}`,
      need: 'required',
      upTo: enoughEvents,
    },
    {
      kind: 'Lease',
      namespace: leaseNamespace,
      fieldSelector: `metadata.name=${name}`,
      source: `lease of node ${name}`,
      need: 'background',
    },
  ];
}

function ofNamespace(namespace: string, asked: string | undefined): readonly PlannedRead[] {
  const revisions = asked === 'StatefulSet' || asked === 'DaemonSet';
  const kinds = [...namespaceKinds, ...(revisions ? (['ControllerRevision'] as const) : [])];
  return [
    ...kinds.map((kind) => listOf(kind, namespace, 'required')),
    ...customKinds.map((kind) => listOf(kind, namespace, 'background')),
    ...events(namespace, 'required'),
    {
      kind: 'Namespace',
      fieldSelector: `metadata.name=${namespace}`,
      source: `namespace ${namespace}`,
      need: 'background',
    },
    ...(namespace === systemNamespace ? controlPlane('required') : []),
  ];
}

function events(namespace: string, need: PlannedRead['need']): readonly PlannedRead[] {
  const source = `events in namespace ${namespace}`;
  // Most namespaces have few, and then all of them are one request. Of many, those that warn.
  return [
    { kind: 'Event', namespace, source, need, upTo: enoughEvents },
    { kind: 'Event', namespace, fieldSelector: 'type!=Normal', source, need, upTo: enoughWarnings },
  ];
}

function ofEveryNamespace(): readonly PlannedRead[] {
  const counted = (kind: KnownKind, need: PlannedRead['need']): PlannedRead => ({
    ...listOf(kind, undefined, need),
    wholeUpTo: kind === 'Pod' ? many.Pod : manyOfACluster,
  });
  return [
    ...namespaceKinds.filter((kind) => kind !== 'ServiceAccount').map((kind) => counted(kind, 'required')),
    ...customKinds.map((kind) => counted(kind, 'background')),
    counted('Namespace', 'background'),
    {
      kind: 'Event',
      fieldSelector: 'type!=Normal',
      source: 'events in all namespaces',
      need: 'required',
      upTo: enoughWarnings,
    },
    ...controlPlane('background'),
    { ...listOf('Lease', leaseNamespace, 'background'), upTo: enoughWarnings },
  ];
}

/** What holds for every workload, wherever it runs. */
function common(namespace: string | undefined, isCounted = false): readonly PlannedRead[] {
  const system = systemKinds
    .filter((kind) => kind === 'Lease' || namespace !== systemNamespace)
    .map(
      (kind): PlannedRead => ({
        ...listOf(kind, systemNamespace, namespace === systemNamespace ? 'required' : 'background'),
        ...(kind === 'Pod' ? { wholeUpTo: 20, keep: systemPods } : {}),
      }),
    );
  return [
    ...system,
    // The network and storage of a cluster run as DaemonSets in namespaces of their own.
    ...(isCounted ? [] : [{ ...listOf('DaemonSet', undefined, 'background'), wholeUpTo: manyOfACluster }]),
    ...(namespace === systemNamespace
      ? []
      : [
          {
            kind: 'Event',
            namespace: systemNamespace,
            fieldSelector: 'type!=Normal',
            source: `events in namespace ${systemNamespace}`,
            need: 'background',
            upTo: enoughEvents,
          } as const,
        ]),
    ...clusterKinds.map(
      (kind): PlannedRead => ({
        ...listOf(kind, undefined, 'background'),
        ...(countedClusterKinds.has(kind) ? { wholeUpTo: manyOfACluster } : {}),
      }),
    ),
    ...deliveryKinds.map((kind): PlannedRead => ({ ...listOf(kind, undefined, 'background'), wholeUpTo: 100 })),
  ];
}

// ComponentStatus asks the scheduler and controller-manager on the API server's own host: told only where the control plane is the question.
function controlPlane(need: PlannedRead['need']): readonly PlannedRead[] {
  return [listOf('ComponentStatus', undefined, need)];
}

function listOf(kind: KnownKind, namespace: string | undefined, need: PlannedRead['need']): PlannedRead {
  const wholeUpTo = Object.entries(many).find(([name]) => name === kind)?.[1];
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    source: sourceOf(kind, namespace),
    need,
    ...(wholeUpTo === undefined ? {} : { wholeUpTo }),
    ...(kind === 'Pod' ? { keep: systemPods } : {}),
  };
}

/** `pods in namespace shop`, `storageclasses`: how people are told of a list. */
export function sourceOf(kind: KnownKind, namespace: string | undefined): string {
  const { resource, namespaced } = typeOfKind(kind);
  if (!namespaced) return resource;
  return `${resource} in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}`;
}

/** A list of the one object a reference names, over all namespaces when it says none. */
export function readOfName(kind: KnownKind, name: string): PlannedRead {
  return {
    kind,
    fieldSelector: `metadata.name=${name}`,
    source: `${typeOfKind(kind).resource} called ${name}`,
    need: 'required',
    upTo: 50,
  };
}
