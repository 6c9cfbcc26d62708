import type { ContainerLog, WholeList } from '../../../../src/core/cluster/cluster-view.ts';
import type { KnownKind } from '../../../../src/core/cluster/kinds.ts';
import type { ObjectRef, WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeServicePath } from '../../../../src/core/diagnosis/analyzers/service-path.ts';
import type { Observations } from '../../../../src/core/diagnosis/observations.ts';
import { ago, hour, node, now } from '../../../support/shop-objects.ts';
import { runAnalyzer } from '../analyzers/run-analyzer.ts';

type Extra = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;
type Port = { readonly name?: string; readonly containerPort: number; readonly protocol?: string };

export function object(
  kind: string,
  apiVersion: string,
  name: string,
  rest: Extra = {},
  metadata: Extra = {},
): WireObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${kind.toLowerCase()}-${name}`,
      creationTimestamp: ago(24 * hour),
      generation: 1,
      ...metadata,
    },
    ...rest,
  } as WireObject;
}

export type AppGiven = {
  readonly name: string;
  readonly namespace?: string;
  readonly kind?: 'Deployment' | 'StatefulSet';
  readonly labels?: Labels;
  readonly podLabels?: Labels;
  readonly replicas?: number;
  readonly ready?: boolean;
  readonly ports?: readonly Port[];
  readonly container?: Extra;
  readonly podSpec?: Extra;
  readonly spec?: Extra;
  readonly annotations?: Labels;
  readonly ip?: string;
  readonly createdAgoMs?: number;
};

/** A workload with its pods, as the controllers and a kubelet leave them. */
export function app(given: AppGiven): WireObject[] {
  const { name, namespace = 'shop', kind = 'Deployment', replicas = 2, ready = true } = given;
  const labels = given.labels ?? { app: name };
  const template = {
    metadata: { labels },
    spec: {
      containers: [
        {
          name: 'main',
          image: `registry.example/${name}:1`,
          ports: given.ports ?? [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          ...given.container,
        },
      ],
      ...given.podSpec,
    },
  };
  const own = { namespace, ...(given.annotations === undefined ? {} : { annotations: { ...given.annotations } }) };
  const status = {
    observedGeneration: 1,
    replicas,
    readyReplicas: ready ? replicas : 0,
    availableReplicas: ready ? replicas : 0,
    updatedReplicas: replicas,
  };
  const spec = { replicas, selector: { matchLabels: labels }, template, ...given.spec };
  const workload = object(
    kind,
    'apps/v1',
    name,
    { spec, status },
    {
      ...own,
      uid: `uid-${namespace}-${name}`,
      ...(kind === 'Deployment'
        ? { annotations: { 'deployment.kubernetes.io/revision': '1', ...given.annotations } }
        : {}),
    },
  );
  const hash = '6d4cf56db6';
  const set =
    kind === 'Deployment'
      ? [
          object(
            'ReplicaSet',
            'apps/v1',
            `${name}-${hash}`,
            { spec, status },
            {
              namespace,
              uid: `uid-${namespace}-${name}-rs`,
              annotations: { 'deployment.kubernetes.io/revision': '1' },
              ownerReferences: [
                { apiVersion: 'apps/v1', kind, name, uid: `uid-${namespace}-${name}`, controller: true },
              ],
            },
          ),
        ]
      : [];
  const owner = set[0] ?? workload;
  const pods = Array.from({ length: replicas }, (_, index) =>
    object(
      'Pod',
      'v1',
      kind === 'Deployment' ? `${name}-${hash}-${'abcdefgh'[index] ?? 'z'}x2kq` : `${name}-${index}`,
      {
        spec: { nodeName: 'n1', ...template.spec },
        status: {
          phase: 'Running',
          podIP: given.ip === undefined ? `10.244.${hashOf(`${namespace}/${name}`)}.${index + 10}` : given.ip,
          conditions: [
            {
              type: 'Ready',
              status: ready ? 'True' : 'False',
              ...(ready ? {} : { reason: 'ContainersNotReady', message: 'containers with unready status: [main]' }),
              lastTransitionTime: ago(hour),
            },
            { type: 'ContainersReady', status: ready ? 'True' : 'False' },
          ],
          containerStatuses: [{ name: 'main', ready, restartCount: 0, state: { running: { startedAt: ago(hour) } } }],
        },
      },
      {
        namespace,
        uid: `uid-${namespace}-${name}-${index}`,
        creationTimestamp: ago(given.createdAgoMs ?? hour),
        labels: given.podLabels ?? { ...labels, 'pod-template-hash': hash },
        ownerReferences: [
          {
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            name: owner.metadata.name,
            uid: owner.metadata.uid,
            controller: true,
          },
        ],
      },
    ),
  );
  return [workload, ...set, ...pods];
}

function hashOf(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 200, 7);
}

type ServiceGiven = {
  readonly name: string;
  readonly namespace?: string;
  readonly selector?: Labels | null;
  readonly ports?: readonly Extra[];
  readonly ip?: string;
  readonly spec?: Extra;
  readonly labels?: Labels;
};

export function service(given: ServiceGiven): WireObject {
  const { name, namespace = 'shop', selector = { app: name } } = given;
  const ip = given.ip ?? `10.96.${hashOf(`${namespace}/${name}`)}.1`;
  return object(
    'Service',
    'v1',
    name,
    {
      spec: {
        type: 'ClusterIP',
        clusterIP: ip,
        clusterIPs: [ip],
        ports: given.ports ?? [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
        ...(selector === null ? {} : { selector }),
        ...given.spec,
      },
    },
    { namespace, uid: `uid-svc-${namespace}-${name}`, ...(given.labels === undefined ? {} : { labels: given.labels }) },
  );
}

/** What the endpoint slice controller writes for a Service. */
export function slice(of: WireObject, ready: number, notReady = 0, ports: readonly number[] = [8080]): WireObject {
  const endpoint = (index: number, isReady: boolean) => ({
    addresses: [`10.244.9.${index}`],
    conditions: { ready: isReady, serving: isReady, terminating: false },
  });
  return object(
    'EndpointSlice',
    'discovery.k8s.io/v1',
    `${of.metadata.name}-x7k2p`,
    {
      addressType: 'IPv4',
      endpoints:
        ready + notReady === 0
          ? null
          : [
              ...Array.from({ length: ready }, (_, index) => endpoint(index, true)),
              ...Array.from({ length: notReady }, (_, index) => endpoint(100 + index, false)),
            ],
      ports: ready + notReady === 0 ? null : ports.map((port) => ({ name: 'http', port, protocol: 'TCP' })),
    },
    {
      namespace: of.metadata.namespace,
      labels: { 'kubernetes.io/service-name': of.metadata.name },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name: of.metadata.name, uid: of.metadata.uid, controller: true },
      ],
    },
  );
}

export function ingress(given: {
  readonly name: string;
  readonly backend: string;
  readonly port?: Extra;
  readonly host?: string;
  readonly spec?: Extra;
  readonly address?: boolean;
  readonly annotations?: Labels;
  readonly className?: string | null;
}): WireObject {
  const { name, backend, port = { number: 80 }, host = 'shop.example', className = 'nginx' } = given;
  return object(
    'Ingress',
    'networking.k8s.io/v1',
    name,
    {
      spec: {
        ...(className === null ? {} : { ingressClassName: className }),
        rules: [
          { host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: backend, port } } }] } },
        ],
        ...given.spec,
      },
      status: { loadBalancer: given.address === false ? {} : { ingress: [{ ip: '192.0.2.10' }] } },
    },
    given.annotations === undefined ? {} : { annotations: given.annotations },
  );
}

export function ingressClass(name: string, isDefault = false): WireObject {
  return object(
    'IngressClass',
    'networking.k8s.io/v1',
    name,
    { spec: { controller: 'k8s.io/ingress-nginx' } },
    {
      namespace: undefined,
      ...(isDefault ? { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } } : {}),
    },
  );
}

export function policy(name: string, spec: Extra, namespace = 'shop'): WireObject {
  return object('NetworkPolicy', 'networking.k8s.io/v1', name, { spec }, { namespace });
}

export function namespaceObject(name: string, labels: Labels = {}): WireObject {
  return object(
    'Namespace',
    'v1',
    name,
    { status: { phase: 'Active' } },
    {
      namespace: undefined,
      labels: { 'kubernetes.io/metadata.name': name, ...labels },
    },
  );
}

export function logOf(pod: WireObject | undefined, text: string, more: Partial<ContainerLog> = {}): ContainerLog {
  if (pod === undefined) throw new Error('the fixture has the pod');
  return {
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name,
    container: 'main',
    previous: false,
    text,
    at: now,
    ...more,
  };
}

export function podOf(objects: readonly WireObject[]): WireObject {
  const found = objects.find(({ kind }) => kind === 'Pod');
  if (found === undefined) throw new Error('the fixture has a pod');
  return found;
}

const allKinds: readonly KnownKind[] = [
  'Pod',
  'Service',
  'Deployment',
  'StatefulSet',
  'ReplicaSet',
  'DaemonSet',
  'Ingress',
  'IngressClass',
  'NetworkPolicy',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Certificate',
  'Gateway',
  'GatewayClass',
  'HTTPRoute',
  'APIService',
  'ConfigMap',
  'EndpointSlice',
  'Namespace',
];
export const everything: readonly WholeList[] = allKinds.map((kind) => ({ kind }));

type Look = {
  readonly logs?: readonly ContainerLog[];
  readonly observations?: Partial<Observations>;
  readonly whole?: boolean;
  readonly scope?: { readonly namespace?: string; readonly object?: ObjectRef };
};

/** What the family finds, over a namespace of which every list was read (`whole: false` for a partial view). */
export function look(objects: readonly WireObject[], { whole = true, ...more }: Look = {}) {
  return runAnalyzer(analyzeServicePath, [node('n1'), ...objects], {
    ...more,
    ...(whole ? { wholeLists: everything } : {}),
  });
}

export function codes(objects: readonly WireObject[], more: Look = {}): readonly string[] {
  return look(objects, more).map(({ code }) => code);
}
