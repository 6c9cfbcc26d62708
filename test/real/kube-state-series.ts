/**
 * The part of the Kubernetes wire JSON that the series are made of. Every field may be missing: a pod has no container
 * statuses before a kubelet has seen it.
 */
type WireMetadata = {
  name: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  ownerReferences?: { kind: string; name: string; controller?: boolean }[];
};
type WireContainerState = {
  waiting?: { reason?: string };
  running?: object;
  terminated?: { reason?: string; exitCode?: number };
};
export type WireContainerStatus = {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: WireContainerState;
  lastState?: WireContainerState;
};
type WireContainer = {
  name: string;
  image?: string;
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
};
export type WirePod = {
  metadata: WireMetadata;
  spec?: { nodeName?: string; containers?: WireContainer[] };
  status?: {
    phase?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: WireContainerStatus[];
  };
};
export type WireDeployment = {
  metadata: WireMetadata;
  spec?: { replicas?: number; paused?: boolean };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    availableReplicas?: number;
    readyReplicas?: number;
    unavailableReplicas?: number;
    updatedReplicas?: number;
    conditions?: { type: string; status: string; reason?: string }[];
  };
};
export type WireReplicaSet = {
  metadata: WireMetadata;
  spec?: { replicas?: number };
  status?: { readyReplicas?: number };
};

type Labels = Record<string, string>;
type Sample = { name: string; labels: Labels; value: number };

const phases = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'];
const statuses = ['true', 'false', 'unknown'];

/**
 * Prints objects as the series that kube-state-metrics 2 makes of them, under its names and labels, in the text format
 * of Prometheus 0.0.4. Only the series that alerts of kube-prometheus on Deployments and pods need.
 *
 * Source of names and labels: the metrics documentation of kube-state-metrics (deployment, pod and replicaset pages).
 */
export function kubeStateSeries(objects: {
  pods: readonly WirePod[];
  deployments: readonly WireDeployment[];
  replicaSets: readonly WireReplicaSet[];
}): string {
  const samples = [
    ...objects.deployments.flatMap(deploymentSamples),
    ...objects.replicaSets.flatMap(replicaSetSamples),
    ...objects.pods.flatMap(podSamples),
  ];
  const byName = new Map<string, Sample[]>();
  for (const sample of samples) byName.set(sample.name, [...(byName.get(sample.name) ?? []), sample]);
  // The text format wants all samples of a name together, after its type.
  return [...byName]
    .map(
      ([name, group]) => `# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}\n${group.map(line).join('')}`,
    )
    .join('');
}

/** A quantity such as `128Mi`, `500m` or `2` as a number of base units. NaN when it is none. */
export function quantityOf(text: string): number {
  const [, number = '', suffix = ''] = /^([0-9.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  const factors: Record<string, number> = {
    '': 1,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
  };
  return number === '' ? Number.NaN : Number(number) * (factors[suffix] ?? Number.NaN);
}

function deploymentSamples({ metadata, spec = {}, status = {} }: WireDeployment): Sample[] {
  const labels = { namespace: metadata.namespace ?? '', deployment: metadata.name };
  const one = (name: string, value: number | undefined): Sample => ({
    name: `kube_deployment_${name}`,
    labels,
    value: value ?? 0,
  });
  return [
    one('metadata_generation', metadata.generation),
    one('spec_replicas', spec.replicas ?? 1),
    one('spec_paused', spec.paused === true ? 1 : 0),
    one('status_observed_generation', status.observedGeneration),
    one('status_replicas', status.replicas),
    one('status_replicas_available', status.availableReplicas),
    one('status_replicas_ready', status.readyReplicas),
    one('status_replicas_unavailable', status.unavailableReplicas),
    one('status_replicas_updated', status.updatedReplicas),
    ...(status.conditions ?? []).flatMap((condition) =>
      statuses.map((each) => ({
        name: 'kube_deployment_status_condition',
        labels: { ...labels, condition: condition.type, status: each },
        value: condition.status.toLowerCase() === each ? 1 : 0,
      })),
    ),
  ];
}

function replicaSetSamples({ metadata, spec = {}, status = {} }: WireReplicaSet): Sample[] {
  const labels = { namespace: metadata.namespace ?? '', replicaset: metadata.name };
  return [
    { name: 'kube_replicaset_spec_replicas', labels, value: spec.replicas ?? 0 },
    { name: 'kube_replicaset_status_ready_replicas', labels, value: status.readyReplicas ?? 0 },
    { name: 'kube_replicaset_owner', labels: { ...labels, ...ownerLabels(metadata) }, value: 1 },
  ];
}

function podSamples({ metadata, spec = {}, status = {} }: WirePod): Sample[] {
  const labels = { namespace: metadata.namespace ?? '', pod: metadata.name, uid: metadata.uid ?? '' };
  const readyStatus = status.conditions?.find(({ type }) => type === 'Ready')?.status.toLowerCase();
  return [
    { name: 'kube_pod_owner', labels: { ...labels, ...ownerLabels(metadata) }, value: 1 },
    { name: 'kube_pod_info', labels: { ...labels, node: spec.nodeName ?? '' }, value: 1 },
    ...phases.map((phase) => ({
      name: 'kube_pod_status_phase',
      labels: { ...labels, phase },
      value: status.phase === phase ? 1 : 0,
    })),
    ...(readyStatus === undefined
      ? []
      : statuses.map((condition) => ({
          name: 'kube_pod_status_ready',
          labels: { ...labels, condition },
          value: readyStatus === condition ? 1 : 0,
        }))),
    ...(spec.containers ?? []).flatMap((container) => containerSamples(labels, spec.nodeName ?? '', container)),
    ...(status.containerStatuses ?? []).flatMap((container) => containerStatusSamples(labels, container)),
  ];
}

function containerSamples(pod: Labels, node: string, { name, image, resources = {} }: WireContainer): Sample[] {
  const labels = { ...pod, container: name };
  const amounts = (series: string, amountsByResource: Record<string, string> = {}): Sample[] =>
    Object.entries(amountsByResource).map(([resource, amount]) => ({
      name: series,
      labels: { ...labels, node, resource, unit: resource === 'cpu' ? 'core' : 'byte' },
      value: quantityOf(amount),
    }));
  return [
    { name: 'kube_pod_container_info', labels: { ...labels, image_spec: image ?? '' }, value: 1 },
    ...amounts('kube_pod_container_resource_limits', resources.limits),
    ...amounts('kube_pod_container_resource_requests', resources.requests),
  ];
}

function containerStatusSamples(pod: Labels, container: WireContainerStatus): Sample[] {
  const labels = { ...pod, container: container.name };
  const { state = {}, lastState = {} } = container;
  const one = (name: string, value: number, more: Labels = {}): Sample => ({
    name: `kube_pod_container_status_${name}`,
    labels: { ...labels, ...more },
    value,
  });
  const reason = (name: string, value: string | undefined) =>
    value === undefined ? [] : [one(name, 1, { reason: value })];
  return [
    one('ready', container.ready === true ? 1 : 0),
    one('restarts_total', container.restartCount ?? 0),
    one('running', state.running === undefined ? 0 : 1),
    one('waiting', state.waiting === undefined ? 0 : 1),
    one('terminated', state.terminated === undefined ? 0 : 1),
    ...reason('waiting_reason', state.waiting?.reason),
    ...reason('terminated_reason', state.terminated?.reason),
    ...reason('last_terminated_reason', lastState.terminated?.reason),
    ...(lastState.terminated?.exitCode === undefined
      ? []
      : [one('last_terminated_exitcode', lastState.terminated.exitCode)]),
  ];
}

function ownerLabels({ ownerReferences = [] }: WireMetadata): Labels {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  return {
    owner_kind: owner?.kind ?? '',
    owner_name: owner?.name ?? '',
    owner_is_controller: owner === undefined ? '' : 'true',
  };
}

function line({ name, labels, value }: Sample): string {
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${pairs.join(',')}} ${value}\n`;
}
