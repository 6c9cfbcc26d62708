import type { Container } from 'kubernetes-types/core/v1.js';
import type { Manifest } from '../cluster/simulated-cluster.ts';

export type Workload = {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas?: number;
  readonly partOf?: string;
  readonly team?: string;
  readonly port?: number;
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Further members of the Deployment's spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
};

/** Labels as most teams set them (kubernetes.io, "Recommended Labels"). */
function labelsOf({ name, partOf = 'platform', team = 'platform' }: Workload): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': partOf, team };
}

/** The one container of a workload, named like it. */
function containerOf(workload: Workload): Container {
  const { env = {}, image, name, port = 8080 } = workload;
  return {
    name,
    image,
    ports: [{ name: 'http', containerPort: port }],
    env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
    resources: {
      requests: { cpu: '50m', memory: '32Mi', ...workload.requests },
      ...(workload.limits === undefined ? {} : { limits: { ...workload.limits } }),
    },
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5 },
  };
}

/** A Deployment and the Service in front of it. */
export function workloadManifests(workload: Workload): Manifest[] {
  const { name, namespace, replicas = 2, spec = {} } = workload;
  const labels = labelsOf(workload);
  const selector = { 'app.kubernetes.io/name': name };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        replicas,
        selector: { matchLabels: selector },
        template: { metadata: { labels }, spec: { containers: [containerOf(workload)] } },
        ...spec,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { selector, ports: [{ name: 'http', port: 80, targetPort: workload.port ?? 8080 }] },
    },
  ];
}

export function namespaceManifest(name: string, labels: Readonly<Record<string, string>> = {}): Manifest {
  const all = { 'kubernetes.io/metadata.name': name, ...labels };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: all },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}
