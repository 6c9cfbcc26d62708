import type { ContainerLog } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { ago, backOff, event, hour, minute, node, now, second, terminated } from '../../../support/shop-objects.ts';

type Extra = Readonly<Record<string, unknown>>;

const crashing = backOff(terminated({ agoMs: 10 * second }));
export const running: Extra = { ready: true, restartCount: 0, state: { running: { startedAt: ago(hour) } } };
export const notReady: Extra = { ready: false, restartCount: 0, state: { running: { startedAt: ago(hour) } } };

type Given = {
  readonly env?: readonly Extra[];
  readonly container?: Extra;
  readonly podSpec?: Extra;
  readonly status?: Extra;
  readonly name?: string;
  readonly namespace?: string;
};

/** A Deployment with one pod, whose only container has an environment and a status. */
export function api(given: Given = {}): WireObject[] {
  const { name = 'api', namespace = 'shop', status = crashing } = given;
  const container = { name: 'app', image: `registry.example/${name}:2.1`, env: given.env ?? [], ...given.container };
  const spec = { containers: [container], ...given.podSpec };
  const labels = { app: name };
  const isReady = status.ready === true;
  const meta = (kind: string, own: string) => ({
    name: own,
    namespace,
    uid: `uid-${kind}-${namespace}-${own}`,
    labels,
  });
  const owner = (apiVersion: string, kind: string, own: string) => [
    { apiVersion, kind, name: own, uid: `uid-${kind}-${namespace}-${own}`, controller: true },
  ];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...meta('Pod', `${name}-5d9f8-x7k2p`),
      creationTimestamp: ago(hour),
      ownerReferences: owner('apps/v1', 'ReplicaSet', `${name}-5d9f8`),
    },
    spec: { nodeName: 'n1', ...spec },
    status: {
      phase: 'Running',
      podIP: '10.244.1.9',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: ago(20 * minute) }],
      containerStatuses: [{ name: 'app', image: container.image, ...status }],
    },
  } as WireObject;
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        ...meta('Deployment', name),
        generation: 1,
        annotations: { 'deployment.kubernetes.io/revision': '1' },
      },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      status: { observedGeneration: 1, replicas: 1, availableReplicas: isReady ? 1 : 0 },
    } as WireObject,
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        ...meta('ReplicaSet', `${name}-5d9f8`),
        annotations: { 'deployment.kubernetes.io/revision': '1' },
        ownerReferences: owner('apps/v1', 'Deployment', name),
      },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      status: { replicas: 1, readyReplicas: isReady ? 1 : 0 },
    } as WireObject,
    pod,
    ...(isReady ? [] : [event({ about: pod, reason: 'BackOff', message: 'Back-off restarting failed container' })]),
  ];
}

export function service(
  name: string,
  port: number,
  more: { readonly app?: string; readonly namespace?: string; readonly spec?: Extra } = {},
): WireObject {
  const { namespace = 'shop' } = more;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: `uid-svc-${namespace}-${name}` },
    spec: {
      clusterIP: `10.96.0.${name.length}`,
      selector: { app: more.app ?? name },
      ports: [{ name: 'main', port, targetPort: port }],
      ...more.spec,
    },
  } as WireObject;
}

/** A StatefulSet with one pod, and its Service. */
export function database(
  given: {
    readonly name?: string;
    readonly port?: number;
    readonly ready?: boolean;
    readonly container?: Extra;
    readonly replicas?: number;
  } = {},
): WireObject[] {
  const { name = 'postgres', port = 5432, ready = true, replicas = 1 } = given;
  const spec = {
    containers: [{ name: 'db', image: `${name}:16`, ports: [{ containerPort: port }], ...given.container }],
  };
  const labels = { app: name };
  const set = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'shop', uid: `uid-sts-${name}` },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    status: { replicas, ...(ready ? { readyReplicas: replicas, availableReplicas: replicas } : {}) },
  } as WireObject;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-0`,
      namespace: 'shop',
      uid: `uid-pod-${name}-0`,
      creationTimestamp: ago(hour),
      labels,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: `uid-sts-${name}`, controller: true }],
    },
    spec: { nodeName: 'n1', ...spec },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'db', image: `${name}:16`, ...(ready ? running : crashing) }],
    },
  } as WireObject;
  return [set, service(name, port), ...(replicas === 0 ? [] : [pod])];
}

export function logOf(text: string, more: Partial<ContainerLog> = {}): ContainerLog {
  return { namespace: 'shop', pod: 'api-5d9f8-x7k2p', container: 'app', previous: true, text, at: now, ...more };
}

export const wholeLists = [
  { kind: 'Service' as const, namespace: 'shop' },
  { kind: 'Pod' as const, namespace: 'shop' },
];
export const theNode = node('n1');
