import type { WireObject } from '../../src/core/cluster/object.ts';

/** The instant the fixtures are seen at. */
export const now = Date.parse('2026-11-21T10:00:00Z');

export function ago(ms: number): string {
  return new Date(now - ms).toISOString().replace('.000Z', 'Z');
}

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

type Extra = Readonly<Record<string, unknown>>;

export type ContainerGiven = {
  readonly name?: string;
  readonly image?: string;
  readonly memoryLimit?: string | undefined;
  /** Status fields beside the name: state, lastState, restartCount, ready. Absent: running and ready for an hour. */
  readonly status?: Extra;
};

export const goodImage = 'registry.example/shop/checkout:1.4.2';
export const badImage = 'registry.example/shop/checkout:1.4.3';

export function node(name: string, memory = '16Gi', extra: Extra = {}): WireObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-node-${name}` },
    status: {
      allocatable: { cpu: '8', memory, pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
    ...extra,
  } as WireObject;
}

function templateOf(containers: readonly ContainerGiven[]): Extra {
  return {
    metadata: { labels: { app: 'checkout' } },
    spec: { containers: containers.map(specOf) },
  };
}

function specOf({ name = 'checkout', image = goodImage, memoryLimit }: ContainerGiven): Extra {
  return {
    name,
    image,
    ...(memoryLimit === undefined ? {} : { resources: { limits: { memory: memoryLimit } } }),
  };
}

export function deployment(given: {
  readonly name?: string;
  readonly namespace?: string;
  readonly revision?: number;
  readonly replicas?: number;
  readonly available?: number;
  readonly containers?: readonly ContainerGiven[];
  readonly conditions?: readonly Extra[];
  readonly spec?: Extra;
  readonly status?: Extra;
}): WireObject {
  const { name = 'checkout', namespace = 'shop', revision = 1, replicas = 1, containers = [{}] } = given;
  const available = given.available ?? replicas;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      uid: `uid-deployment-${namespace}-${name}`,
      generation: revision,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'checkout' } },
      template: templateOf(containers),
      ...given.spec,
    },
    status: {
      observedGeneration: revision,
      replicas,
      updatedReplicas: replicas,
      availableReplicas: available,
      conditions: given.conditions ?? [],
      ...given.status,
    },
  } as WireObject;
}

export function replicaSet(given: {
  readonly revision: number;
  readonly name?: string;
  readonly owner?: string;
  readonly namespace?: string;
  readonly replicas?: number;
  readonly ready?: number;
  readonly containers?: readonly ContainerGiven[];
}): WireObject {
  const { owner = 'checkout', namespace = 'shop', revision, replicas = 1, containers = [{}] } = given;
  const name = given.name ?? `${owner}-${revision}`;
  const ready = given.ready ?? replicas;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace,
      uid: `uid-rs-${namespace}-${name}`,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: owner,
          uid: `uid-deployment-${namespace}-${owner}`,
          controller: true,
        },
      ],
    },
    spec: { replicas, selector: { matchLabels: { app: 'checkout' } }, template: templateOf(containers) },
    status: { replicas, readyReplicas: ready, availableReplicas: ready },
  } as WireObject;
}

export function pod(given: {
  readonly name: string;
  readonly namespace?: string;
  /** Name of the owning ReplicaSet; null for a bare pod. */
  readonly owner?: string | null;
  readonly containers?: readonly ContainerGiven[];
  readonly phase?: string;
  readonly ready?: boolean;
  readonly createdAgoMs?: number;
  readonly nodeName?: string;
  readonly uid?: string;
  readonly metadata?: Extra;
  readonly spec?: Extra;
  readonly status?: Extra;
}): WireObject {
  const { name, namespace = 'shop', owner = 'checkout-1', containers = [{}], nodeName = 'n1' } = given;
  const ready = given.ready ?? true;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: given.uid ?? `uid-pod-${namespace}-${name}`,
      creationTimestamp: ago(given.createdAgoMs ?? hour),
      labels: { app: 'checkout' },
      ...(owner === null
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: 'apps/v1',
                kind: 'ReplicaSet',
                name: owner,
                uid: `uid-rs-${namespace}-${owner}`,
                controller: true,
              },
            ],
          }),
      ...given.metadata,
    },
    spec: { nodeName, containers: containers.map(specOf), ...given.spec },
    status: {
      phase: given.phase ?? 'Running',
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', ...(ready ? {} : { reason: 'ContainersNotReady' }) },
      ],
      containerStatuses: containers.map(({ name: container = 'checkout', image = goodImage, status }) => ({
        name: container,
        image,
        ...(status ?? {
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: ago(hour) } },
        }),
      })),
      ...given.status,
    },
  } as WireObject;
}

export function event(given: {
  readonly about: WireObject;
  readonly reason: string;
  readonly message?: string;
  readonly uid?: string | null;
  readonly agoMs?: number;
  readonly count?: number;
}): WireObject {
  const { about, reason, message = reason, agoMs = minute, count = 3 } = given;
  const uid = given.uid === undefined ? about.metadata.uid : given.uid;
  const namespace = about.metadata.namespace ?? 'default';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.metadata.name}.${reason.toLowerCase()}`, namespace },
    involvedObject: {
      kind: about.kind,
      namespace: about.metadata.namespace,
      name: about.metadata.name,
      ...(uid === null ? {} : { uid }),
    },
    type: 'Warning',
    reason,
    message,
    count,
    firstTimestamp: ago(agoMs + minute),
    lastTimestamp: ago(agoMs),
  } as WireObject;
}

export function waiting(reason: string, message?: string, more: Extra = {}): Extra {
  return {
    ready: false,
    restartCount: 0,
    state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
    ...more,
  };
}

export function terminated(given: {
  readonly reason?: string;
  readonly exitCode?: number;
  readonly agoMs: number;
  readonly ranMs?: number;
}): Extra {
  const { reason = 'Error', exitCode = 1, agoMs, ranMs = 20 * second } = given;
  return { terminated: { reason, exitCode, startedAt: ago(agoMs + ranMs), finishedAt: ago(agoMs) } };
}

export function backOff(end: Extra, restartCount = 4): Extra {
  return waiting('CrashLoopBackOff', 'back-off 40s restarting failed container', { restartCount, lastState: end });
}

export function runningAgain(end: Extra, sinceMs: number, restartCount: number): Extra {
  return { ready: true, restartCount, state: { running: { startedAt: ago(sinceMs) } }, lastState: end };
}

/** A Deployment with one healthy pod of revision 1 on node n1. */
export function healthyShop(): WireObject[] {
  return [node('n1'), deployment({}), replicaSet({ revision: 1 }), pod({ name: 'checkout-1-aaaaa' })];
}

/** Revision 2 cannot pull its image; the pod of revision 1 still runs. */
export function badImageShop(
  status: Extra = waiting('ImagePullBackOff', `Back-off pulling image "${badImage}"`),
): WireObject[] {
  const broken = pod({
    name: 'checkout-2-bbbbb',
    owner: 'checkout-2',
    containers: [{ image: badImage, status }],
    phase: 'Pending',
    ready: false,
    createdAgoMs: 4 * minute,
  });
  return [
    node('n1'),
    deployment({
      revision: 2,
      available: 1,
      replicas: 1,
      containers: [{ image: badImage }],
      status: { replicas: 2, updatedReplicas: 1, unavailableReplicas: 1 },
      conditions: [
        {
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          lastTransitionTime: ago(2 * minute),
        },
      ],
    }),
    replicaSet({ revision: 1 }),
    replicaSet({ revision: 2, ready: 0, containers: [{ image: badImage }] }),
    pod({ name: 'checkout-1-aaaaa' }),
    broken,
    event({ about: broken, reason: 'Failed', message: 'Error: ErrImagePull' }),
  ];
}

/** The only container is killed for memory again and again. */
export function oomShop(
  status: Extra = backOff(terminated({ reason: 'OOMKilled', exitCode: 137, agoMs: 10 * second })),
): WireObject[] {
  const containers = [{ memoryLimit: '256Mi', status }];
  const killed = pod({ name: 'checkout-1-aaaaa', containers, ready: false });
  return [
    node('n1'),
    deployment({ available: 0, containers }),
    replicaSet({ revision: 1, ready: 0, containers }),
    killed,
    event({ about: killed, reason: 'BackOff', message: 'Back-off restarting failed container' }),
  ];
}

/** The only container exits with code 1 again and again. */
export function crashShop(status: Extra = backOff(terminated({ agoMs: 10 * second }))): WireObject[] {
  const containers = [{ status }];
  const crashing = pod({ name: 'checkout-1-aaaaa', containers, ready: false });
  return [
    node('n1'),
    deployment({ available: 0, containers }),
    replicaSet({ revision: 1, ready: 0, containers }),
    crashing,
    event({ about: crashing, reason: 'BackOff', message: 'Back-off restarting failed container' }),
  ];
}
