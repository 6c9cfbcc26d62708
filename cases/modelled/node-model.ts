import { fieldsV1 } from './fields-v1.ts';
import { isoMicros, isoSeconds, type Wire } from './wire.ts';

/** One node of a world before it is written. */
export type NodeModel = {
  readonly name: string;
  readonly ip: string;
  readonly uid: string;
  readonly index: number;
  readonly isControlPlane: boolean;
  readonly createdMinutesAgo: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  taints: Wire[];
  unschedulable: boolean;
  cpu: number;
  memoryMi: number;
  runtime: string;
  /** Fields that replace those of the healthy conditions, by type; `minutesAgo` is when it turned. */
  readonly conditions: Map<string, Wire & { readonly minutesAgo?: number }>;
  /** When its kubelet last spoke; undefined while it does. */
  silentForMinutes: number | undefined;
  /** How far the node's own clock is ahead of the API server's, in seconds. */
  clockAheadSeconds: number;
};

const healthy: readonly (readonly [string, string, string, string])[] = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];

type Writing = { readonly nowMs: number; readonly minor: number; readonly cni: string; resourceVersion(): string };

/** The Node as API server, kubelet and controllers keep it. */
export function writeNode(node: NodeModel, { nowMs, minor, cni, resourceVersion }: Writing): Wire {
  const ago = (minutes: number) => isoSeconds(nowMs - minutes * 60_000);
  const heartbeat = node.silentForMinutes ?? 0.3 + ((node.index * 13) % 40) / 10;
  const cniCondition: readonly (readonly [string, string, string, string])[] =
    cni === 'calico'
      ? [['NetworkUnavailable', 'False', 'CalicoIsUp', 'Calico is running on this node']]
      : cni === 'flannel'
        ? [['NetworkUnavailable', 'False', 'FlannelIsUp', 'Flannel is running on this node']]
        : [];
  // Written only where a plugin or a cloud's route controller sets it.
  const routeCondition: readonly (readonly [string, string, string, string])[] =
    cniCondition.length === 0 && node.conditions.has('NetworkUnavailable')
      ? [['NetworkUnavailable', 'False', 'RouteCreated', 'RouteController created a route']]
      : [];
  const conditions = [...cniCondition, ...routeCondition, ...healthy].map(([type, status, reason, message]) => {
    const { minutesAgo, ...changed } = node.conditions.get(type) ?? {};
    const lost =
      node.silentForMinutes !== undefined && type !== 'NetworkUnavailable'
        ? { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
        : {};
    const turned =
      node.silentForMinutes === undefined || type === 'NetworkUnavailable'
        ? minutesAgo
        : Math.max(0, node.silentForMinutes - 0.7);
    return {
      type,
      status,
      lastHeartbeatTime: ago(type === 'NetworkUnavailable' ? (minutesAgo ?? node.createdMinutesAgo - 2) : heartbeat),
      lastTransitionTime: ago(turned ?? node.createdMinutesAgo - 1),
      reason,
      message,
      ...lost,
      ...changed,
    };
  });
  const version = `v1.${minor}.${(node.createdMinutesAgo % 5) + 1}`;
  const resources = {
    cpu: String(node.cpu),
    'ephemeral-storage': '102350828Ki',
    'hugepages-2Mi': '0',
    memory: `${node.memoryMi * 1024}Ki`,
    pods: '110',
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      uid: node.uid,
      resourceVersion: resourceVersion(),
      creationTimestamp: ago(node.createdMinutesAgo),
      labels: node.labels,
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        ...node.annotations,
      },
      managedFields: [
        {
          manager: 'kubelet',
          operation: 'Update',
          apiVersion: 'v1',
          time: ago(heartbeat),
          fieldsType: 'FieldsV1',
          fieldsV1: fieldsV1({ status: { conditions, allocatable: resources } }),
          subresource: 'status',
        },
      ],
    },
    spec: {
      podCIDR: `10.244.${node.index}.0/24`,
      podCIDRs: [`10.244.${node.index}.0/24`],
      ...(node.taints.length === 0 ? {} : { taints: node.taints }),
      ...(node.unschedulable ? { unschedulable: true } : {}),
    },
    status: {
      capacity: resources,
      allocatable: {
        ...resources,
        cpu: `${node.cpu * 1000 - 80}m`,
        'ephemeral-storage': '94326523053',
        memory: `${(node.memoryMi - 700) * 1024}Ki`,
      },
      conditions,
      addresses: [
        { type: 'InternalIP', address: node.ip },
        { type: 'Hostname', address: node.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: node.uid.replaceAll('-', ''),
        systemUUID: node.uid,
        bootID: node.uid.split('').toReversed().join(''),
        kernelVersion: '6.8.0-45-generic',
        osImage: 'Ubuntu 24.04.1 LTS',
        containerRuntimeVersion: node.runtime,
        kubeletVersion: version,
        kubeProxyVersion: version,
        operatingSystem: 'linux',
        architecture: node.labels['kubernetes.io/arch'] ?? 'amd64',
        ...(minor >= 33 ? { swap: { capacity: 0 } } : {}),
      },
    },
  };
}

/** The lease that its kubelet renews every ten seconds. */
export function writeNodeLease(node: NodeModel, { nowMs, resourceVersion }: Writing): Wire {
  const written =
    nowMs -
    (node.silentForMinutes === undefined ? 1000 * ((node.index * 3) % 9) + 400 : node.silentForMinutes * 60_000);
  return writeLease({
    namespace: 'kube-node-lease',
    name: node.name,
    holder: node.name,
    seconds: 40,
    renewedMs: written + node.clockAheadSeconds * 1000,
    // The API server stamps the write with its own clock.
    writtenMs: written,
    createdMs: nowMs - node.createdMinutesAgo * 60_000,
    uid: node.uid.replace(/^.{4}/, '1ea5'),
    manager: 'kubelet',
    resourceVersion: resourceVersion(),
  });
}

export function writeLease(lease: {
  readonly namespace: string;
  readonly name: string;
  readonly holder: string;
  readonly seconds: number;
  readonly renewedMs: number;
  readonly writtenMs: number;
  readonly createdMs: number;
  readonly uid: string;
  readonly manager: string;
  readonly resourceVersion: string;
}): Wire {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: lease.name,
      namespace: lease.namespace,
      uid: lease.uid,
      resourceVersion: lease.resourceVersion,
      creationTimestamp: isoSeconds(lease.createdMs),
      managedFields: [
        {
          manager: lease.manager,
          operation: 'Update',
          apiVersion: 'coordination.k8s.io/v1',
          time: isoSeconds(lease.writtenMs),
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { 'f:holderIdentity': {}, 'f:leaseDurationSeconds': {}, 'f:renewTime': {} } },
        },
      ],
    },
    spec: {
      holderIdentity: lease.holder,
      leaseDurationSeconds: lease.seconds,
      ...(lease.manager === 'kubelet' ? {} : { acquireTime: isoMicros(lease.createdMs), leaseTransitions: 2 }),
      renewTime: isoMicros(lease.renewedMs),
    },
  };
}
