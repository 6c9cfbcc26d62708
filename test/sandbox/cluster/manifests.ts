import type { Manifest } from '../../../src/sandbox/cluster/simulated-cluster.ts';

/** Small manifests for tests of the simulated cluster. */
export function namespace(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } };
}

export function node(
  name: string,
  allocatable: Record<string, string> = { cpu: '8', memory: '16Gi', pods: '110' },
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: {
      allocatable,
      capacity: allocatable,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  };
}

export function deployment(
  name: string,
  options: {
    image: string;
    replicas?: number;
    namespace?: string;
    memoryLimit?: string;
    spec?: Readonly<Record<string, unknown>>;
  },
): Manifest {
  const labels = { app: name };
  const resources = options.memoryLimit === undefined ? {} : { limits: { memory: options.memoryLimit } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: options.namespace ?? 'shop' },
    spec: {
      replicas: options.replicas ?? 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image: options.image, resources }] } },
      ...options.spec,
    },
  };
}
