import { node, object } from '../capture/manifests.ts';
import type { Fields, KubeObject } from '../capture/wire.ts';
import type { Case } from './case-files.ts';
import type { Random } from './random.ts';
import { capturedAtOf } from './shift-times.ts';

const controlPlaneTaint = 'node-role.kubernetes.io/control-plane';
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * Adds what has nothing to do with the case: a namespace with healthy workloads, one of them called as a workload of the case, one such workload in a namespace of the case (not where a quota or LimitRange would
 * have to know of it), ConfigMaps, Normal events, and Warning events of objects that do not exist any more. A node, tainted for its own, comes only when no pod of the case
 * waits for one: another node could change why it waits. Pods of the noise run there, else on the control-plane node; where there is neither, the noise has no pods.
 */
export function addNoise(original: Case, random: Random): Case {
  const now = capturedAtOf(original);
  if (now === undefined) return original;
  const time = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const word = () =>
    `${random.text('bcdfgklmnprstvz', 1)}${random.text('aeiou', 1)}${random.text('bcdfgklmnprstvz', 1)}${random.text('aeiou', 1)}${random.text(alphabet, 2)}`;
  const uid = () => `${random.text('0123456789abcdef', 8)}-1d1e-4000-8000-${random.text('0123456789abcdef', 12)}`;
  const born = 86_400 * (2 + random.below(20));
  const made = (item: KubeObject, namespace?: string): KubeObject => ({
    ...item,
    metadata: {
      ...item.metadata,
      ...(namespace === undefined ? {} : { namespace }),
      uid: uid(),
      resourceVersion: String(1000 + random.below(90_000)),
      generation: 1,
      creationTimestamp: time(born),
    },
  });
  const added: KubeObject[] = [];
  const host = hostFor(original.objects, () => {
    const name = `noise-${word()}`;
    const { status, ...rest } = node(name, 40 + random.below(100), {
      taints: [{ key: 'reserved-for', value: 'others', effect: 'NoSchedule' }],
    });
    const conditions = [
      ['MemoryPressure', 'False', 'KubeletHasSufficientMemory'],
      ['DiskPressure', 'False', 'KubeletHasNoDiskPressure'],
      ['PIDPressure', 'False', 'KubeletHasSufficientPID'],
      ['Ready', 'True', 'KubeletReady'],
    ].map(([type, state, reason]) => ({
      type,
      status: state,
      reason,
      message: '',
      lastHeartbeatTime: time(70),
      lastTransitionTime: time(born),
    }));
    const { annotations: _, ...metadata } = rest.metadata;
    added.push({ ...made({ ...rest, metadata }), status: { ...status, conditions } });
    added.push({
      ...made(object('coordination.k8s.io/v1', 'Lease', name, {}), 'kube-node-lease'),
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: 40,
        renewTime: new Date(now - 6_000).toISOString().replace('Z', '000Z'),
      },
    });
    return { name, toleration: { key: 'reserved-for', operator: 'Exists' } };
  });

  const elsewhere = `${word()}-${word()}`;
  added.push({
    ...made(object('v1', 'Namespace', elsewhere, {}, { labels: { 'kubernetes.io/metadata.name': elsewhere } })),
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  added.push(made(object('v1', 'ServiceAccount', 'default'), elsewhere));
  const own = [
    ...new Set(original.objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)),
  ].filter((name) => !/^(?:kube-|default$)/.test(name));
  const open = own.filter(
    (namespace) =>
      !original.objects.some(
        ({ kind, metadata }) =>
          metadata.namespace === namespace && /^(?:ResourceQuota|LimitRange|NetworkPolicy)$/.test(kind),
      ),
  );
  // In the other namespace something bears the very name of a workload of the case, and is well.
  const namesakes = original.objects
    .filter(({ kind, metadata }) => /^(?:Deployment|StatefulSet)$/.test(kind) && own.includes(metadata.namespace ?? ''))
    .map(({ metadata }) => metadata.name);
  const places = [
    { namespace: elsewhere, name: namesakes.length === 0 ? word() : random.pick(namesakes) },
    { namespace: elsewhere, name: word() },
    ...(open.length === 0 ? [] : [{ namespace: random.pick(open), name: word() }]),
  ];
  for (const { namespace, name } of places) {
    if (host !== undefined) added.push(...workloadOf({ name, namespace, host, made, uid, time, born, random }));
    added.push(
      made(
        object('v1', 'ConfigMap', `${word()}-settings`, { data: { mode: 'on', retries: String(random.below(9)) } }),
        namespace,
      ),
    );
  }
  for (const namespace of [...own, elsewhere]) {
    for (let index = 0; index < 2 + random.below(4); index++) added.push(event({ namespace, word, uid, time, random }));
  }
  return { ...original, objects: [...original.objects, ...added] };
}

type Host = { readonly name: string; readonly toleration: Fields };

function hostFor(objects: readonly KubeObject[], makeNode: () => Host): Host | undefined {
  const waits = objects.some(
    ({ kind, spec, status }) =>
      kind === 'Pod' && spec?.nodeName === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
  );
  const hasNodes = objects.some(({ kind }) => kind === 'Node');
  if (!waits && hasNodes) return makeNode();
  const controlPlane = objects.find(
    ({ kind, spec, status }) =>
      kind === 'Node' &&
      JSON.stringify(spec ?? {}).includes(controlPlaneTaint) &&
      JSON.stringify(status ?? {}).includes('"KubeletReady"'),
  );
  return controlPlane === undefined
    ? undefined
    : { name: controlPlane.metadata.name, toleration: { key: controlPlaneTaint, operator: 'Exists' } };
}

type Making = {
  readonly name: string;
  readonly namespace: string;
  readonly host: Host;
  readonly made: (item: KubeObject, namespace?: string) => KubeObject;
  readonly uid: () => string;
  readonly time: (secondsAgo: number) => string;
  readonly born: number;
  readonly random: Random;
};

/** A Deployment with two ready pods, its ReplicaSet, Service and endpoints, as they look when all is well. */
function workloadOf({ name, namespace, host, made, time, born, random }: Making): readonly KubeObject[] {
  const hash = random.text(alphabet, 9);
  const labels = { app: name };
  const container = {
    name,
    image: `registry.example.com/others/${name}:3.1.${random.below(20)}`,
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    resources: { requests: { cpu: '5m', memory: '8Mi' } },
  };
  const spec = {
    containers: [container],
    tolerations: [host.toleration],
    serviceAccountName: 'default',
    schedulerName: 'default-scheduler',
    restartPolicy: 'Always',
  };
  const since = time(born - 5);
  const deployment = made(
    object('apps/v1', 'Deployment', name, {}, { labels, annotations: { 'deployment.kubernetes.io/revision': '1' } }),
    namespace,
  );
  const owner = (item: KubeObject) => ({
    ownerReferences: [
      {
        apiVersion: item.apiVersion,
        kind: item.kind,
        name: item.metadata.name,
        uid: item.metadata.uid ?? '',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  });
  const podLabels = { ...labels, 'pod-template-hash': hash };
  const replicaSet = made(
    object(
      'apps/v1',
      'ReplicaSet',
      `${name}-${hash}`,
      {},
      { labels: podLabels, annotations: { 'deployment.kubernetes.io/revision': '1' }, ...owner(deployment) },
    ),
    namespace,
  );
  const counts = { observedGeneration: 1, replicas: 2, readyReplicas: 2, availableReplicas: 2 };
  const pods = [0, 1].map(() => {
    const pod = made(
      object(
        'v1',
        'Pod',
        `${name}-${hash}-${random.text(alphabet, 5)}`,
        {},
        { labels: podLabels, generateName: `${name}-${hash}-`, ...owner(replicaSet) },
      ),
      namespace,
    );
    const ip = `10.250.${random.below(250)}.${1 + random.below(250)}`;
    const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
      (type) => ({ type, status: 'True', lastTransitionTime: since }),
    );
    const containerStatuses = [
      {
        name,
        image: container.image,
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: since } },
      },
    ];
    return {
      ...pod,
      spec: { ...spec, nodeName: host.name },
      status: { phase: 'Running', startTime: since, podIP: ip, podIPs: [{ ip }], conditions, containerStatuses },
    };
  });
  const service = made(
    object('v1', 'Service', name, {
      spec: {
        type: 'ClusterIP',
        clusterIP: `10.96.200.${1 + random.below(250)}`,
        selector: labels,
        ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      },
    }),
    namespace,
  );
  const slice = made(
    object(
      'discovery.k8s.io/v1',
      'EndpointSlice',
      `${name}-${random.text(alphabet, 5)}`,
      { addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] },
      { labels: { 'kubernetes.io/service-name': name }, ...owner(service) },
    ),
    namespace,
  );
  const endpoints = pods.map(({ metadata, status }) => ({
    addresses: [status.podIP],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: host.name,
    targetRef: { kind: 'Pod', namespace, name: metadata.name, uid: metadata.uid },
  }));
  const template = { metadata: { labels }, spec };
  return [
    {
      ...deployment,
      spec: { replicas: 2, selector: { matchLabels: labels }, template, progressDeadlineSeconds: 600 },
      status: {
        ...counts,
        updatedReplicas: 2,
        conditions: [
          {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            lastUpdateTime: since,
            lastTransitionTime: since,
          },
          {
            type: 'Progressing',
            status: 'True',
            reason: 'NewReplicaSetAvailable',
            lastUpdateTime: since,
            lastTransitionTime: since,
          },
        ],
      },
    },
    {
      ...replicaSet,
      spec: {
        replicas: 2,
        selector: { matchLabels: podLabels },
        template: { ...template, metadata: { labels: podLabels } },
      },
      status: { ...counts, fullyLabeledReplicas: 2 },
    },
    ...pods,
    service,
    { ...slice, endpoints },
  ];
}

/** Sentences of the past: ordinary ones, and troubles of pods that are gone. */
const sentences: readonly (readonly [
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  component: string,
])[] = [
  ['Normal', 'Pulled', 'Container image already present on machine', 'kubelet'],
  ['Normal', 'Killing', 'Stopping container main', 'kubelet'],
  ['Normal', 'Scheduled', 'Successfully assigned', 'default-scheduler'],
  ['Warning', 'BackOff', 'Back-off restarting failed container main in pod', 'kubelet'],
  ['Warning', 'Failed', 'Error: ImagePullBackOff', 'kubelet'],
  ['Warning', 'FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.', 'default-scheduler'],
  ['Warning', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', 'kubelet'],
  ['Warning', 'FailedMount', 'MountVolume.SetUp failed for volume "config" : configmap "gone" not found', 'kubelet'],
];

function event({
  namespace,
  word,
  uid,
  time,
  random,
}: {
  namespace: string;
  word: () => string;
  uid: () => string;
  time: (secondsAgo: number) => string;
  random: Random;
}): KubeObject {
  const [type, reason, message, component] = random.pick(sentences);
  const name = `${word()}-${random.text(alphabet, 9)}-${random.text(alphabet, 5)}`;
  const last = 120 + random.below(3_000);
  const first = last + random.below(400);
  const own = uid();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.18${random.text('0123456789abcdef', 14)}`,
      namespace,
      uid: uid(),
      resourceVersion: String(1000 + random.below(90_000)),
      creationTimestamp: time(first),
    },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid: own },
    type,
    reason,
    message,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
    count: 1 + random.below(5),
    firstTimestamp: time(first),
    lastTimestamp: time(last),
  };
}
