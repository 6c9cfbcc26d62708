import { type EventPlan, eventsOfPod, writeEvent } from './events.ts';
import { createNames, type Names } from './names.ts';
import { type NodeModel, writeLease, writeNode, writeNodeLease } from './node-model.ts';
import {
  type ContainerState,
  type ContainerWire,
  containersIn,
  isReady,
  type PodEvent,
  type PodModel,
} from './pod-model.ts';
import { completePodSpec, writePod } from './pod-wire.ts';
import { createRandom, type Random } from './random.ts';
import { isoMicros, isoSeconds, type Owner, type Wire } from './wire.ts';
import { type Revision, type WorkloadModel, writeWorkload } from './workload-wire.ts';

/** What a case folder holds below `snapshot/`, before it is written or read in memory. */
export type WorldSnapshot = {
  readonly capturedAtMs: number;
  readonly kubernetesVersion: string;
  readonly objects: readonly Wire[];
  readonly logs: ReadonlyMap<string, string>;
  readonly metrics: readonly Recorded[];
  readonly alerts: readonly Wire[];
  readonly probes: readonly Probe[];
  readonly calls: readonly Call[];
  readonly hosts: ReadonlyMap<string, Record<string, string>>;
  readonly declared: readonly Wire[];
  readonly health: ReadonlyMap<string, string>;
};

type Probe = {
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly ok: boolean | null;
  readonly error?: string;
};
type Call = { readonly from: string; readonly to: string };
type Recorded = { readonly query: string; readonly response: Wire };

export type Series = { readonly labels: Record<string, string>; readonly value: number | readonly number[] };

export type WorkloadPlan = {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly replicas?: number;
  readonly containers: readonly ContainerWire[];
  /** Further fields of the pod spec. */
  readonly pod?: Wire;
  readonly labels?: Record<string, string>;
  readonly selector?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly podAnnotations?: Record<string, string>;
  readonly spec?: Wire;
  readonly createdMinutesAgo?: number;
  /** The template before the present one, and when it was replaced. */
  readonly previous?: {
    readonly containers?: readonly ContainerWire[];
    readonly pod?: Wire;
    readonly minutesAgo: number;
  };
  /** The present revision never became available: pods of the previous one still run, as the strategy keeps them. */
  readonly stuck?: boolean;
  readonly manager?: string;
  /** States of the containers of every present pod; unnamed ones run. */
  readonly states?: Record<string, ContainerState>;
  readonly events?: readonly PodEvent[];
  /** Minutes since the pods of the present revision were made; the time of the change where there is one. */
  readonly podsMinutesAgo?: number;
  readonly nodes?: readonly string[];
};

export type Workload = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `Kind namespace/name`, as expectations name objects. */
  readonly ref: string;
  readonly selector: Record<string, string>;
  readonly pods: readonly PodModel[];
  readonly oldPods: readonly PodModel[];
  readonly pod: PodModel;
  readonly model: WorkloadModel | undefined;
  readonly owner: Owner;
};

export type ServicePlan = {
  readonly namespace: string;
  readonly name: string;
  readonly selector: Record<string, string>;
  readonly ports: readonly Wire[];
  readonly clusterIP?: string;
  readonly spec?: Wire;
  readonly createdMinutesAgo?: number;
};

export type AlertPlan = {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly summary?: string;
  readonly minutesAgo?: number;
  readonly resolved?: boolean;
};

export type World = ReturnType<typeof createWorld>;

/** A cluster in the making: objects are added as models and written together by `finish`, so that statuses, EndpointSlices, leases and events agree. */
export function createWorld({ seed, salt }: { readonly seed: number; readonly salt: string }) {
  const random: Random = createRandom(`${seed}/${salt}`);
  const names: Names = createNames(random, seed);
  const minor = random.int(28, 35);
  const nowMs = Date.UTC(
    2025,
    random.int(0, 11),
    random.int(1, 28),
    random.int(0, 23),
    random.int(0, 59),
    random.int(0, 59),
  );
  const cni = random.pick(['calico', 'cilium', 'flannel', 'kindnet']);
  let version = random.int(100_000, 900_000);
  const resourceVersion = () => {
    version += random.int(1, 40);
    return String(version);
  };
  const iso = (minutesAgo: number) => isoSeconds(nowMs - minutesAgo * 60_000);

  const objects: Wire[] = [];
  const pods: PodModel[] = [];
  const workloads: WorkloadModel[] = [];
  const services: ServicePlan[] = [];
  const events: EventPlan[] = [];
  const logs = new Map<string, string>();
  const metrics: Recorded[] = [];
  const alerts: Wire[] = [];
  const probes: Probe[] = [];
  const calls: Call[] = [];
  const hosts = new Map<string, Record<string, string>>();
  const declared: Wire[] = [];
  const health = new Map<string, string>();
  const nodes: NodeModel[] = [];
  /** When leaders last renewed, in minutes; a case sets it. */
  const leaders = new Map([
    ['kube-scheduler', 0.02],
    ['kube-controller-manager', 0.03],
  ]);

  const add = (
    apiVersion: string,
    kind: string,
    metadata: Wire & { readonly name: string },
    rest: Wire = {},
  ): Wire & { readonly metadata: Wire & { readonly name: string; readonly uid: string } } => {
    const { createdMinutesAgo, ...own } = metadata;
    const age = typeof createdMinutesAgo === 'number' ? createdMinutesAgo : random.int(3000, 90_000);
    const object = {
      apiVersion,
      kind,
      metadata: { uid: random.uid(), resourceVersion: resourceVersion(), creationTimestamp: iso(age), ...own },
      ...rest,
    };
    objects.push(object);
    return object;
  };

  const addNode = (index: number, isControlPlane = false): NodeModel => {
    const name = names.node(index);
    const zone = `zone-${'abc'.charAt(index % 3)}`;
    const node: NodeModel = {
      name,
      ip: `10.${20 + (seed % 50)}.${random.int(0, 3)}.${10 + index * 7 + random.int(0, 6)}`,
      uid: random.uid(),
      index,
      isControlPlane,
      createdMinutesAgo: random.int(5000, 200_000),
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': zone,
        ...(isControlPlane ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
      },
      annotations: {},
      taints: isControlPlane ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] : [],
      unschedulable: false,
      cpu: random.pick([4, 8, 16]),
      memoryMi: random.pick([16384, 32768, 65536]),
      runtime: `containerd://${random.pick(['1.7.22', '1.7.27', '2.0.5', '2.1.4'])}`,
      conditions: new Map(),
      silentForMinutes: undefined,
      clockAheadSeconds: 0,
    };
    nodes.push(node);
    return node;
  };

  const namespaces = new Set<string>();
  const addNamespace = (name: string, labels: Record<string, string> = {}) => {
    if (namespaces.has(name)) return name;
    namespaces.add(name);
    const createdMinutesAgo = random.int(20_000, 90_000);
    add(
      'v1',
      'Namespace',
      { name, createdMinutesAgo, labels: { 'kubernetes.io/metadata.name': name, ...labels } },
      { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
    );
    add('v1', 'ServiceAccount', { name: 'default', namespace: name, createdMinutesAgo });
    add(
      'v1',
      'ConfigMap',
      {
        name: 'kube-root-ca.crt',
        namespace: name,
        createdMinutesAgo,
        annotations: {
          'kubernetes.io/description':
            'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
        },
      },
      { data: { 'ca.crt': '-----BEGIN CERTIFICATE-----\nMIIDBTCCAe2gAwIBAgIIKq\n-----END CERTIFICATE-----\n' } },
    );
    return name;
  };

  let turn = random.int(0, 9);
  const nextNode = (): NodeModel => {
    const workers = nodes.filter(
      ({ isControlPlane, unschedulable, silentForMinutes }) =>
        !isControlPlane && !unschedulable && silentForMinutes === undefined,
    );
    const node = workers[turn++ % workers.length];
    if (node === undefined) throw new RangeError('a world needs a worker node');
    return node;
  };

  const addPod = (plan: {
    readonly namespace: string;
    readonly name: string;
    readonly owner?: Owner;
    readonly labels: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly spec: Wire;
    readonly node?: string | undefined;
    readonly createdMinutesAgo: number;
    readonly states?: Record<string, ContainerState>;
    readonly events?: readonly PodEvent[];
  }): PodModel => {
    const chosen = 'node' in plan ? plan.node : nextNode().name;
    const onNode = nodes.find(({ name }) => name === chosen);
    const pod: PodModel = {
      namespace: plan.namespace,
      name: plan.name,
      uid: random.uid(),
      owner: plan.owner,
      labels: plan.labels,
      annotations: plan.annotations ?? {},
      spec: plan.spec,
      node: chosen,
      ip:
        plan.spec.hostNetwork === true
          ? (onNode?.ip ?? '10.0.0.1')
          : `10.244.${onNode?.index ?? 9}.${random.int(2, 250)}`,
      createdMinutesAgo: plan.createdMinutesAgo,
      states: new Map(Object.entries(plan.states ?? {})),
      conditions: new Map(),
      events: [...(plan.events ?? [])],
    };
    pods.push(pod);
    return pod;
  };

  const token = () => `kube-api-access-${random.suffix(5)}`;

  const workload = (plan: WorkloadPlan): Workload => {
    const { namespace, name, kind = 'Deployment' } = plan;
    addNamespace(namespace);
    const selector =
      plan.selector ??
      random.pick([
        { app: name },
        { 'app.kubernetes.io/name': name },
        { app: name, tier: 'backend' } as Record<string, string>,
      ]);
    const labels = { ...selector, ...plan.labels };
    const created = plan.createdMinutesAgo ?? random.int(4000, 80_000);
    const workers = nodes.filter(
      ({ isControlPlane }) => !isControlPlane || (plan.pod?.tolerations !== undefined && kind === 'DaemonSet'),
    );
    const replicas = kind === 'DaemonSet' ? workers.length : (plan.replicas ?? random.int(2, 3));
    const specOf = (containers: readonly ContainerWire[], extra: Wire | undefined) =>
      completePodSpec({ containers, ...extra }, '');
    const present = specOf(plan.containers, plan.pod);
    const podAge = plan.podsMinutesAgo ?? plan.previous?.minutesAgo ?? created;
    const uid = random.uid();
    const apiVersion = 'apps/v1';
    if (kind === 'Pod') {
      const pod = addPod({
        namespace,
        name,
        labels,
        spec: completePodSpec({ containers: plan.containers, ...plan.pod }, token()),
        createdMinutesAgo: podAge,
        ...(plan.states === undefined ? {} : { states: plan.states }),
        ...(plan.events === undefined ? {} : { events: plan.events }),
        ...(plan.nodes?.[0] === undefined ? {} : { node: plan.nodes[0] }),
        ...(plan.podAnnotations === undefined ? {} : { annotations: plan.podAnnotations }),
      });
      return {
        kind,
        namespace,
        name,
        uid: pod.uid,
        ref: `Pod ${namespace}/${name}`,
        selector: labels,
        pods: [pod],
        oldPods: [],
        pod,
        model: undefined,
        owner: { apiVersion: 'v1', kind, name, uid: pod.uid },
      };
    }
    const owner: Owner = { apiVersion, kind, name, uid };
    const template = (spec: Wire): Wire => ({
      metadata: {
        creationTimestamp: null,
        labels,
        ...(plan.podAnnotations === undefined ? {} : { annotations: plan.podAnnotations }),
      },
      spec,
    });
    const revisions: Revision[] = [];
    const revision = (spec: Wire, createdMinutesAgo: number): Revision => {
      const hash = random.suffix(kind === 'Deployment' ? random.int(9, 10) : 10);
      const own: Owner =
        kind === 'Deployment' ? { apiVersion, kind: 'ReplicaSet', name: `${name}-${hash}`, uid: random.uid() } : owner;
      const made = {
        number: revisions.length + 1,
        hash,
        template: template(spec),
        createdMinutesAgo,
        owner: own,
        pods: [],
      };
      revisions.push(made);
      return made;
    };
    const fill = (target: Revision, count: number, spec: Wire, age: number, isPresent: boolean) => {
      for (let index = 0; index < count; index++) {
        const podName =
          kind === 'StatefulSet'
            ? `${name}-${target.pods.length}`
            : `${kind === 'Deployment' ? target.owner.name : name}-${random.suffix(5)}`;
        const { containers, initContainers, volumes, ...rest } = spec;
        const at = kind === 'DaemonSet' ? workers[index]?.name : plan.nodes?.[index % (plan.nodes.length || 1)];
        target.pods.push(
          addPod({
            namespace,
            name: podName,
            owner: target.owner,
            labels: {
              ...labels,
              ...(kind === 'Deployment'
                ? { 'pod-template-hash': target.hash }
                : { 'controller-revision-hash': kind === 'StatefulSet' ? `${name}-${target.hash}` : target.hash }),
              ...(kind === 'StatefulSet'
                ? { 'statefulset.kubernetes.io/pod-name': podName, 'apps.kubernetes.io/pod-index': String(index) }
                : {}),
            },
            spec: completePodSpec(
              {
                containers,
                ...(initContainers === undefined ? {} : { initContainers }),
                ...(volumes === undefined ? {} : { volumes }),
                ...rest,
              },
              rest.hostNetwork === true ? '' : token(),
            ),
            createdMinutesAgo: age,
            ...(at === undefined ? {} : { node: at }),
            ...(isPresent && plan.states !== undefined ? { states: plan.states } : {}),
            ...(isPresent && plan.events !== undefined ? { events: plan.events } : {}),
            ...(plan.podAnnotations === undefined ? {} : { annotations: plan.podAnnotations }),
          }),
        );
      }
    };
    const oldPods: PodModel[] = [];
    if (plan.previous !== undefined) {
      const before = specOf(plan.previous.containers ?? plan.containers, plan.previous.pod ?? plan.pod);
      const old = revision(before, created);
      if (plan.stuck === true && kind === 'Deployment') {
        fill(
          old,
          replicas - Math.floor(replicas * 0.25),
          before,
          Math.max(created - 10, plan.previous.minutesAgo + 200),
          false,
        );
        oldPods.push(...old.pods);
      }
    }
    const now = revision(present, plan.previous?.minutesAgo ?? created);
    const isHeldBack = plan.stuck === true && plan.previous !== undefined && kind === 'Deployment';
    const count = isHeldBack ? Math.min(replicas, Math.floor(replicas * 0.25) + Math.ceil(replicas * 0.25)) : replicas;
    fill(now, count, present, podAge, true);
    const model: WorkloadModel = {
      kind,
      namespace,
      name,
      uid,
      replicas,
      selector,
      labels: { ...labels },
      annotations: plan.annotations ?? {},
      createdMinutesAgo: created,
      changedMinutesAgo: plan.previous?.minutesAgo ?? created,
      manager: plan.manager ?? random.pick(['kubectl-client-side-apply', 'helm', 'argocd-controller', 'kubectl-edit']),
      revisions,
      wasAvailable: plan.stuck !== true,
      deadlineSeconds: 600,
      spec: plan.spec ?? {},
    };
    workloads.push(model);
    const [pod] = now.pods;
    if (pod === undefined) throw new RangeError(`${name} has no pod`);
    return {
      kind,
      namespace,
      name,
      uid,
      ref: `${kind} ${namespace}/${name}`,
      selector,
      pods: now.pods,
      oldPods,
      pod,
      model,
      owner,
    };
  };

  const service = (plan: ServicePlan) => {
    services.push(plan);
    return { ref: `Service ${plan.namespace}/${plan.name}`, host: `${plan.name}.${plan.namespace}.svc.cluster.local` };
  };

  const log = (pod: PodModel, container: string, lines: readonly string[] | string, previous = false) => {
    const text = typeof lines === 'string' ? lines : `${lines.join('\n')}\n`;
    logs.set(`${pod.namespace}/${pod.name}/${container}${previous ? '.previous' : ''}.log`, text);
  };

  /** An answer of the metrics server: a vector for single values, a matrix for lists of values (a minute apart, the last one now). */
  const metric = (query: string, series: readonly Series[]) => {
    const at = nowMs / 1000;
    const isRange = series.some(({ value }) => typeof value !== 'number');
    const result = series.map(({ labels, value }) =>
      typeof value === 'number'
        ? { metric: labels, value: [at, String(value)] }
        : { metric: labels, values: value.map((each, index) => [at - (value.length - 1 - index) * 60, String(each)]) },
    );
    metrics.push({
      query,
      response: { status: 'success', data: { resultType: isRange ? 'matrix' : 'vector', result } },
    });
  };

  const alert = ({ name, labels, summary, minutesAgo = 8, resolved = false }: AlertPlan) => {
    alerts.push({
      status: resolved ? 'resolved' : 'firing',
      labels: { alertname: name, severity: 'warning', prometheus: 'monitoring/k8s', ...labels },
      annotations: {
        ...(summary === undefined ? {} : { summary, description: summary }),
        runbook_url: `https://runbooks.prometheus-operator.dev/runbooks/kubernetes/${name.toLowerCase()}`,
      },
      startsAt: new Date(nowMs - minutesAgo * 60_000).toISOString(),
      endsAt: resolved ? new Date(nowMs - 60_000).toISOString() : '0001-01-01T00:00:00Z',
      generatorURL: `http://prometheus.${names.domain}/graph?g0.expr=up&g0.tab=1`,
      fingerprint: random.hex(16),
    });
  };

  const writing = {
    random,
    nowMs,
    minor,
    cni,
    resourceVersion,
    get hostIps() {
      return new Map(nodes.map(({ name, ip }) => [name, ip]));
    },
  };

  const writeService = (plan: ServicePlan): Wire[] => {
    const created = plan.createdMinutesAgo ?? random.int(3000, 80_000);
    const clusterIP = plan.clusterIP ?? `10.96.${random.int(1, 250)}.${random.int(2, 250)}`;
    const uid = random.uid();
    const common = { namespace: plan.namespace, resourceVersion: resourceVersion(), creationTimestamp: iso(created) };
    const chosen =
      Object.keys(plan.selector).length === 0
        ? []
        : pods.filter(
            ({ namespace, labels, deletion, phase, node }) =>
              namespace === plan.namespace &&
              deletion === undefined &&
              phase !== 'Failed' &&
              phase !== 'Succeeded' &&
              node !== undefined &&
              Object.entries(plan.selector).every(([key, value]) => labels[key] === value),
          );
    const servicePorts = plan.ports.map((port) => ({
      protocol: 'TCP',
      ...port,
      targetPort: port.targetPort ?? port.port,
    }));
    const portFor = (pod: PodModel, target: unknown): number | undefined =>
      typeof target === 'number'
        ? target
        : containersIn(pod.spec, 'containers')
            .flatMap(({ ports }) => (ports ?? []) as readonly Wire[])
            .flatMap(({ name, containerPort }) =>
              name === target && typeof containerPort === 'number' ? [containerPort] : [],
            )[0];
    const slicePorts = servicePorts.flatMap((port) => {
      const number = chosen.map((pod) => portFor(pod, port.targetPort)).find((each) => each !== undefined);
      return number === undefined
        ? []
        : [{ name: String((port as Wire).name ?? ''), protocol: port.protocol, port: number }];
    });
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: plan.name, uid, ...common, labels: plan.selector },
        spec: {
          clusterIP,
          clusterIPs: [clusterIP],
          internalTrafficPolicy: 'Cluster',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          ports: servicePorts,
          ...(Object.keys(plan.selector).length === 0 ? {} : { selector: plan.selector }),
          sessionAffinity: 'None',
          type: 'ClusterIP',
          ...plan.spec,
        },
        status: { loadBalancer: {} },
      },
      ...(Object.keys(plan.selector).length === 0
        ? []
        : [
            {
              apiVersion: 'discovery.k8s.io/v1',
              kind: 'EndpointSlice',
              metadata: {
                name: `${plan.name}-${random.suffix(5)}`,
                generateName: `${plan.name}-`,
                uid: random.uid(),
                ...common,
                generation: 4,
                labels: {
                  ...plan.selector,
                  'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
                  'kubernetes.io/service-name': plan.name,
                },
                ownerReferences: [
                  {
                    apiVersion: 'v1',
                    kind: 'Service',
                    name: plan.name,
                    uid,
                    controller: true,
                    blockOwnerDeletion: true,
                  },
                ],
              },
              addressType: 'IPv4',
              endpoints: chosen
                .filter(
                  (pod) =>
                    pod.states.size === 0 ||
                    [...pod.states.values()].every(
                      (state) => !(state.is === 'waiting' && state.reason === 'ContainerCreating'),
                    ),
                )
                .map((pod) => ({
                  addresses: [pod.ip],
                  conditions: { ready: isReady(pod), serving: isReady(pod), terminating: false },
                  nodeName: pod.node,
                  targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid },
                })),
              ports: slicePorts.length === 0 ? null : slicePorts,
            },
          ]),
    ];
  };

  const finish = (): WorldSnapshot => {
    const control = nodes.find(({ isControlPlane }) => isControlPlane);
    const written: Wire[] = [
      ...objects,
      ...nodes.flatMap((node) => [writeNode(node, writing), writeNodeLease(node, writing)]),
      ...workloads.flatMap((model) => writeWorkload(model, writing)),
      ...pods.map((pod) => writePod(pod, writing)),
      ...services.flatMap(writeService),
      ...(control === undefined && leaders.size === 0
        ? []
        : [...leaders].map(([name, minutes]) =>
            writeLease({
              namespace: 'kube-system',
              name,
              holder: `${control?.name ?? 'managed'}_${random.uid()}`,
              seconds: 15,
              renewedMs: nowMs - minutes * 60_000,
              writtenMs: nowMs - minutes * 60_000,
              createdMs: nowMs - 90_000 * 60_000,
              uid: random.uid(),
              manager: name,
              resourceVersion: resourceVersion(),
            }),
          )),
      ...[...events, ...pods.flatMap(eventsOfPod)].map((plan) => writeEvent(plan, writing)),
    ];
    return {
      capturedAtMs: nowMs,
      kubernetesVersion: `v1.${minor}.2`,
      objects: random.shuffle(written),
      logs,
      metrics,
      alerts,
      probes,
      calls,
      hosts,
      declared,
      health,
    };
  };

  return {
    random,
    names,
    minor,
    nowMs,
    cni,
    nodes,
    pods,
    services,
    leaders,
    hosts,
    health,
    iso,
    isoMicros: (minutesAgo: number) => isoMicros(nowMs - minutesAgo * 60_000),
    get workers() {
      return nodes.filter(({ isControlPlane }) => !isControlPlane);
    },
    add,
    addNode,
    addNamespace,
    addPod,
    nextNode,
    workload,
    service,
    log,
    metric,
    alert,
    finish,
    token,
    resourceVersion,
    event: (plan: EventPlan) => {
      events.push(plan);
    },
    probe: (from: string, host: string, port: number, ok: boolean | null, error?: string) => {
      probes.push({ from, host, port, ok, ...(error === undefined ? {} : { error }) });
    },
    replaceConfigMap: (namespace: string, name: string, data: Record<string, string>) => {
      const found = objects.find(
        ({ kind, metadata }) =>
          kind === 'ConfigMap' && (metadata as Wire).namespace === namespace && (metadata as Wire).name === name,
      );
      if (found === undefined) throw new RangeError(`no ConfigMap ${name}`);
      found.data = data;
    },
    /** Makes a bare pod one of a controller that was added by hand. */
    adopt: (pod: PodModel, owner: Owner) => {
      pod.owner = owner;
    },
    call: (from: string, to: string) => {
      calls.push({ from, to });
    },
    declare: (object: Wire) => {
      declared.push(object);
    },
    find: (namespace: string, name: string) =>
      workloads.find((model) => model.namespace === namespace && model.name === name),
  };
}
