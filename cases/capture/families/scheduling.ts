import type { CaseContext, CaseDefinition, Expected } from '../case-context.ts';
import { type NodeRequest, object, requests, type WorkloadKind, type WorkloadRequest, workload } from '../manifests.ts';
import type { Fields } from '../wire.ts';

const symptoms = ['rollout-stuck', 'service-no-ready-endpoints'];

/** A workload whose pods the scheduler cannot place, and why. */
type Unplaced = {
  readonly name: string;
  readonly about: string;
  readonly code: string;
  readonly nodes?: readonly NodeRequest[];
  readonly kind?: WorkloadKind;
  readonly app: string;
  readonly request: WorkloadRequest;
  readonly before?: (c: CaseContext) => Promise<void>;
  readonly says?: readonly string[];
  readonly more?: (c: CaseContext) => Partial<Expected>;
};

function unplaced({
  name,
  about,
  code,
  nodes,
  kind = 'Deployment',
  app,
  request,
  before,
  says = [],
  more = () => ({}),
}: Unplaced): CaseDefinition {
  return {
    name,
    about,
    ...(nodes === undefined ? {} : { nodes }),
    run: async (c) => {
      await before?.(c);
      await c.apply(workload(kind, app, request));
      await c.event('FailedScheduling');
      return { code, object: `${kind} ${c.ns}/${app}`, says, alsoTrue: symptoms, ...more(c) };
    },
  };
}

/** The same done right: everything runs. */
function placed(
  name: string,
  about: string,
  notClaimed: string,
  nodes: readonly NodeRequest[] | undefined,
  make: (c: CaseContext) => Promise<void>,
): CaseDefinition {
  return {
    name,
    about,
    ...(nodes === undefined ? {} : { nodes }),
    run: async (c) => {
      await make(c);
      return { status: 'healthy', notClaimed: [notClaimed] };
    },
  };
}

const small: readonly NodeRequest[] = [
  { cpu: '2', memory: '4Gi' },
  { cpu: '2', memory: '4Gi' },
  { cpu: '2', memory: '4Gi' },
];
const filler = (c: CaseContext, resources: Record<string, string>, replicas: number) =>
  c.runs('Deployment', 'base-load', { replicas, container: requests(resources) });
const spread = (topologyKey: string, app: string, extra: Fields = {}) => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app } }, ...extra },
  ],
});
const nodeAffinity = (key: string, operator: string, values: readonly string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
      },
    },
  },
});
const podTerms = (kind: 'podAffinity' | 'podAntiAffinity', app: string, topologyKey = 'kubernetes.io/hostname') => ({
  affinity: {
    [kind]: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app } }, topologyKey }],
    },
  },
});
const dedicated = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };

export const scheduling: readonly CaseDefinition[] = [
  // cpu
  unplaced({
    name: 'insufficient-cpu-never-fits',
    about: 'A container asks for more CPU than any node has.',
    code: 'insufficient-cpu',
    app: 'encoder',
    request: { replicas: 1, container: requests({ cpu: '6', memory: '512Mi' }) },
    says: ['cpu'],
  }),
  unplaced({
    name: 'insufficient-cpu-cluster-full',
    about: 'The nodes are used up by others: the last replicas of a StatefulSet wait.',
    code: 'insufficient-cpu',
    nodes: small,
    kind: 'StatefulSet',
    app: 'ledger-db',
    request: { replicas: 3, container: requests({ cpu: '900m', memory: '256Mi' }) },
    before: async (c) => {
      await filler(c, { cpu: '600m', memory: '128Mi' }, 6);
      await c.past({ hours: 5 });
    },
    says: ['cpu'],
    more: (c) => ({ question: { object: `statefulset/${c.ns}/ledger-db` } }),
  }),
  placed(
    'insufficient-cpu-healthy',
    'The nodes are nearly full, and all that was asked for has its place.',
    'insufficient-cpu',
    small,
    async (c) => {
      await filler(c, { cpu: '600m', memory: '128Mi' }, 6);
      await c.runs('StatefulSet', 'ledger-db', { replicas: 3, container: requests({ cpu: '700m', memory: '256Mi' }) });
    },
  ),
  unplaced({
    name: 'insufficient-cpu-decoy',
    about: 'The nodes have little CPU left, enough for this pod; what it lacks is memory.',
    code: 'insufficient-memory',
    nodes: small,
    app: 'report',
    request: { replicas: 1, container: requests({ cpu: '300m', memory: '6Gi' }) },
    before: async (c) => {
      await filler(c, { cpu: '700m', memory: '128Mi' }, 6);
      await c.past({ hours: 5 });
    },
    says: ['memory'],
    more: () => ({ notClaimed: ['insufficient-cpu'] }),
  }),
  // memory
  unplaced({
    name: 'insufficient-memory-one-node-type',
    about:
      'The pods may only run on the large nodes, and those have no memory left; the small ones would not hold them either.',
    code: 'insufficient-memory',
    nodes: [
      { memory: '32Gi', labels: { size: 'large' } },
      { memory: '8Gi', labels: { size: 'small' } },
      { memory: '8Gi', labels: { size: 'small' } },
    ],
    app: 'warehouse',
    request: {
      replicas: 3,
      container: requests({ cpu: '200m', memory: '14Gi' }),
      pod: { nodeSelector: { size: 'large' } },
    },
    says: ['memory'],
  }),
  unplaced({
    name: 'insufficient-memory-sidecar',
    about: 'Container, sidecar and overhead together ask for more than a node has.',
    code: 'insufficient-memory',
    app: 'search-index',
    request: {
      replicas: 1,
      container: requests({ cpu: '200m', memory: '12Gi' }),
      sidecars: [
        { name: 'warmer', image: 'registry.example.com/search/warmer:3', ...requests({ cpu: '100m', memory: '6Gi' }) },
      ],
    },
    says: ['memory'],
  }),
  placed(
    'insufficient-memory-healthy',
    'The same containers, on nodes that hold them.',
    'insufficient-memory',
    [{ memory: '32Gi' }, { memory: '32Gi' }],
    (c) =>
      c.runs('Deployment', 'search-index', {
        replicas: 1,
        container: requests({ cpu: '200m', memory: '12Gi' }),
        sidecars: [
          {
            name: 'warmer',
            image: 'registry.example.com/search/warmer:3',
            ...requests({ cpu: '100m', memory: '6Gi' }),
          },
        ],
      }),
  ),
  unplaced({
    name: 'insufficient-memory-decoy',
    about: 'A small pod, nodes with room; the taint of all nodes keeps it away.',
    code: 'taint-not-tolerated',
    nodes: [{ taints: [dedicated] }, { taints: [dedicated] }],
    app: 'landing',
    request: { replicas: 2, container: requests({ cpu: '100m', memory: '1Gi' }) },
    says: ['dedicated'],
    more: () => ({ notClaimed: ['insufficient-memory', 'insufficient-cpu'] }),
  }),
  // ephemeral storage
  unplaced({
    name: 'insufficient-ephemeral-storage-request',
    about: 'The pod asks for more scratch space than a node has.',
    code: 'insufficient-ephemeral-storage',
    app: 'transcoder',
    request: { replicas: 1, container: requests({ cpu: '100m', memory: '128Mi', 'ephemeral-storage': '150Gi' }) },
    says: ['ephemeral-storage'],
  }),
  placed(
    'insufficient-ephemeral-storage-healthy',
    'The same with less scratch space.',
    'insufficient-ephemeral-storage',
    undefined,
    (c) =>
      c.runs('Deployment', 'transcoder', {
        replicas: 1,
        container: requests({ cpu: '100m', memory: '128Mi', 'ephemeral-storage': '50Gi' }),
      }),
  ),
  unplaced({
    name: 'insufficient-ephemeral-storage-decoy',
    about: 'The pod asks for scratch space that the nodes have; its node selector matches none.',
    code: 'node-selector-unmatched',
    app: 'transcoder',
    request: {
      replicas: 1,
      container: requests({ cpu: '100m', memory: '128Mi', 'ephemeral-storage': '50Gi' }),
      pod: { nodeSelector: { 'disk-type': 'nvme' } },
    },
    says: ['disk-type'],
    more: () => ({ notClaimed: ['insufficient-ephemeral-storage'] }),
  }),
  // extended resources
  unplaced({
    name: 'insufficient-extended-resource-none',
    about: 'No node offers GPUs.',
    code: 'insufficient-extended-resource',
    app: 'trainer',
    request: { replicas: 1, container: { resources: { requests: { cpu: '1' }, limits: { 'nvidia.com/gpu': '1' } } } },
    says: ['nvidia.com/gpu'],
  }),
  unplaced({
    name: 'insufficient-extended-resource-used-up',
    about: 'One node has two GPUs, and another workload holds both.',
    code: 'insufficient-extended-resource',
    nodes: [{}, {}, { extended: { 'nvidia.com/gpu': '2' } }],
    kind: 'StatefulSet',
    app: 'inference',
    request: { replicas: 1, container: { resources: { requests: { cpu: '1' }, limits: { 'nvidia.com/gpu': '1' } } } },
    before: async (c) => {
      await c.runs('Deployment', 'notebooks', {
        replicas: 2,
        container: { resources: { requests: { cpu: '1' }, limits: { 'nvidia.com/gpu': '1' } } },
      });
      await c.past({ hours: 7 });
    },
    says: ['nvidia.com/gpu'],
  }),
  placed(
    'insufficient-extended-resource-healthy',
    'A node has the GPU that is asked for.',
    'insufficient-extended-resource',
    [{}, { extended: { 'nvidia.com/gpu': '1' } }],
    (c) =>
      c.runs('Deployment', 'trainer', {
        replicas: 1,
        container: { resources: { requests: { cpu: '1' }, limits: { 'nvidia.com/gpu': '1' } } },
      }),
  ),
  unplaced({
    name: 'insufficient-extended-resource-decoy',
    about: 'A GPU is free; the node that has it is tainted for others.',
    code: 'taint-not-tolerated',
    nodes: [{}, {}, { extended: { 'nvidia.com/gpu': '2' }, taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }] }],
    app: 'trainer',
    request: { replicas: 1, container: { resources: { requests: { cpu: '1' }, limits: { 'nvidia.com/gpu': '1' } } } },
    says: ['nvidia.com/gpu'],
    more: () => ({ notClaimed: ['insufficient-extended-resource'] }),
  }),
  // pods per node
  unplaced({
    name: 'node-pod-limit-reached-small-nodes',
    about: 'Each node takes four pods; all are used.',
    code: 'node-pod-limit-reached',
    nodes: [{ pods: '4' }, { pods: '4' }],
    app: 'edge',
    request: { replicas: 10, container: requests({ cpu: '10m', memory: '16Mi' }) },
    says: ['pods'],
  }),
  placed(
    'node-pod-limit-reached-healthy',
    'Nodes that take four pods, and eight pods.',
    'node-pod-limit-reached',
    [{ pods: '4' }, { pods: '4' }],
    (c) => c.runs('Deployment', 'edge', { replicas: 8, container: requests({ cpu: '10m', memory: '16Mi' }) }),
  ),
  unplaced({
    name: 'node-pod-limit-reached-decoy',
    about: 'One node is full of pods, on the other CPU is short: most of the cluster lacks CPU for this pod.',
    code: 'insufficient-cpu',
    nodes: [
      { pods: '40', cpu: '1' },
      { pods: '40', cpu: '1' },
    ],
    app: 'edge',
    request: { replicas: 1, container: requests({ cpu: '1500m', memory: '16Mi' }) },
    says: ['cpu'],
    more: () => ({ notClaimed: ['node-pod-limit-reached'] }),
  }),
  // node selector
  unplaced({
    name: 'node-selector-unmatched-typo',
    about: 'The selector asks for a zone that no node is in.',
    code: 'node-selector-unmatched',
    app: 'session',
    request: { pod: { nodeSelector: { 'topology.kubernetes.io/zone': 'eu-west-1d' } } },
    says: ['eu-west-1d'],
  }),
  unplaced({
    name: 'node-selector-unmatched-daemonset-change',
    about: 'A new revision of a Deployment selects nodes by a label that nobody set; the old pods run on.',
    code: 'node-selector-unmatched',
    kind: 'Deployment',
    app: 'courier',
    request: { replicas: 1, pod: { nodeSelector: { 'node-pool': 'spot' } } },
    before: async (c) => {
      await c.runs('Deployment', 'dispatch', { replicas: 2 });
      await c.past({ hours: 30 });
    },
    says: ['node-pool'],
  }),
  placed(
    'node-selector-unmatched-healthy',
    'A selector that two nodes match.',
    'node-selector-unmatched',
    [{ labels: { 'node-pool': 'spot' } }, { labels: { 'node-pool': 'spot' } }, {}],
    (c) => c.runs('Deployment', 'courier', { replicas: 3, pod: { nodeSelector: { 'node-pool': 'spot' } } }),
  ),
  unplaced({
    name: 'node-selector-unmatched-decoy',
    about: 'The selector matches one node; that one is out of CPU. The others would have room.',
    code: 'insufficient-cpu',
    nodes: [{ labels: { 'node-pool': 'spot' }, cpu: '2' }, {}, {}],
    app: 'courier',
    request: { replicas: 3, container: requests({ cpu: '800m' }), pod: { nodeSelector: { 'node-pool': 'spot' } } },
    says: ['cpu'],
    more: () => ({ notClaimed: ['node-selector-unmatched'] }),
  }),
  // node affinity
  unplaced({
    name: 'node-affinity-unmatched-arch',
    about: 'The pods want arm64 nodes, by a required node affinity; all nodes are amd64.',
    code: 'node-affinity-unmatched',
    app: 'thumbnails',
    request: { pod: nodeAffinity('kubernetes.io/arch', 'In', ['arm64']) },
    says: ['arm64'],
  }),
  unplaced({
    name: 'node-affinity-unmatched-statefulset',
    about: 'A StatefulSet demands nodes outside of all zones that exist.',
    code: 'node-affinity-unmatched',
    kind: 'StatefulSet',
    app: 'archive',
    request: {
      replicas: 2,
      pod: nodeAffinity('topology.kubernetes.io/zone', 'NotIn', ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']),
    },
    says: ['topology.kubernetes.io/zone'],
  }),
  placed(
    'node-affinity-unmatched-healthy',
    'A required node affinity that all nodes meet.',
    'node-affinity-unmatched',
    undefined,
    (c) => c.runs('Deployment', 'thumbnails', { pod: nodeAffinity('kubernetes.io/arch', 'In', ['amd64', 'arm64']) }),
  ),
  unplaced({
    name: 'node-affinity-unmatched-decoy',
    about: 'The affinity is met by a node that is cordoned.',
    code: 'nodes-cordoned',
    nodes: [{ labels: { disk: 'ssd' }, unschedulable: true }, {}, {}],
    app: 'archive',
    request: { replicas: 1, pod: nodeAffinity('disk', 'In', ['ssd']) },
    more: (c) => ({ object: `Node ${c.nodes[0]}`, notClaimed: ['node-affinity-unmatched'] }),
  }),
  // pod affinity
  unplaced({
    name: 'pod-affinity-unsatisfied-no-partner',
    about: 'The pods must run beside pods of an app that does not exist.',
    code: 'pod-affinity-unsatisfied',
    app: 'proxy',
    request: { pod: podTerms('podAffinity', 'redis-master') },
    says: ['redis-master'],
  }),
  placed(
    'pod-affinity-unsatisfied-healthy',
    'The partner is there.',
    'pod-affinity-unsatisfied',
    undefined,
    async (c) => {
      await c.runs('Deployment', 'redis-master', { replicas: 1 });
      await c.runs('Deployment', 'proxy', { pod: podTerms('podAffinity', 'redis-master') });
    },
  ),
  unplaced({
    name: 'pod-affinity-unsatisfied-decoy',
    about: 'The partner is there, and its node is full.',
    code: 'insufficient-cpu',
    nodes: [{ cpu: '2' }],
    app: 'proxy',
    request: { replicas: 1, container: requests({ cpu: '1' }), pod: podTerms('podAffinity', 'redis-master') },
    before: async (c) => {
      await c.runs('Deployment', 'redis-master', { replicas: 1, container: requests({ cpu: '1500m' }) });
      await c.past({ hours: 2 });
    },
    says: ['cpu'],
    more: () => ({ notClaimed: ['pod-affinity-unsatisfied'] }),
  }),
  // pod anti-affinity
  unplaced({
    name: 'pod-anti-affinity-conflict-replicas',
    about: 'Five replicas that must not share a node, on three nodes.',
    code: 'pod-anti-affinity-conflict',
    kind: 'StatefulSet',
    app: 'quorum',
    request: { replicas: 5, pod: podTerms('podAntiAffinity', 'quorum') },
  }),
  unplaced({
    name: 'pod-anti-affinity-conflict-rollout',
    about: 'Each node holds one old pod; the first new one has no node left.',
    code: 'pod-anti-affinity-conflict',
    app: 'guard',
    request: {
      replicas: 4,
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      pod: podTerms('podAntiAffinity', 'guard'),
    },
    more: (c) => ({ question: { object: `deployment/${c.ns}/guard` } }),
  }),
  placed(
    'pod-anti-affinity-conflict-healthy',
    'Three such replicas on three nodes.',
    'pod-anti-affinity-conflict',
    undefined,
    (c) => c.runs('StatefulSet', 'quorum', { replicas: 3, pod: podTerms('podAntiAffinity', 'quorum') }),
  ),
  unplaced({
    name: 'pod-anti-affinity-conflict-decoy',
    about: 'Replicas that must not share a node; a node is free, but has not enough memory.',
    code: 'insufficient-memory',
    nodes: [{}, {}, {}],
    kind: 'StatefulSet',
    app: 'quorum',
    request: { replicas: 1, container: requests({ memory: '20Gi' }), pod: podTerms('podAntiAffinity', 'quorum') },
    says: ['memory'],
    more: () => ({ notClaimed: ['pod-anti-affinity-conflict'] }),
  }),
  // taints
  unplaced({
    name: 'taint-not-tolerated-all-nodes',
    about: 'All workers are set aside for somebody else.',
    code: 'taint-not-tolerated',
    nodes: [
      { taints: [{ key: 'team', value: 'ml', effect: 'NoSchedule' }] },
      { taints: [{ key: 'team', value: 'ml', effect: 'NoSchedule' }] },
    ],
    app: 'blog',
    request: {},
    says: ['team'],
  }),
  unplaced({
    name: 'taint-not-tolerated-wrong-value',
    about: 'The pods tolerate the taint of the pool, with another value.',
    code: 'taint-not-tolerated',
    nodes: [
      { taints: [{ key: 'pool', value: 'batch-v2', effect: 'NoExecute' }] },
      { taints: [{ key: 'pool', value: 'batch-v2', effect: 'NoExecute' }] },
    ],
    kind: 'Job',
    app: 'settlement',
    request: { pod: { tolerations: [{ key: 'pool', operator: 'Equal', value: 'batch', effect: 'NoExecute' }] } },
    says: ['pool'],
    more: (c) => ({ question: { namespace: c.ns } }),
  }),
  placed(
    'taint-not-tolerated-healthy',
    'The pods tolerate the taint.',
    'taint-not-tolerated',
    [{ taints: [dedicated] }, { taints: [dedicated] }],
    (c) => c.runs('Deployment', 'blog', { pod: { tolerations: [{ key: 'dedicated', operator: 'Exists' }] } }),
  ),
  unplaced({
    name: 'taint-not-tolerated-decoy',
    about: 'Two nodes are tainted; the one that is not is too small for the pod. It was meant to run there.',
    code: 'insufficient-memory',
    nodes: [{ taints: [dedicated] }, { memory: '2Gi', labels: { pool: 'general' } }],
    app: 'blog',
    request: { replicas: 1, container: requests({ memory: '3Gi' }), pod: { nodeSelector: { pool: 'general' } } },
    says: ['memory'],
    more: () => ({ notClaimed: ['taint-not-tolerated'] }),
  }),
  // cordons
  {
    name: 'nodes-cordoned-all',
    about: 'Somebody cordoned every worker; a pod that was deleted since has no place.',
    run: async (c) => {
      await c.runs('Deployment', 'cart', { replicas: 3 });
      await c.past({ hours: 50 });
      for (const name of c.nodes)
        await c.patch('Node', name, { spec: { unschedulable: true } }, { manager: 'kubectl-cordon' });
      const [pod] = await c.podsOf('cart', 3);
      await c.remove('Pod', pod?.metadata.name ?? '');
      await c.event('FailedScheduling');
      return {
        code: 'nodes-cordoned',
        object: c.nodes.map((name) => `Node ${name}`),
        alsoTrue: [...symptoms, 'nodes-cordoned'],
      };
    },
  },
  {
    name: 'nodes-cordoned-healthy',
    about: 'One of three nodes is cordoned for maintenance, and everything has its place.',
    run: async (c) => {
      await c.runs('Deployment', 'cart', { replicas: 3 });
      await c.past({ hours: 3 });
      await c.patch('Node', c.nodes[0] ?? '', { spec: { unschedulable: true } }, { manager: 'kubectl-cordon' });
      return { notClaimed: ['nodes-cordoned'], alsoTrue: [] };
    },
  },
  unplaced({
    name: 'nodes-cordoned-decoy',
    about: 'A node is cordoned, but the pod would not fit on it either: it asks for more than any node has.',
    code: 'insufficient-memory',
    nodes: [{ unschedulable: true }, {}, {}],
    app: 'olap',
    request: { replicas: 1, container: requests({ memory: '40Gi' }) },
    says: ['memory'],
    more: () => ({ notClaimed: ['nodes-cordoned'] }),
  }),
  // topology spread
  unplaced({
    name: 'topology-spread-unsatisfiable-zone-without-room',
    about: 'Pods must be spread over zones; the node of one zone has no room, so the others may not take more.',
    code: 'topology-spread-unsatisfiable',
    nodes: [{ cpu: '8' }, { cpu: '8' }, { cpu: '1' }],
    app: 'fan-out',
    request: {
      replicas: 6,
      container: requests({ cpu: '700m' }),
      pod: spread('topology.kubernetes.io/zone', 'fan-out'),
    },
    more: () => ({ code: ['topology-spread-unsatisfiable'], alsoTrue: [...symptoms, 'insufficient-cpu'] }),
  }),
  unplaced({
    name: 'topology-spread-unsatisfiable-label-missing',
    about: 'The constraint counts racks, and no node says in which rack it is.',
    code: 'topology-spread-unsatisfiable',
    app: 'fan-out',
    request: { replicas: 2, pod: spread('example.com/rack', 'fan-out') },
    says: ['example.com/rack'],
  }),
  placed(
    'topology-spread-unsatisfiable-healthy',
    'Six pods over three zones.',
    'topology-spread-unsatisfiable',
    undefined,
    (c) => c.runs('Deployment', 'fan-out', { replicas: 6, pod: spread('topology.kubernetes.io/zone', 'fan-out') }),
  ),
  unplaced({
    name: 'topology-spread-unsatisfiable-decoy',
    about: 'The pods are spread as they should be; there is no node with enough CPU for any of them.',
    code: 'insufficient-cpu',
    app: 'fan-out',
    request: { replicas: 2, container: requests({ cpu: '5' }), pod: spread('topology.kubernetes.io/zone', 'fan-out') },
    says: ['cpu'],
    more: () => ({ notClaimed: ['topology-spread-unsatisfiable'] }),
  }),
  // host ports
  unplaced({
    name: 'host-port-conflict-replicas',
    about: 'Four replicas want host port 9100 of three nodes.',
    code: 'host-port-conflict',
    app: 'probe-agent',
    request: { replicas: 4, container: { ports: [{ containerPort: 9100, hostPort: 9100 }] } },
    says: ['9100'],
  }),
  unplaced({
    name: 'host-port-conflict-other-workload',
    about: "Another team's DaemonSet holds the host port on every node.",
    code: 'host-port-conflict',
    kind: 'StatefulSet',
    app: 'syslog',
    request: { replicas: 1, container: { ports: [{ containerPort: 5514, hostPort: 514, protocol: 'UDP' }] } },
    before: async (c) => {
      await c.runs('DaemonSet', 'log-gateway', {
        container: { ports: [{ containerPort: 1514, hostPort: 514, protocol: 'UDP' }] },
      });
      await c.past({ hours: 60 });
    },
    says: ['514'],
  }),
  placed(
    'host-port-conflict-healthy',
    'The same number, but another protocol and as many pods as nodes.',
    'host-port-conflict',
    undefined,
    async (c) => {
      await c.runs('DaemonSet', 'log-gateway', {
        container: { ports: [{ containerPort: 1514, hostPort: 514, protocol: 'UDP' }] },
      });
      await c.runs('Deployment', 'syslog', {
        replicas: 2,
        container: { ports: [{ containerPort: 5514, hostPort: 514, protocol: 'TCP' }] },
      });
    },
  ),
  unplaced({
    name: 'host-port-conflict-decoy',
    about: 'The host port is free; no node has the label that is asked for.',
    code: 'node-selector-unmatched',
    app: 'probe-agent',
    request: {
      replicas: 1,
      container: { ports: [{ containerPort: 9100, hostPort: 9100 }] },
      pod: { nodeSelector: { monitored: 'true' } },
    },
    says: ['monitored'],
    more: () => ({ notClaimed: ['host-port-conflict'] }),
  }),
  // volumes
  volumeCase(
    'volume-node-conflict-zone',
    'The volume is in a zone whose node is gone.',
    ['eu-west-1f'],
    {},
    'volume-node-conflict',
  ),
  volumeCase(
    'volume-node-conflict-selector',
    'The volume is in one zone, the node selector of the pod wants another.',
    ['eu-west-1a'],
    { nodeSelector: { 'topology.kubernetes.io/zone': 'eu-west-1b' } },
    'volume-node-conflict',
  ),
  volumeCase('volume-node-conflict-healthy', 'The volume is in a zone that has a node.', ['eu-west-1b'], {}, undefined),
  volumeCase(
    'volume-node-conflict-decoy',
    'The volume can be reached from the node of its zone; that node lacks the memory.',
    ['eu-west-1b'],
    {},
    'insufficient-memory',
    '20Gi',
  ),
  {
    name: 'node-volume-limit-reached-csi',
    about: 'The driver attaches one volume to a node at most; each node has its one.',
    nodes: [{}, {}],
    run: async (c) => {
      await csiVolumes(c, 3, 1);
      await c.event('FailedScheduling');
      return { code: 'node-volume-limit-reached', object: `StatefulSet ${c.ns}/objects`, alsoTrue: symptoms };
    },
  },
  {
    name: 'node-volume-limit-reached-healthy',
    about: 'The same driver, and as many volumes as it can attach.',
    nodes: [{}, {}],
    run: async (c) => {
      await csiVolumes(c, 2, 1);
      await c.until('both pods', async () => (await c.get('StatefulSet', 'objects')).status?.availableReplicas === 2);
      return { status: 'healthy', notClaimed: ['node-volume-limit-reached'] };
    },
  },
  // preemption
  {
    name: 'pod-preempted-by-priority',
    about: 'A workload of high priority pushed pods of an ordinary one away, and there is no room for them elsewhere.',
    nodes: [{ cpu: '2' }, { cpu: '2' }],
    run: async (c) => {
      await c.apply(object('scheduling.k8s.io/v1', 'PriorityClass', 'trading', { value: 1_000_000 }));
      await c.runs('Deployment', 'backoffice', { replicas: 2, container: requests({ cpu: '1500m' }) });
      await c.past({ hours: 9 });
      await c.until(
        'the class to be known',
        async () =>
          (
            await c.lab.admin.request(
              'POST',
              `/api/v1/namespaces/${c.ns}/pods?dryRun=All`,
              workload('Pod', 'probe', { pod: { priorityClassName: 'trading' } }),
            )
          ).status === 201,
      );
      await c.apply(
        workload('Deployment', 'matcher', {
          replicas: 1,
          container: requests({ cpu: '1500m' }),
          pod: { priorityClassName: 'trading' },
        }),
      );
      await c.event('Preempted');
      await c.until(
        'matcher to run',
        async () => (await c.get('Deployment', 'matcher')).status?.availableReplicas === 1,
      );
      await c.event('FailedScheduling', 'Insufficient cpu');
      return {
        code: 'pod-preempted',
        object: `Deployment ${c.ns}/backoffice`,
        says: ['priority'],
        alsoTrue: [...symptoms, 'insufficient-cpu'],
      };
    },
  },
  placed(
    'pod-preempted-healthy',
    'Workloads of several priorities, and room for all.',
    'pod-preempted',
    undefined,
    async (c) => {
      await c.apply(object('scheduling.k8s.io/v1', 'PriorityClass', 'trading', { value: 1_000_000 }));
      await c.runs('Deployment', 'backoffice', { replicas: 2, container: requests({ cpu: '1500m' }) });
      await c.until(
        'the class to be known',
        async () =>
          (
            await c.lab.admin.request(
              'POST',
              `/api/v1/namespaces/${c.ns}/pods?dryRun=All`,
              workload('Pod', 'probe', { pod: { priorityClassName: 'trading' } }),
            )
          ).status === 201,
      );
      await c.runs('Deployment', 'matcher', {
        replicas: 1,
        container: requests({ cpu: '1500m' }),
        pod: { priorityClassName: 'trading' },
      });
    },
  ),
  unplaced({
    name: 'pod-preempted-decoy',
    about:
      'There is a workload of high priority, and it pushed nobody away: the ordinary one never had room for its second pod.',
    code: 'insufficient-cpu',
    nodes: [{ cpu: '2' }, { cpu: '2' }],
    app: 'backoffice',
    request: { replicas: 2, container: requests({ cpu: '1500m' }) },
    before: async (c) => {
      await c.apply(object('scheduling.k8s.io/v1', 'PriorityClass', 'trading', { value: 1_000_000 }));
      await c.until(
        'the class to be known',
        async () =>
          (
            await c.lab.admin.request(
              'POST',
              `/api/v1/namespaces/${c.ns}/pods?dryRun=All`,
              workload('Pod', 'probe', { pod: { priorityClassName: 'trading' } }),
            )
          ).status === 201,
      );
      await c.runs('Deployment', 'matcher', {
        replicas: 1,
        container: requests({ cpu: '1500m' }),
        pod: { priorityClassName: 'trading' },
      });
      await c.past({ hours: 3 });
    },
    says: ['cpu'],
    more: () => ({ notClaimed: ['pod-preempted'] }),
  }),
  unplaced({
    name: 'scheduler-name-unknown-decoy',
    about: 'The scheduler that is named runs, and says that no node has the zone.',
    code: 'node-selector-unmatched',
    app: 'batch-front',
    request: {
      pod: { schedulerName: 'default-scheduler', nodeSelector: { 'topology.kubernetes.io/zone': 'us-east-1a' } },
    },
    says: ['us-east-1a'],
    more: () => ({ notClaimed: ['scheduler-name-unknown'] }),
  }),
  // scheduler name, gates
  {
    name: 'scheduler-name-unknown-deployment',
    about: 'The pods ask for a scheduler that does not run in this cluster.',
    run: async (c) => {
      await c.apply(workload('Deployment', 'batch-front', { pod: { schedulerName: 'volcano' } }));
      await c.podsOf('batch-front', 2);
      return {
        code: 'scheduler-name-unknown',
        object: `Deployment ${c.ns}/batch-front`,
        says: ['volcano'],
        alsoTrue: symptoms,
        notClaimed: ['scheduler-not-running'],
      };
    },
  },
  placed('scheduler-name-unknown-healthy', 'The default scheduler, named.', 'scheduler-name-unknown', undefined, (c) =>
    c.runs('Deployment', 'batch-front', { pod: { schedulerName: 'default-scheduler' } }),
  ),
  {
    name: 'scheduling-gated-statefulset',
    about: 'A scheduling gate that nobody lifts holds the pods.',
    run: async (c) => {
      await c.apply(
        workload('StatefulSet', 'tenant-db', {
          replicas: 2,
          pod: { schedulingGates: [{ name: 'example.com/quota-check' }] },
        }),
      );
      await c.podsOf('tenant-db', 2);
      return {
        code: 'scheduling-gated',
        object: `StatefulSet ${c.ns}/tenant-db`,
        says: ['example.com/quota-check'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'scheduling-gated-healthy',
    about: 'The gate was lifted, and the pods run.',
    run: async (c) => {
      await c.apply(
        workload('StatefulSet', 'tenant-db', {
          replicas: 1,
          pod: { schedulingGates: [{ name: 'example.com/quota-check' }] },
        }),
      );
      const [pod] = await c.podsOf('tenant-db', 1);
      await c.patch(
        'Pod',
        pod?.metadata.name ?? '',
        { spec: { schedulingGates: null } },
        { manager: 'quota-controller' },
      );
      await c.until('it to run', async () => (await c.get('StatefulSet', 'tenant-db')).status?.availableReplicas === 1);
      return { status: 'healthy', notClaimed: ['scheduling-gated'] };
    },
  },
  {
    name: 'scheduling-gated-decoy',
    about: 'The gate was lifted; now the scheduler finds no node with the label.',
    run: async (c) => {
      await c.apply(
        workload('StatefulSet', 'tenant-db', {
          replicas: 1,
          pod: { schedulingGates: [{ name: 'example.com/quota-check' }], nodeSelector: { tenant: 'gold' } },
        }),
      );
      const [pod] = await c.podsOf('tenant-db', 1);
      await c.patch(
        'Pod',
        pod?.metadata.name ?? '',
        { spec: { schedulingGates: null } },
        { manager: 'quota-controller' },
      );
      await c.event('FailedScheduling');
      return {
        code: 'node-selector-unmatched',
        object: `StatefulSet ${c.ns}/tenant-db`,
        says: ['tenant'],
        alsoTrue: symptoms,
        notClaimed: ['scheduling-gated'],
      };
    },
  },
  // mixed
  unplaced({
    name: 'insufficient-memory-mixed-reasons',
    about:
      'Each node refuses for another reason: one is tainted, one cordoned, the one that is meant for it lacks memory.',
    code: 'insufficient-memory',
    nodes: [{ taints: [dedicated] }, { unschedulable: true, memory: '4Gi' }, { memory: '4Gi' }],
    app: 'mixer',
    request: { replicas: 1, container: requests({ cpu: '100m', memory: '6Gi' }) },
    says: ['memory'],
    more: () => ({ alsoTrue: [...symptoms, 'taint-not-tolerated', 'nodes-cordoned'] }),
  }),
];

function volumeCase(
  name: string,
  about: string,
  zones: readonly string[],
  pod: Fields,
  code: string | undefined,
  memory = '128Mi',
): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      const volume = `pv-${c.ns}-data`;
      await c.apply(
        object('storage.k8s.io/v1', 'StorageClass', 'zonal', {
          provisioner: 'kubernetes.io/no-provisioner',
          volumeBindingMode: 'Immediate',
        }),
        object('v1', 'PersistentVolume', volume, {
          spec: {
            capacity: { storage: '20Gi' },
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'zonal',
            local: { path: '/mnt/disks/d1' },
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: zones }] },
                ],
              },
            },
          },
        }),
        object('v1', 'PersistentVolumeClaim', 'data', {
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'zonal',
            resources: { requests: { storage: '20Gi' } },
          },
        }),
      );
      await c.until(
        'the claim to be bound',
        async () => (await c.get('PersistentVolumeClaim', 'data')).status?.phase === 'Bound',
      );
      await c.past({ hours: 80 });
      const request = {
        replicas: 1,
        container: { ...requests({ cpu: '100m', memory }), volumeMounts: [{ name: 'data', mountPath: '/data' }] },
        pod: { ...pod, volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
      };
      if (code === undefined) {
        await c.runs('Deployment', 'wiki', request);
        return { status: 'healthy', notClaimed: ['volume-node-conflict'] };
      }
      await c.apply(workload('Deployment', 'wiki', request));
      await c.event('FailedScheduling');
      if (code === 'volume-node-conflict') {
        // The volume's zone and the pod's selector contradict each other: either may be the one to change.
        const objects = [
          `PersistentVolume ${volume}`,
          ...(pod.nodeSelector === undefined ? [] : [`Deployment ${c.ns}/wiki`]),
        ];
        return { code, object: objects, says: [zones[0] ?? ''], alsoTrue: [...symptoms, 'node-selector-unmatched'] };
      }
      return {
        code,
        object: `Deployment ${c.ns}/wiki`,
        says: ['memory'],
        alsoTrue: symptoms,
        notClaimed: ['volume-node-conflict'],
      };
    },
  };
}

async function csiVolumes(c: CaseContext, count: number, perNode: number): Promise<void> {
  await c.apply(object('storage.k8s.io/v1', 'CSIDriver', 'ebs.csi.example.com', { spec: { attachRequired: false } }));
  for (const name of c.nodes)
    await c.apply(
      object('storage.k8s.io/v1', 'CSINode', name, {
        spec: {
          drivers: [
            { name: 'ebs.csi.example.com', nodeID: `i-${name}`, topologyKeys: [], allocatable: { count: perNode } },
          ],
        },
      }),
    );
  await c.apply(object('storage.k8s.io/v1', 'StorageClass', 'block', { provisioner: 'ebs.csi.example.com' }));
  for (let index = 0; index < count; index++) {
    await c.apply(
      object('v1', 'PersistentVolume', `pvc-${c.ns}-${index}`, {
        spec: {
          capacity: { storage: '10Gi' },
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'block',
          claimRef: { namespace: c.ns, name: `data-objects-${index}` },
          csi: { driver: 'ebs.csi.example.com', volumeHandle: `vol-0${index}` },
        },
      }),
    );
  }
  await c.apply(
    workload('StatefulSet', 'objects', {
      replicas: count,
      container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      spec: {
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: 'block',
              resources: { requests: { storage: '10Gi' } },
            },
          },
        ],
      },
    }),
  );
}
