/** Objects as a busy cluster shows them: sizes of fields as the API server and kubelet write them. */
export type Wire = Record<string, unknown>;

const started = '2026-01-05T08:00:00Z';
const image = (app: string) => `registry.example/team/${app}:1.4.2`;
const filler = 'abcdefghijklmnopqrstuvwxyz0123456789';

export type Group = { readonly namespace: string; readonly app: string; readonly pods: readonly string[] };

function podTemplate(app: string): Wire {
  return {
    metadata: { labels: { app } },
    spec: { automountServiceAccountToken: false, containers: [container(app)] },
  };
}

function container(app: string): Wire {
  return {
    name: 'main',
    image: image(app),
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: Array.from({ length: 24 }, (_, index) => ({ name: `SETTING_${index}`, value: `${filler}-${index}` })),
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10 },
    livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 20 },
  };
}

/** About 15 kB as the API server gives it back, managedFields included. */
export function pod(input: {
  readonly group: Group;
  readonly name: string;
  readonly node: string;
  readonly owner: { readonly name: string; readonly uid: string };
}): Wire {
  const { group, name, node, owner } = input;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: group.namespace,
      labels: { app: group.app, 'pod-template-hash': '7d9c5b6f4' },
      annotations: {
        'example.com/sidecar-status': JSON.stringify(Array.from({ length: 55 }, (_, index) => `${filler}${index}`)),
        'example.com/checksum': filler.repeat(4),
      },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', ...owner, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      nodeName: node,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 30,
      containers: [container(group.app), { ...container(group.app), name: 'proxy', ports: [] }],
    },
  };
}

export type PodState = 'running' | 'image-pull' | 'crash-loop';

export function podStatus(app: string, state: PodState): Wire {
  const isWell = state === 'running';
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => {
    const holds = isWell || type === 'Initialized' || type === 'PodScheduled';
    return {
      type,
      status: holds ? 'True' : 'False',
      lastTransitionTime: started,
      ...(holds ? {} : { reason: 'ContainersNotReady', message: 'containers with unready status: [main]' }),
    };
  });
  return {
    phase: state === 'image-pull' ? 'Pending' : 'Running',
    startTime: started,
    hostIP: '10.0.0.1',
    podIP: '10.1.2.3',
    podIPs: [{ ip: '10.1.2.3' }],
    conditions,
    containerStatuses: [mainStatus(app, state), { ...runningStatus(app), name: 'proxy' }],
  };
}

function runningStatus(app: string): Wire {
  return {
    name: 'main',
    image: image(app),
    imageID: `${image(app)}@sha256:${filler}`,
    containerID: `containerd://${filler}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: started } },
  };
}

function mainStatus(app: string, state: PodState): Wire {
  switch (state) {
    case 'running':
      return runningStatus(app);
    case 'image-pull':
      return {
        ...runningStatus(app),
        ready: false,
        started: false,
        imageID: '',
        state: {
          waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image(app)}": not found` },
        },
      };
    case 'crash-loop':
      return {
        ...runningStatus(app),
        ready: false,
        started: false,
        restartCount: 7,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container=main' } },
        lastState: {
          terminated: {
            exitCode: 1,
            reason: 'Error',
            startedAt: new Date(Date.now() - 70_000).toISOString().replace(/\.\d+/, ''),
            finishedAt: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, ''),
          },
        },
      };
    default:
      return state satisfies never;
  }
}

export function node(name: string): Wire {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
  };
}

export function nodeStatus(name: string): Wire {
  const resources = { cpu: '64', memory: '256Gi', pods: '250', 'ephemeral-storage': '500Gi' };
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    message: reason,
    lastHeartbeatTime: now,
    lastTransitionTime: started,
  });
  return {
    addresses: [
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'Hostname', address: name },
    ],
    capacity: resources,
    allocatable: resources,
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
      condition('Ready', 'True', 'KubeletReady'),
    ],
    nodeInfo: {
      architecture: 'amd64',
      bootID: filler,
      containerRuntimeVersion: 'containerd://2.1.4',
      kernelVersion: '6.12.0',
      kubeProxyVersion: '',
      kubeletVersion: 'v1.35.4',
      machineID: filler,
      operatingSystem: 'linux',
      osImage: 'Linux',
      systemUUID: filler,
    },
    images: Array.from({ length: 50 }, (_, index) => ({
      names: [`registry.example/team/app-${index}@sha256:${filler}`, `registry.example/team/app-${index}:1.4.2`],
      sizeBytes: 123_456_789,
    })),
  };
}

export function workload(
  kind: 'Deployment' | 'ReplicaSet',
  group: Group,
  owner?: { readonly name: string; readonly uid: string },
): Wire {
  const name = kind === 'Deployment' ? group.app : `${group.app}-7d9c5b6f4`;
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name,
      namespace: group.namespace,
      labels: { app: group.app },
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ...(owner === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', ...owner, controller: true }] }),
    },
    spec: {
      replicas: group.pods.length,
      selector: { matchLabels: { app: group.app } },
      template: podTemplate(group.app),
    },
  };
}

export function workloadStatus(kind: 'Deployment' | 'ReplicaSet', replicas: number, ready: number): Wire {
  const counts = { observedGeneration: 1, replicas, readyReplicas: ready, availableReplicas: ready };
  return kind === 'ReplicaSet'
    ? { ...counts, fullyLabeledReplicas: replicas }
    : { ...counts, updatedReplicas: replicas, unavailableReplicas: replicas - ready };
}

export function service({ namespace, app }: Group): Wire {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: app, namespace },
    spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

export function endpointSlice({ namespace, app, pods }: Group, ready: (pod: string) => boolean): Wire {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${app}-abcde`, namespace, labels: { 'kubernetes.io/service-name': app } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: pods.map((name, index) => ({
      addresses: [`10.1.2.${index + 1}`],
      conditions: { ready: ready(name), serving: ready(name), terminating: false },
      targetRef: { kind: 'Pod', namespace, name },
    })),
  };
}

export function warning(namespace: string, name: string, uid: string, reason: string, message: string): Wire {
  const now = new Date().toISOString().replace(/\.\d+/, '');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${reason.toLowerCase()}`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type: 'Warning',
    reason,
    message,
    count: 12,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'kubelet' },
  };
}
