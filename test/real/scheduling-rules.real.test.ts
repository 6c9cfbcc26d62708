import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClusterView } from '../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { readClusterLoad } from '../../src/core/diagnosis/scheduling/cluster-load.ts';
import { type Constraint, constraintOf, type NodeReport } from '../../src/core/diagnosis/scheduling/obstacle.ts';
import { reportsFor } from '../../src/core/diagnosis/scheduling/placement.ts';
import { readSchedulerMessage } from '../../src/core/diagnosis/scheduling/scheduler-message.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster, type RealCluster } from './story.ts';
import { waitFor } from './wait-for.ts';
import { uniqueName } from './workloads.ts';

const seed = Number(process.env.SCHEDULING_SEED ?? '20261121');
const clusters = 4;
const podsPerCluster = 15;

type WirePod = { status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] } };

/** The scheduler's verdict on random pods in random clusters is what our filters say, node by node. */
describe.skipIf(!abilitiesOf(readRunFacts()).workloads)(`kube-scheduler agrees with our filters (seed ${seed})`, () => {
  const random = createRandom(seed);
  const run = uniqueName('sched');
  let real: RealCluster;
  let others: string[] = [];

  beforeAll(async () => {
    real = connectRealCluster();
    others = (await list('/api/v1/nodes')).map(({ metadata }) => metadata.name);
    await cordonOthers(true);
  });
  afterAll(async () => {
    await cordonOthers(false);
    real.close();
  });

  it.each(Array.from({ length: clusters }, (_, index) => index))('cluster %i', { timeout: 240_000 }, async (index) => {
    const { admin, workloads } = real;
    const namespace = await workloads.createNamespace(`${run}-${index}`);
    const names = Array.from({ length: random.between(2, 5) }, (_, number) => `${run}-${index}-n${number}`);
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    try {
      for (const name of names) await admin.send('POST', '/api/v1/nodes', randomNode(name));
      await waitFor('the start-up taints to go', async () =>
        (await list('/api/v1/nodes')).every((node) => !taintKeys(node).includes('node.kubernetes.io/not-ready')),
      );
      for (let number = 0; number < 2 * names.length; number++)
        await admin.send(
          'POST',
          pods,
          podOf(`placed-${number}`, namespace, { ...randomSpec(true), nodeName: random.of(names) }),
        );
      await waitFor('the placed pods to run', async () =>
        (await list(pods)).every(
          (pod) =>
            (pod as unknown as { status: { phase: string } }).status.phase !== 'Pending' || isRefusedByKubelet(pod),
        ),
      );
      let refused = 0;
      for (let number = 0; number < podsPerCluster; number++) {
        const name = `asked-${number}`;
        const before = await lists();
        const pod = (await admin.send('POST', pods, podOf(name, namespace, randomSpec(false)))) as WireObject;
        const verdict = await waitFor(`a verdict on ${name}`, async () =>
          ((await admin.get(`${pods}/${name}`)) as WirePod).status?.conditions?.find(
            ({ type }) => type === 'PodScheduled',
          ),
        );
        const load = readClusterLoad(createClusterView(before, [], [{ kind: 'Pod' }, { kind: 'Node' }]));
        const reports = reportsFor(load, pod, []);
        const context = JSON.stringify({
          spec: (pod as unknown as { spec: object }).spec,
          reports: reports.map(({ node, obstacles }) => [node.metadata.name, obstacles.map(constraintOf)]),
          verdict,
        });
        expect(
          reports.some(({ obstacles }) => obstacles.length === 0),
          context,
        ).toBe(verdict.status === 'True');
        if (verdict.status !== 'True') {
          refused++;
          expect(spoken(readSchedulerMessage(verdict.message)?.constraints ?? new Map()), context).toEqual(
            expectedOf(reports),
          );
        }
        await admin.send('DELETE', `${pods}/${name}?gracePeriodSeconds=0`);
        await waitFor(`${name} to be gone`, async () => (await admin.request('GET', `${pods}/${name}`)).status === 404);
      }
      expect(refused).toBeGreaterThan(0);
    } finally {
      await admin.request('DELETE', `${pods}?gracePeriodSeconds=0`);
      for (const name of names) await admin.request('DELETE', `/api/v1/nodes/${name}`);
      await workloads.deleteNamespace(namespace);
    }
  });

  async function lists(): Promise<WireObject[]> {
    return [...(await list('/api/v1/nodes')), ...(await list('/api/v1/pods')), ...(await list('/api/v1/namespaces'))];
  }

  async function list(path: string): Promise<WireObject[]> {
    const { kind, items } = await real.admin.get<{ kind: string; items: WireObject[] }>(path);
    return items.map((item) => ({ ...item, apiVersion: 'v1', kind: kind.replace(/List$/, '') }));
  }

  async function cordonOthers(unschedulable: boolean): Promise<void> {
    for (const name of others)
      await real.admin.send(
        'PATCH',
        `/api/v1/nodes/${name}`,
        { spec: { unschedulable } },
        'application/merge-patch+json',
      );
  }

  function randomNode(name: string): object {
    const amounts = {
      cpu: random.of(['1', '2', '4']),
      memory: random.of(['1Gi', '4Gi']),
      pods: random.of(['3', '10']),
      'example.com/gpu': random.of(['0', '1']),
    };
    const taints = [
      ...(random.chance(0.25) ? [{ key: 'dedicated', value: random.of(['a', 'b']), effect: 'NoSchedule' }] : []),
      ...(random.chance(0.1) ? [{ key: 'busy', value: 'yes', effect: 'PreferNoSchedule' }] : []),
    ];
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
        labels: {
          'kubernetes.io/hostname': name,
          ...(random.chance(0.9) ? { zone: random.of(['a', 'b', 'c']) } : {}),
          ...(random.chance(0.5) ? { disk: random.of(['ssd', 'hdd']), size: random.of(['4', '8']) } : {}),
        },
      },
      spec: { ...(taints.length > 0 ? { taints } : {}), ...(random.chance(0.15) ? { unschedulable: true } : {}) },
      status: { allocatable: amounts, capacity: amounts, addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] },
    };
  }

  function randomSpec(isPlaced: boolean): Record<string, unknown> {
    const requests = {
      ...(random.chance(0.8) ? { cpu: random.of(['100m', '500m', isPlaced ? '200m' : '3']) } : {}),
      ...(random.chance(0.5) ? { memory: random.of(['100Mi', isPlaced ? '200Mi' : '2Gi']) } : {}),
      ...(!isPlaced && random.chance(0.15) ? { 'example.com/gpu': '1' } : {}),
    };
    const term = {
      labelSelector: { matchLabels: { app: random.of(['x', 'y']) } },
      topologyKey: random.of(['kubernetes.io/hostname', 'zone']),
    };
    const required = 'requiredDuringSchedulingIgnoredDuringExecution';
    const expression = random.of([
      { key: 'zone', operator: 'In', values: [random.of(['a', 'b']), 'c'] },
      { key: 'zone', operator: 'NotIn', values: ['a'] },
      { key: 'disk', operator: 'Exists' },
      { key: 'disk', operator: 'DoesNotExist' },
      { key: 'size', operator: 'Gt', values: ['5'] },
      { key: 'size', operator: 'Lt', values: ['5'] },
    ]);
    const affinity = {
      ...(!isPlaced && random.chance(0.2)
        ? { nodeAffinity: { [required]: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } } }
        : {}),
      ...(!isPlaced && random.chance(0.2) ? { podAffinity: { [required]: [term] } } : {}),
      ...(random.chance(isPlaced ? 0.1 : 0.25)
        ? {
            podAntiAffinity: {
              [required]: [{ ...term, labelSelector: { matchLabels: { app: random.of(['x', 'y']) } } }],
            },
          }
        : {}),
    };
    const spread = {
      maxSkew: random.of([1, 2]),
      topologyKey: random.of(['zone', 'kubernetes.io/hostname']),
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'x' } },
    };
    const taintsPolicy = random.chance(0.5) ? { nodeTaintsPolicy: 'Honor' } : {};
    return {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'app',
          image: 'registry.example/app:1',
          resources: {
            requests,
            limits: { ...pick(requests, 'example.com/gpu'), ...(random.chance(0.1) ? { cpu: '3' } : {}) },
          },
          ports: random.chance(0.25) ? [{ containerPort: 8080, hostPort: random.of([8080, 8081]) }] : [],
        },
      ],
      ...(random.chance(0.15)
        ? {
            initContainers: [
              {
                name: 'first',
                image: 'registry.example/app:1',
                resources: { requests: { cpu: isPlaced ? '100m' : '2' } },
              },
            ],
          }
        : {}),
      ...(!isPlaced && random.chance(0.15) ? { nodeSelector: { disk: 'ssd' } } : {}),
      ...(random.chance(0.4)
        ? {
            tolerations: [
              random.of([
                { key: 'dedicated', operator: 'Equal', value: 'a', effect: 'NoSchedule' },
                { key: 'dedicated', operator: 'Exists' },
                { operator: 'Exists', effect: 'NoSchedule' },
              ]),
            ],
          }
        : {}),
      ...(Object.keys(affinity).length > 0 ? { affinity } : {}),
      ...(!isPlaced && random.chance(0.25)
        ? {
            topologySpreadConstraints: [
              { ...spread, ...taintsPolicy, ...(random.chance(0.3) ? { minDomains: 4 } : {}) },
            ],
          }
        : {}),
    };
  }

  function podOf(name: string, namespace: string, spec: object): object {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { app: random.of(['x', 'y']) } },
      spec,
    };
  }
});

function pick(record: Readonly<Record<string, unknown>>, key: string): object {
  return key in record ? { [key]: record[key] } : {};
}

function taintKeys(node: WireObject): readonly string[] {
  return (node as unknown as { spec?: { taints?: { key: string }[] } }).spec?.taints?.map(({ key }) => key) ?? [];
}

function isRefusedByKubelet(pod: WireObject): boolean {
  return (pod as unknown as { status: { phase: string } }).status.phase === 'Failed';
}

/** In the order of the scheduler's filters, where the first that fails speaks; those of one filter speak together. */
const filters: readonly ((constraint: Constraint) => boolean)[] = [
  (constraint) => constraint === 'cordon',
  (constraint) => constraint.endsWith('taint'),
  (constraint) => constraint === 'node-selector' || constraint === 'node-affinity',
  (constraint) => constraint === 'host-port',
  (constraint) => constraint.startsWith('resource ') || constraint === 'pod-limit',
  (constraint) => constraint === 'topology-spread',
  (constraint) => constraint === 'pod-affinity',
  (constraint) => constraint === 'pod-anti-affinity',
  (constraint) => constraint === 'foreign-anti-affinity',
];

function expectedOf(reports: readonly NodeReport[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { obstacles } of reports) {
    const constraints = new Set(obstacles.map(constraintOf));
    const failing = filters.find((filter) => [...constraints].some(filter));
    const names = [...constraints].filter((constraint) => failing?.(constraint) === true).map(spokenName);
    for (const name of new Set(names)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/** The scheduler's sentence does not tell a selector from an affinity, nor who set a taint: each name stands for both. */
function spoken(counts: ReadonlyMap<Constraint, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].map(([constraint, count]) => [spokenName(constraint), count]));
}

function spokenName(constraint: Constraint): string {
  if (constraint.endsWith('taint')) return 'taint';
  return constraint === 'node-affinity' || constraint === 'node-selector' ? 'selector' : constraint;
}

/** A small generator of numbers (mulberry32), so that a failing cluster can be made again. */
function createRandom(start: number) {
  let state = start >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (share: number): boolean => next() < share,
    between: (least: number, most: number): number => least + Math.floor(next() * (most - least + 1)),
    of<T>(choices: readonly T[]): T {
      const chosen = choices[Math.floor(next() * choices.length)];
      if (chosen === undefined) throw new Error('nothing to choose from');
      return chosen;
    },
  };
}
