import { type KubeletMode, kubeletAnnotation } from './kubelet-stages.ts';
import type { Fields, KubeObject } from './wire.ts';

/** What a workload of a case is to look like; what is not said is that of an ordinary web service. */
export type WorkloadRequest = {
  readonly namespace?: string;
  readonly replicas?: number;
  /** Merged into the one container. */
  readonly container?: Fields;
  readonly sidecars?: readonly Fields[];
  /** Merged into the pod's spec. */
  readonly pod?: Fields;
  /** Merged into the workload's own spec. */
  readonly spec?: Fields;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly kubelet?: KubeletMode;
};
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob' | 'Pod';

export function workload(kind: WorkloadKind, name: string, request: WorkloadRequest = {}): KubeObject {
  const labels = { app: name, ...request.podLabels };
  const template = { metadata: { labels, ...annotated(request.kubelet) }, spec: podSpec(kind, name, request) };
  const selector = { matchLabels: { app: name } };
  const metadata = {
    name,
    labels: { app: name },
    ...(request.annotations === undefined ? {} : { annotations: { ...request.annotations } }),
  };
  const replicas = request.replicas ?? 2;
  switch (kind) {
    case 'Pod':
      return {
        apiVersion: 'v1',
        kind,
        metadata: { ...metadata, labels, ...annotated(request.kubelet) },
        spec: template.spec,
      };
    case 'Deployment':
      return { apiVersion: 'apps/v1', kind, metadata, spec: { replicas, selector, template, ...request.spec } };
    case 'StatefulSet':
      return {
        apiVersion: 'apps/v1',
        kind,
        metadata,
        spec: { replicas, serviceName: name, podManagementPolicy: 'Parallel', selector, template, ...request.spec },
      };
    case 'DaemonSet':
      return { apiVersion: 'apps/v1', kind, metadata, spec: { selector, template, ...request.spec } };
    case 'Job':
      return { apiVersion: 'batch/v1', kind, metadata, spec: { template, ...request.spec } };
    case 'CronJob': {
      const { jobSpec = {}, ...own } = request.spec ?? {};
      return {
        apiVersion: 'batch/v1',
        kind,
        metadata,
        spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template, ...(jobSpec as Fields) } }, ...own },
      };
    }
    default:
      return kind satisfies never;
  }
}

function podSpec(
  kind: WorkloadKind,
  name: string,
  { container = {}, sidecars = [], pod = {} }: WorkloadRequest,
): Fields {
  const isBatch = kind === 'Job' || kind === 'CronJob';
  const first = {
    name,
    image: `registry.example.com/team/${name}:1.8.2`,
    ...(isBatch ? {} : { ports: [{ name: 'http', containerPort: 8080 }] }),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    ...container,
  };
  return { ...(isBatch ? { restartPolicy: 'Never' } : {}), containers: [first, ...sidecars], ...pod };
}

function annotated(mode: KubeletMode | undefined): { annotations?: Record<string, string> } {
  return mode === undefined ? {} : { annotations: { [kubeletAnnotation]: mode } };
}

export function object(
  apiVersion: string,
  kind: string,
  name: string,
  fields: Fields = {},
  metadata: Fields = {},
): KubeObject {
  return { apiVersion, kind, metadata: { name, ...metadata }, ...fields };
}

export function service(name: string, spec: Fields = {}): KubeObject {
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  return object('v1', 'Service', name, { spec: { selector: { app: name }, ports, ...spec } });
}

export function requests(resources: Readonly<Record<string, string>>): Fields {
  return { resources: { requests: { ...resources } } };
}

/** A node of a kind. */
export type NodeRequest = {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly disk?: string;
  readonly extended?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { key: string; value?: string; effect: string }[];
  readonly zone?: string;
  readonly unschedulable?: boolean;
  /** Nobody reports for it: the script writes its status once, and then it falls silent. */
  readonly unmanaged?: boolean;
};

export function node(name: string, index: number, request: NodeRequest = {}): KubeObject {
  const {
    cpu = '4',
    memory = '16Gi',
    pods = '110',
    disk = '95Gi',
    extended = {},
    zone = `eu-west-1${'abc'[index % 3]}`,
  } = request;
  const resources = { cpu, memory, pods, 'ephemeral-storage': disk, ...extended };
  const hash = Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: {
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        ...(request.unmanaged === true ? {} : { 'kwok.x-k8s.io/node': 'fake' }),
      },
      labels: {
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'topology.kubernetes.io/zone': zone,
        ...request.labels,
      },
    },
    spec: {
      podCIDR: `10.244.${index + 1}.0/24`,
      podCIDRs: [`10.244.${index + 1}.0/24`],
      ...(request.taints === undefined ? {} : { taints: request.taints }),
      ...(request.unschedulable === true ? { unschedulable: true } : {}),
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: `10.0.${index}.${20 + index}` },
        { type: 'Hostname', address: name },
      ],
      capacity: resources,
      allocatable: resources,
      nodeInfo: {
        architecture: 'amd64',
        bootID: `${hash.slice(0, 8)}-0000-4000-8000-${hash.slice(0, 12)}`,
        containerRuntimeVersion: 'containerd://2.1.4',
        kernelVersion: '6.1.0-38-amd64',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.35.4',
        machineID: hash,
        operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        systemUUID: `${hash.slice(0, 8)}-0000-4000-8000-${hash.slice(0, 12)}`,
      },
    },
  };
}
