import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeScheduling } from '../../../../src/core/diagnosis/analyzers/scheduling.ts';
import {
  app,
  everything,
  placedPod,
  requesting,
  unseenPod,
  waitingPod,
  worker,
} from '../../../support/placement-objects.ts';
import { ago, event, minute, second } from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[], wholeLists = everything) =>
  runAnalyzer(analyzeScheduling, objects, { wholeLists, scope: { namespace: 'shop' } });
const small = requesting({ cpu: '100m', memory: '64Mi' });
const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const controlPlane = worker('cp', { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] });

/** A Deployment `web` of one pod that waits, among the given nodes and pods. */
function scene(
  spec: object,
  message: string | undefined,
  others: readonly WireObject[],
  given: Parameters<typeof waitingPod>[3] = {},
): WireObject[] {
  const plain = spec as Record<string, unknown>;
  const pod = waitingPod('web-1-abcde', plain, message, given);
  return [
    ...others,
    ...app('web', plain),
    pod,
    event({ about: pod, reason: 'FailedScheduling', message: message ?? '0/0 nodes are available' }),
  ];
}

const zone = 'topology.kubernetes.io/zone';
const inZones = [worker('n1', { labels: { [zone]: 'a' } }), worker('n2', { labels: { [zone]: 'b' } })];
const requiredAffinity = (terms: readonly object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
});
const podRule = (kind: 'podAffinity' | 'podAntiAffinity', labels: object, topologyKey = 'kubernetes.io/hostname') => ({
  affinity: {
    [kind]: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: labels }, topologyKey }],
    },
  },
});
const spread = (more: object = {}) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: zone,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
      ...more,
    },
  ],
});
const onPort = (port: number) => ({
  ...small,
  containers: [{ name: 'app', ports: [{ containerPort: port, hostPort: port }] }],
});
const gpuNode = worker('gpu', {
  allocatable: { 'nvidia.com/gpu': '2' },
  taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
});

function volume(more: object): WireObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'shop', uid: 'uid-data' },
      spec: { volumeName: 'pv-7', storageClassName: 'fast' },
      status: { phase: 'Bound' },
    },
    { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv-7', uid: 'uid-pv-7' }, ...more },
  ] as unknown as WireObject[];
}
const withVolume = { ...small, volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };

type Row = readonly [
  what: string,
  code: string,
  objects: readonly WireObject[],
  cause: { path?: string; observed?: RegExp; expected?: RegExp; object?: object },
];

const faults: readonly Row[] = [
  [
    'more cpu than any node has',
    'insufficient-cpu',
    scene(
      requesting({ cpu: '64' }),
      '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu.',
      [controlPlane, worker('n1'), worker('n2', { cpu: '8' })],
    ),
    { path: 'spec.template.spec.containers[0].resources.requests.cpu', observed: /^64$/, expected: /at most 8 .*n2/ },
  ],
  [
    'memory that others have taken',
    'insufficient-memory',
    scene(requesting({ memory: '4Gi' }), '0/2 nodes are available: 2 Insufficient memory.', [
      worker('n1'),
      worker('n2'),
      placedPod('x', 'n1', requesting({ memory: '6Gi' })),
      placedPod('y', 'n2', requesting({ memory: '5Gi' })),
    ]),
    {
      path: 'spec.template.spec.containers[0].resources.requests.memory',
      observed: /4Gi/,
      expected: /3Gi \(free on node n2, of 8Gi/,
    },
  ],
  [
    'what init containers ask',
    'insufficient-cpu',
    scene({ ...small, initContainers: [{ name: 'migrate', resources: { requests: { cpu: '6' } } }] }, undefined, [
      worker('n1'),
    ]),
    { path: 'spec.template.spec.initContainers[0].resources.requests.cpu', observed: /^6$/ },
  ],
  [
    'ephemeral storage',
    'insufficient-ephemeral-storage',
    scene(requesting({ 'ephemeral-storage': '200Gi' }), '0/1 nodes are available: 1 Insufficient ephemeral-storage.', [
      worker('n1'),
    ]),
    { observed: /200Gi/, expected: /100Gi/ },
  ],
  [
    'a device that no node offers, nearly named like one that is there',
    'insufficient-extended-resource',
    scene(requesting({ 'nvida.com/gpu': '1' }), '0/1 nodes are available: 1 Insufficient nvida.com/gpu.', [
      worker('n1', { allocatable: { 'nvidia.com/gpu': '4' } }),
    ]),
    { path: 'spec.template.spec.containers[0].resources.requests["nvida.com/gpu"]', expected: /^nvidia\.com\/gpu/ },
  ],
  [
    'devices that are all taken',
    'insufficient-extended-resource',
    scene(requesting({ 'nvidia.com/gpu': '1' }), '0/2 nodes are available: 2 Insufficient nvidia.com/gpu.', [
      worker('n1'),
      worker('n2', { allocatable: { 'nvidia.com/gpu': '1' } }),
      placedPod('x', 'n2', requesting({ 'nvidia.com/gpu': '1' })),
    ]),
    { expected: /0 \(free on node n2, of 1\)/ },
  ],
  [
    'nodes that run as many pods as they take',
    'node-pod-limit-reached',
    scene(small, '0/1 nodes are available: 1 Too many pods.', [
      worker('n1', { pods: '2' }),
      placedPod('x', 'n1', small),
      placedPod('y', 'n1', small),
    ]),
    { path: 'spec.replicas', observed: /2 of 2 pods/ },
  ],
  [
    'a label that no node has, nearly',
    'node-selector-unmatched',
    scene(
      { ...small, nodeSelector: { disktype: 'sdd' } },
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
      [worker('n1', { labels: { disktype: 'ssd' } }), worker('n2', { labels: { disktype: 'hdd' } })],
    ),
    { path: 'spec.template.spec.nodeSelector.disktype', observed: /^disktype=sdd$/, expected: /^disktype=(ssd|hdd)$/ },
  ],
  [
    'a label key that no node has',
    'node-selector-unmatched',
    scene({ ...small, nodeSelector: { 'failure-domain.beta.kubernetes.io/zone': 'a' } }, undefined, inZones),
    {
      path: 'spec.template.spec.nodeSelector["failure-domain.beta.kubernetes.io/zone"]',
      expected: /^topology\.kubernetes\.io\/zone=a, b$/,
    },
  ],
  [
    'an affinity that no node fulfils',
    'node-affinity-unmatched',
    scene(
      {
        ...small,
        ...requiredAffinity([
          {
            matchExpressions: [
              { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
              { key: zone, operator: 'In', values: ['c'] },
            ],
          },
        ]),
      },
      undefined,
      inZones,
    ),
    {
      path: 'spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1]',
      observed: /zone In \[c\]/,
      expected: /zone=/,
    },
  ],
  [
    'an affinity by number',
    'node-affinity-unmatched',
    scene(
      { ...small, ...requiredAffinity([{ matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['32'] }] }]) },
      undefined,
      [worker('n1', { labels: { cores: '16' } })],
    ),
    { observed: /cores Gt \[32\]/, expected: /cores=16/ },
  ],
  [
    'a taint that is not tolerated',
    'taint-not-tolerated',
    scene(
      small,
      '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) had untolerated taint {dedicated: batch}.',
      [
        controlPlane,
        ...['n1', 'n2'].map((name) =>
          worker(name, { taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] }),
        ),
      ],
    ),
    { path: 'spec.template.spec.tolerations', expected: /dedicated=batch:NoSchedule/ },
  ],
  [
    'a toleration of another value',
    'taint-not-tolerated',
    scene(
      {
        ...small,
        tolerations: [
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
          { key: 'dedicated', operator: 'Equal', value: 'bacth', effect: 'NoSchedule' },
        ],
      },
      undefined,
      [worker('n1', { taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] })],
    ),
    { path: 'spec.template.spec.tolerations[1].value', observed: /^bacth$/, expected: /^batch / },
  ],
  [
    'the taint of the control plane in a cluster that has nothing else',
    'taint-not-tolerated',
    scene(small, undefined, [controlPlane]),
    { expected: /control-plane:NoSchedule/ },
  ],
  [
    'hardware that stands on tainted nodes only',
    'taint-not-tolerated',
    scene(requesting({ 'nvidia.com/gpu': '1' }), undefined, [worker('n1'), worker('n2'), worker('n3'), gpuNode]),
    { expected: /nvidia\.com\/gpu=present:NoSchedule/ },
  ],
  [
    'cordoned nodes',
    'nodes-cordoned',
    scene(
      small,
      '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) were unschedulable.',
      [controlPlane, worker('n2', { cordoned: true }), worker('n1', { cordoned: true })],
    ),
    { path: 'spec.unschedulable', observed: /true/, object: { apiVersion: 'v1', kind: 'Node', name: 'n1' } },
  ],
  [
    'the cordoned one of the nodes that the pod selects',
    'nodes-cordoned',
    scene({ ...small, nodeSelector: { pool: 'db' } }, undefined, [
      worker('n1'),
      worker('n2'),
      worker('n3', { labels: { pool: 'db' }, cordoned: true }),
    ]),
    { object: { apiVersion: 'v1', kind: 'Node', name: 'n3' } },
  ],
  [
    'a port of the host that is taken everywhere',
    'host-port-conflict',
    scene(onPort(8080), "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", [
      worker('n1'),
      placedPod('x', 'n1', onPort(8080)),
    ]),
    { path: 'spec.template.spec.containers[0].ports[0].hostPort', observed: /^8080$/ },
  ],
  [
    'a partner that runs nowhere',
    'pod-affinity-unsatisfied',
    scene({ ...small, ...podRule('podAffinity', { app: 'chache' }) }, undefined, [
      worker('n1'),
      placedPod('cache-0', 'n1', small, { labels: { app: 'cache' } }),
    ]),
    {
      path: 'spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector',
      observed: /app=chache/,
      expected: /app=cache/,
    },
  ],
  [
    'more replicas than nodes, one for each',
    'pod-anti-affinity-conflict',
    scene({ ...small, ...podRule('podAntiAffinity', { app: 'web' }) }, undefined, [
      worker('n1'),
      worker('n2'),
      ...['n1', 'n2'].map((node) => placedPod(`web-1-${node}`, node, small, { of: 'web' })),
    ]),
    {
      path: 'spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]',
      observed: /app=web per kubernetes\.io\/hostname/,
    },
  ],
  [
    'neighbours that refuse it',
    'pod-anti-affinity-conflict',
    scene(small, "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.", [
      worker('n1'),
      placedPod('db-0', 'n1', { ...small, ...podRule('podAntiAffinity', { app: 'web' }) }),
    ]),
    { path: 'spec.template.metadata.labels', observed: /shop\/db-0/ },
  ],
  [
    'a spread that only a place without nodes for it could even out',
    'topology-spread-unsatisfiable',
    scene(
      { ...small, ...spread() },
      "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match pod topology spread constraints.",
      [
        worker('cp', {
          labels: { [zone]: 'c' },
          taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
        }),
        ...inZones,
        ...['n1', 'n2'].map((node) => placedPod(`web-1-${node}`, node, small, { of: 'web' })),
      ],
    ),
    {
      path: 'spec.template.spec.topologySpreadConstraints[0]',
      observed: /maxSkew 1 per topology.kubernetes.io\/zone: c=0, a=1, b=1/,
    },
  ],
  [
    'more places than there are',
    'topology-spread-unsatisfiable',
    scene({ ...small, ...spread({ minDomains: 3 }) }, undefined, [
      ...inZones,
      ...['n1', 'n2'].map((node) => placedPod(`web-1-${node}`, node, small, { of: 'web' })),
    ]),
    { path: 'spec.template.spec.topologySpreadConstraints[0].minDomains', observed: /^3 / },
  ],
  [
    'a topology key that nodes do not carry',
    'topology-spread-unsatisfiable',
    scene({ ...small, ...spread({ topologyKey: 'topology.kubernetes.io/zne' }) }, undefined, inZones),
    {
      path: 'spec.template.spec.topologySpreadConstraints[0].topologyKey',
      expected: /^topology\.kubernetes\.io\/zone$/,
    },
  ],
  [
    'a volume in a zone without nodes',
    'volume-node-conflict',
    [
      ...scene(withVolume, '0/2 nodes are available: 2 node(s) had volume node affinity conflict.', inZones),
      ...volume({
        spec: {
          nodeAffinity: {
            required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: ['c'] }] }] },
          },
        },
      }),
    ],
    {
      path: 'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0]',
      observed: /zone In \[c\]/,
      expected: /a, b/,
      object: { apiVersion: 'v1', kind: 'PersistentVolume', name: 'pv-7' },
    },
  ],
  [
    'a volume with the zone as a label',
    'volume-node-conflict',
    [
      ...scene(withVolume, undefined, inZones),
      ...volume({ metadata: { name: 'pv-7', labels: { [zone]: 'c' } }, spec: {} }),
    ],
    { path: `metadata.labels["${zone}"]`, observed: /zone=c/, object: { kind: 'PersistentVolume', name: 'pv-7' } },
  ],
  [
    'volumes of which a node takes no more',
    'node-volume-limit-reached',
    [
      ...scene(withVolume, '0/1 nodes are available: 1 node(s) exceed max volume count.', [
        worker('n1'),
        placedPod('x', 'n1', { ...small, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'other' } }] }),
      ]),
      ...volume({ spec: { csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' } } }),
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'other', namespace: 'shop' },
        spec: { volumeName: 'pv-8' },
      } as unknown as WireObject,
      {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: 'pv-8' },
        spec: { csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-2' } },
      } as unknown as WireObject,
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'CSINode',
        metadata: { name: 'n1' },
        spec: { drivers: [{ name: 'ebs.csi.aws.com', nodeID: 'i-1', allocatable: { count: 1 } }] },
      } as unknown as WireObject,
    ],
    { path: 'spec.template.spec.volumes', observed: /1 of 1 volumes/ },
  ],
  [
    'gates that nobody takes off',
    'scheduling-gated',
    [
      worker('n1'),
      ...app('web', { ...small, schedulingGates: [{ name: 'example.com/quota' }] }),
      waitingPod(
        'web-1-abcde',
        { ...small, schedulingGates: [{ name: 'example.com/quota' }] },
        'Scheduling is blocked due to non-empty scheduling gates',
        {
          status: {
            phase: 'Pending',
            conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
          },
        },
      ),
    ],
    { path: 'spec.template.spec.schedulingGates[0]', observed: /example\.com\/quota/ },
  ],
  [
    'a scheduler of an unknown name',
    'scheduler-name-unknown',
    [
      worker('n1'),
      ...app('web', { ...small, schedulerName: 'defualt-scheduler' }),
      unseenPod('web-1-abcde', { ...small, schedulerName: 'defualt-scheduler' }),
    ],
    { path: 'spec.template.spec.schedulerName', observed: /^defualt-scheduler$/, expected: /^default-scheduler$/ },
  ],
];

describe('why a pod fits on no node', () => {
  it.each(faults)('%s: %s', (_what, code, objects, { path, observed, expected, object = web }) => {
    const found = run(objects);
    expect(found.map((finding) => finding.code)).toEqual([code]);
    expect(found[0]).toMatchObject({ object, confidence: 'high' });
    if (path !== undefined) expect(found[0]?.cause.path).toBe(path);
    if (observed !== undefined) expect(found[0]?.cause.observed).toMatch(observed);
    if (expected !== undefined) expect(found[0]?.cause.expected).toMatch(expected);
  });

  it.each(faults)('finds the same under other names (%s)', (_what, code, objects) => {
    const renamed: readonly WireObject[] = JSON.parse(
      JSON.stringify(objects)
        .replaceAll(/\bweb\b/g, 'zebra-7')
        .replaceAll('"n1"', '"ip-10-0-0-1"'),
    );
    expect(run(renamed).map((finding) => finding.code)).toEqual([code]);
  });

  it.each(faults)('says the same whatever the order of the objects (%s)', (_what, _code, objects) => {
    const words = (list: readonly WireObject[]) =>
      run(list).map(({ code, cause, object, summary }) => ({ code, cause, object, summary }));
    expect(words([...objects].reverse())).toEqual(words(objects));
  });

  it.each(faults)('says nothing once the pods run (%s)', (_what, _code, objects) => {
    const healed = objects.map((object) =>
      object.kind === 'Pod' && (object as unknown as { status: { phase: string } }).status.phase === 'Pending'
        ? ({
            ...object,
            spec: { ...(object as unknown as { spec: object }).spec, nodeName: 'n1' },
            status: {
              phase: 'Running',
              conditions: [
                { type: 'PodScheduled', status: 'True', lastTransitionTime: ago(second) },
                { type: 'Ready', status: 'True' },
              ],
            },
          } as unknown as WireObject)
        : object,
    );
    expect(run(healed)).toEqual([]);
  });

  it.each(faults)('says nothing of pods that are being deleted (%s)', (_what, _code, objects) => {
    const going = objects.map((object) =>
      object.kind === 'Pod'
        ? ({ ...object, metadata: { ...object.metadata, deletionTimestamp: ago(second) } } as WireObject)
        : object,
    );
    expect(run(going)).toEqual([]);
  });
});

describe('mixed reasons', () => {
  it('blames what closes most nodes, with less certainty where another relief would do', () => {
    const found = run(
      scene(requesting({ cpu: '2' }), '0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.', [
        worker('n1'),
        worker('n2'),
        worker('n3', { memory: '1Gi', cpu: '8', taints: [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' }] }),
        placedPod('x', 'n1', requesting({ cpu: '3' })),
        placedPod('y', 'n2', requesting({ cpu: '3' })),
      ]),
    );
    expect(found.map(({ code }) => code)).toEqual(['insufficient-cpu']);
  });

  it('tells both where each closes every node', () => {
    const found = run(scene(requesting({ cpu: '40', memory: '400Gi' }), undefined, [worker('n1'), worker('n2')]));
    expect(found.map(({ code }) => code).toSorted()).toEqual(['insufficient-cpu', 'insufficient-memory']);
  });

  it('leaves nodes that are not ready to their own finding', () => {
    const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    expect(
      run(scene(small, undefined, [worker('n1', { taints: [notReady] }), worker('n2', { taints: [notReady] })])),
    ).toEqual([]);
  });

  it('is not sure of a shortage that a node which is not ready would end', () => {
    const found = run(
      scene(requesting({ cpu: '2' }), undefined, [
        worker('n1', { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }] }),
        worker('n2'),
        worker('n3'),
        ...['n2', 'n3'].map((node) => placedPod(`x-${node}`, node, requesting({ cpu: '3' }))),
      ]),
    );
    expect(found).toMatchObject([{ code: 'insufficient-cpu', confidence: 'medium' }]);
  });

  it('says nothing when some node could take the pod', () => {
    expect(run(scene(small, '0/1 nodes are available: 1 Insufficient cpu.', [worker('n1')]))).toEqual([]);
  });

  it('says nothing while a claim is not bound: that is told by storage', () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'shop' },
      spec: {},
      status: { phase: 'Pending' },
    } as unknown as WireObject;
    expect(
      run([
        ...scene(
          { ...withVolume, nodeSelector: { a: 'b' } },
          '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
          [worker('n1')],
        ),
        claim,
      ]),
    ).toEqual([]);
  });

  it('blames no Deployment for a pod of a former revision', () => {
    const objects = scene(requesting({ cpu: '64' }), undefined, [worker('n1')]);
    expect(run([...objects, ...app('web', small, { revision: 2 })])).toEqual([]);
  });

  it('speaks of the DaemonSet whose pod is meant for a node that is full', () => {
    const spec = {
      ...requesting({ cpu: '3' }),
      ...requiredAffinity([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }]),
    };
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'uid-agent', controller: true };
    const objects = [
      worker('n1'),
      worker('n2'),
      placedPod('x', 'n1', requesting({ cpu: '2' })),
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'agent', namespace: 'shop', uid: 'uid-agent' },
        spec: { template: { spec } },
      } as unknown as WireObject,
      waitingPod(
        'agent-x',
        spec,
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector.",
        { of: null, metadata: { ownerReferences: [owner] } },
      ),
    ];
    expect(run(objects)).toMatchObject([{ code: 'insufficient-cpu', object: { kind: 'DaemonSet', name: 'agent' } }]);
  });

  it('waits for victims that go', () => {
    const objects = scene(
      requesting({ cpu: '2' }),
      undefined,
      [worker('n1'), placedPod('x', 'n1', requesting({ cpu: '3' }), { metadata: { deletionTimestamp: ago(second) } })],
      {
        status: {
          phase: 'Pending',
          nominatedNodeName: 'n1',
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
        },
      },
    );
    expect(run(objects)).toEqual([]);
  });
});

describe('what was not read', () => {
  const taken = [worker('n1'), placedPod('x', 'n1', requesting({ cpu: '1' }))];
  it('takes the scheduler at its word where the pods of a node were not read', () => {
    expect(
      run(scene(requesting({ cpu: '2' }), '0/1 nodes are available: 1 Insufficient cpu.', taken), []),
    ).toMatchObject([{ code: 'insufficient-cpu', object: web }]);
  });

  it('says nothing of a shortage that neither the objects nor the scheduler tell', () => {
    expect(run(scene(requesting({ cpu: '2' }), undefined, taken), [])).toEqual([]);
  });

  it('does not call a partner absent unless all pods were read', () => {
    expect(
      run(scene({ ...small, ...podRule('podAffinity', { app: 'cache' }) }, undefined, [worker('n1')]), []),
    ).toEqual([]);
  });

  it('needs no other pod to know that a request is larger than every node', () => {
    expect(
      run(scene(requesting({ cpu: '64' }), '0/1 nodes are available: 1 Insufficient cpu.', [worker('n1')]), []),
    ).toMatchObject([{ code: 'insufficient-cpu', confidence: 'high' }]);
  });

  it('goes by the sentence alone where no node could be read, and is not sure', () => {
    const found = run(scene(requesting({ cpu: '2' }), '0/5 nodes are available: 5 Insufficient cpu.', []), []);
    expect(found).toMatchObject([{ code: 'insufficient-cpu' }]);
    expect(run(scene(small, undefined, []), [])).toEqual([]);
  });
});

describe('preemption', () => {
  const strong = placedPod('batch-0', 'n1', {
    ...requesting({ cpu: '3' }),
    priority: 1000,
    priorityClassName: 'critical',
  });
  const replacement = waitingPod(
    'web-1-zzzzz',
    { ...requesting({ cpu: '2' }), priority: 0 },
    '0/1 nodes are available: 1 Insufficient cpu.',
    { agoMs: 4 * minute },
  );
  const victim = placedPod('web-1-aaaaa', 'n1', requesting({ cpu: '2' }), { of: 'web' });
  const preempted = (agoMs: number) =>
    event({
      about: victim,
      reason: 'Preempted',
      message: `Preempted by pod ${strong.metadata.uid} on node n1`,
      agoMs,
      count: 1,
    });
  const objects = [worker('n1'), ...app('web', requesting({ cpu: '2' })), strong, replacement];

  it('names the workload whose pod made way and cannot come back, and who took the place', () => {
    const found = run([...objects, preempted(4 * minute)]);
    expect(found).toMatchObject([{ code: 'pod-preempted', object: web, confidence: 'high' }]);
    expect(found[0]?.cause).toMatchObject({
      path: 'spec.template.spec.priorityClassName',
      observed: 'priority 0',
      expected: expect.stringContaining('critical'),
    });
  });

  it('blames the shortage alone when nobody was preempted, or long ago', () => {
    expect(run(objects).map(({ code }) => code)).toEqual(['insufficient-cpu']);
    expect(run([...objects, preempted(3 * 60 * minute)]).map(({ code }) => code)).toEqual(['insufficient-cpu']);
  });

  it('says nothing once the replacement runs', () => {
    expect(
      run([
        worker('n1'),
        ...app('web', small),
        strong,
        placedPod('web-1-zzzzz', 'n1', small, { of: 'web' }),
        preempted(minute),
      ]),
    ).toEqual([]);
  });
});

describe('the scheduler itself', () => {
  const pods = ['a', 'b'].map((name) => unseenPod(`web-1-${name}`, small));
  const lease = (name: string, agoMs: number) =>
    ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-system' },
      spec: {
        holderIdentity: `cp-1_0f8fad5b-d9cb-469f-a165-70867728950e`,
        renewTime: ago(agoMs).replace('Z', '.000000Z'),
      },
    }) as unknown as WireObject;

  it('does not run when pods wait without a word and its lease is old', () => {
    const found = run([
      worker('cp-1'),
      ...app('web', small),
      ...pods,
      lease('kube-scheduler', 10 * minute),
      lease('kube-controller-manager', second),
    ]);
    expect(found).toMatchObject([
      {
        code: 'scheduler-not-running',
        object: { kind: 'Pod', namespace: 'kube-system', name: 'kube-scheduler-cp-1' },
        confidence: 'high',
      },
    ]);
  });

  it('is looked for on a node of the cluster, not on a host that is none', () => {
    const old = [
      ...app('web', small),
      ...pods,
      lease('kube-scheduler', 10 * minute),
      lease('kube-controller-manager', second),
    ];
    const plane = (name: string) => {
      const made = worker(name);
      return {
        ...made,
        metadata: {
          ...made.metadata,
          labels: { ...made.metadata.labels, 'node-role.kubernetes.io/control-plane': '' },
        },
      };
    };
    const named = (...nodes: WireObject[]) => run([...nodes, ...old]).map(({ object }) => object.name);
    expect(named(plane('cp-1'), plane('cp-2'))).toEqual(['kube-scheduler-cp-1']);
    expect(named(worker('n1'), plane('cp-9'))).toEqual(['kube-scheduler-cp-9']);
    expect(named(worker('n1'))).toEqual(['kube-scheduler']);
  });

  it('is named by its broken pod', () => {
    const broken = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'kube-scheduler-cp-1',
        namespace: 'kube-system',
        uid: 'u',
        labels: { component: 'kube-scheduler' },
      },
      spec: { nodeName: 'cp-1' },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          { name: 'kube-scheduler', ready: false, restartCount: 7, state: { waiting: { reason: 'CrashLoopBackOff' } } },
        ],
      },
    } as unknown as WireObject;
    const found = run([worker('n1'), ...app('web', small), ...pods, broken]);
    expect(found).toMatchObject([
      {
        code: 'scheduler-not-running',
        object: { name: 'kube-scheduler-cp-1' },
        cause: { observed: expect.stringContaining('CrashLoopBackOff') },
      },
    ]);
  });

  it('runs when its lease is fresh, when it placed a later pod, and when nobody has waited for a minute', () => {
    expect(run([worker('n1'), ...pods, lease('kube-scheduler', second)])).toEqual([]);
    expect(run([worker('n1'), ...pods, placedPod('later', 'n1', small, { agoMs: minute })])).toEqual([]);
    expect(run([worker('n1'), unseenPod('web-1-a', small, { agoMs: 20 * second })])).toEqual([]);
  });

  it('does not call a scheduler unknown that has placed a pod', () => {
    const other = { schedulerName: 'volcano' };
    expect(
      run([worker('n1'), unseenPod('web-1-a', { ...small, ...other }), placedPod('x', 'n1', { ...small, ...other })]),
    ).toEqual([]);
  });
});

it('never throws over hostile objects, and says nothing of those that say nothing', () => {
  const nothing = [null, [], 'x', -1, {}, { conditions: 7 }];
  for (const value of nothing) {
    const objects = ['Pod', 'Node', 'PersistentVolumeClaim', 'Lease', 'Event'].map(
      (kind) =>
        ({
          apiVersion: kind === 'Lease' ? 'coordination.k8s.io/v1' : 'v1',
          kind,
          metadata: { name: 'web', namespace: 'shop' },
          spec: value,
          status: value,
        }) as unknown as WireObject,
    );
    expect(
      run([
        ...objects,
        waitingPod(
          'p',
          {
            affinity: value,
            tolerations: value,
            topologySpreadConstraints: [value],
            nodeSelector: value,
            containers: [value],
            volumes: [value],
          },
          'x{'.repeat(3000),
        ),
      ]),
    ).toEqual([]);
  }
});
