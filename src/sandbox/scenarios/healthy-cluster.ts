import type { Images, Manifest } from '../cluster/simulated-cluster.ts';
import { namespaceManifest, workloadManifests } from './workload-manifests.ts';

const registry = 'registry.example.com';

/** Images of what runs in every sandbox world besides its scenarios. */
export const healthyImages: Images = {
  [`${registry}/shop/frontend:v3.2.0`]: { memoryMi: 70, startLog: ['frontend v3.2.0', 'listening on :8080'] },
  [`${registry}/shop/catalog:v2.0.4`]: {
    memoryMi: 110,
    startLog: ['catalog v2.0.4', 'loaded 12043 products', 'listening on :8080'],
  },
  [`${registry}/shop/payments:v1.9.1`]: { memoryMi: 60, startLog: ['payments v1.9.1', 'listening on :8443'] },
  [`${registry}/shop/preview:v3.3.0-rc.1`]: { memoryMi: 60, startLog: ['preview v3.3.0-rc.1', 'listening on :8080'] },
  'registry.k8s.io/coredns/coredns:v1.12.4': { memoryMi: 20, startLog: ['.:53', 'CoreDNS-1.12.4'] },
  'registry.k8s.io/kube-proxy:v1.35.4': { memoryMi: 20 },
  'registry.k8s.io/etcd:3.6.5-0': { memoryMi: 60 },
  'registry.k8s.io/kube-apiserver:v1.35.4': { memoryMi: 300 },
  'registry.k8s.io/kube-controller-manager:v1.35.4': { memoryMi: 60 },
  'registry.k8s.io/kube-scheduler:v1.35.4': { memoryMi: 40 },
  'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0': { memoryMi: 30 },
  'quay.io/prometheus/prometheus:v3.7.3': { memoryMi: 220 },
};

/** Nodes, system components and teams' workloads that are all well: what a failure has to be told apart from. */
export function healthyObjects(): Manifest[] {
  const shop = { namespace: 'shop', partOf: 'shop', team: 'storefront' };
  return [
    ...['default', 'kube-system', 'monitoring'].map((name) => namespaceManifest(name)),
    namespaceManifest('shop', { team: 'storefront', environment: 'production' }),
    namespaceManifest('staging', {
      team: 'storefront',
      environment: 'staging',
      'sre-copilot.dev/safe-for-auto': 'true',
    }),
    controlPlaneNode(),
    ...['worker-1', 'worker-2', 'worker-3'].map((name, index) => nodeManifest(name, `192.0.2.${11 + index}`)),
    ...['etcd:3.6.5-0', 'kube-apiserver:v1.35.4', 'kube-controller-manager:v1.35.4', 'kube-scheduler:v1.35.4'].map(
      staticPod,
    ),
    ...workloadManifests({
      namespace: 'kube-system',
      name: 'coredns',
      image: 'registry.k8s.io/coredns/coredns:v1.12.4',
      limits: { memory: '170Mi' },
    }),
    kubeProxy(),
    ...workloadManifests({
      namespace: 'monitoring',
      name: 'kube-state-metrics',
      image: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0',
      replicas: 1,
    }),
    prometheus(),
    ...workloadManifests({
      ...shop,
      name: 'frontend',
      image: `${registry}/shop/frontend:v3.2.0`,
      limits: { memory: '256Mi' },
    }),
    ...workloadManifests({
      ...shop,
      name: 'catalog',
      image: `${registry}/shop/catalog:v2.0.4`,
      limits: { memory: '256Mi' },
    }),
    ...workloadManifests({
      ...shop,
      name: 'payments',
      image: `${registry}/shop/payments:v1.9.1`,
      limits: { memory: '128Mi' },
      port: 8443,
    }),
    ...workloadManifests({
      ...shop,
      namespace: 'staging',
      name: 'preview',
      image: `${registry}/shop/preview:v3.3.0-rc.1`,
      replicas: 1,
    }),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'payments-credentials', namespace: 'shop' },
      type: 'Opaque',
      data: { token: Buffer.from('a secret of the sandbox').toString('base64') },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'frontend', namespace: 'shop' },
      spec: { minAvailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': 'frontend' } } },
    },
  ];
}

function nodeManifest(name: string, address: string): Manifest {
  const amounts = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '40Gi' };
  const conditions = [
    ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
  ].map(([type, status, reason, message]) => ({ type, status, reason, message }));
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/zone': 'zone-a',
      },
    },
    spec: { podCIDR: '10.244.0.0/24' },
    status: {
      capacity: amounts,
      allocatable: amounts,
      conditions,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.35.4',
        containerRuntimeVersion: 'containerd://2.1.4',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}

function controlPlaneNode(): Manifest {
  const node = nodeManifest('control-plane-1', '192.0.2.10');
  return {
    ...node,
    metadata: { ...node.metadata, labels: { ...node.metadata.labels, 'node-role.kubernetes.io/control-plane': '' } },
    spec: {
      podCIDR: '10.244.9.0/24',
      taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    },
  };
}

/** A pod of the control plane, as the kubelet mirrors it. */
function staticPod(image: string): Manifest {
  const name = image.split(':')[0] ?? image;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-control-plane-1`,
      namespace: 'kube-system',
      labels: { component: name, tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.mirror': name },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Node', name: 'control-plane-1', uid: 'control-plane-1', controller: true },
      ],
    },
    spec: {
      nodeName: 'control-plane-1',
      priorityClassName: 'system-node-critical',
      hostNetwork: true,
      containers: [{ name, image: `registry.k8s.io/${image}`, resources: { requests: { cpu: '100m' } } }],
    },
    status: { phase: 'Pending' },
  };
}

function kubeProxy(): Manifest {
  const labels = { 'k8s-app': 'kube-proxy' };
  const containers = [{ name: 'kube-proxy', image: 'registry.k8s.io/kube-proxy:v1.35.4' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'kube-proxy', namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers, tolerations: [{ operator: 'Exists' }] } },
    },
  };
}

function prometheus(): Manifest {
  const labels = { 'app.kubernetes.io/name': 'prometheus' };
  const containers = [
    { name: 'prometheus', image: 'quay.io/prometheus/prometheus:v3.7.3', resources: { requests: { memory: '400Mi' } } },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'prometheus', namespace: 'monitoring', labels },
    spec: {
      replicas: 1,
      serviceName: 'prometheus',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}
