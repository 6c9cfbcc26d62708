import { describe, expect, it } from 'vitest';
import { createKubernetesReader } from '../../src/adapters/kubernetes/cluster-reader.ts';
import { openConnection } from '../../src/adapters/kubernetes/connection.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import type { Suspect } from '../../src/core/detection/event-trail.ts';
import { fingerprintOf, type Sighting } from '../../src/core/detection/sighting.ts';
import { createSimulatedCluster } from '../../src/sandbox/cluster/simulated-cluster.ts';
import { createLookAtCluster } from '../../src/workflows/look-at-cluster.ts';
import { deployment, namespace, node } from '../sandbox/cluster/manifests.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeClusterReader } from '../support/fake-cluster-reader.ts';

const signal = AbortSignal.timeout(30_000);
const context = { brokenNodes: new Set<string>() };
const object = (kind: string, name: string, more: object = {}, metadata: object = {}): WireObject => ({
  apiVersion: ['Deployment', 'ReplicaSet', 'StatefulSet'].includes(kind)
    ? 'apps/v1'
    : kind === 'Job' || kind === 'CronJob'
      ? 'batch/v1'
      : 'v1',
  kind,
  metadata: { name, namespace: 'shop', uid: `u-${name}`, ...metadata },
  ...more,
});
const ownedBy = (owner: WireObject) => ({
  ownerReferences: [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid ?? '',
      controller: true,
    },
  ],
});
const shop = object('Namespace', 'shop', {}, { namespace: undefined });
const bank = object('Namespace', 'bank', {}, { namespace: undefined });
const checkout = object('Deployment', 'checkout');
const revision = object('ReplicaSet', 'checkout-abc', {}, ownedBy(checkout));
const sick = (name: string, metadata: object = ownedBy(revision)) =>
  object(
    'Pod',
    name,
    {
      spec: { nodeName: 'node-1', containers: [{ name: 'app' }] },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'True' }],
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } },
        ],
      },
    },
    metadata,
  );
const well = (name: string) =>
  object(
    'Pod',
    name,
    {
      spec: { nodeName: 'node-1', containers: [{ name: 'app' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [{ name: 'app', ready: true, restartCount: 0, state: { running: {} } }],
      },
    },
    ownedBy(revision),
  );

function looking(
  objects: readonly WireObject[],
  more: Partial<Parameters<typeof createLookAtCluster>[0]> & {
    readonly refuse?: Parameters<typeof createFakeClusterReader>[0]['refuse'];
  } = {},
) {
  const { refuse, ...rest } = more;
  const reader = createFakeClusterReader({ objects, ...(refuse === undefined ? {} : { refuse }) });
  const looks = createLookAtCluster({
    reader,
    clock: createFakeClock(),
    namespaces: [],
    ignoreNamespaces: [],
    ...rest,
  });
  return { looks, asked: reader.asked };
}
const briefly = (sightings: readonly Sighting[]) =>
  sightings.map(({ rule, object: { kind, name } }) => `${rule} ${kind} ${name}`);
const suspect = (kind: string, name: string, more: Partial<Suspect> = {}): Suspect => ({
  kind,
  name,
  namespace: 'shop',
  uid: `u-${name}`,
  reason: 'FailedCreate',
  message: 'quota',
  events: 1,
  heardAt: 0,
  ...more,
});

describe('the look at pods', () => {
  it('reads tables, the sick pods whole, and their owners once: the workload is what is told', async () => {
    const { looks, asked } = looking([shop, checkout, revision, well('a'), sick('b'), sick('c')]);
    const { sightings, problem } = await looks.look('pods', context, signal);
    expect([briefly(sightings), problem]).toEqual([
      ['pod-image-pull Deployment checkout', 'pod-image-pull Deployment checkout'],
      undefined,
    ]);
    expect(new Set(sightings.map(fingerprintOf)).size).toBe(1);
    expect(asked).toEqual([
      'list namespaces',
      'table pods shop status.phase!=Succeeded,status.phase!=Failed',
      'get pods shop/b',
      'get pods shop/c',
      'get replicasets shop/checkout-abc',
      'get deployments shop/checkout',
    ]);
  });

  it('lists a namespace where very many are sick', async () => {
    const many = Array.from({ length: 60 }, (_, index) => sick(`p-${index}`));
    const { looks, asked } = looking([shop, checkout, revision, ...many]);
    expect((await looks.look('pods', context, signal)).sightings).toHaveLength(60);
    expect(asked.filter((question) => question.startsWith('get pods'))).toEqual([]);
    expect(asked).toHaveLength(5);
  });

  it.each([
    ['prints no tables', 'cluster.bad-answer', 1, true],
    ['may not be read there', 'cluster.forbidden', 0, false],
  ] as const)('where a server %s', async (_what, code, found, covered) => {
    const refuse = (question: string) => (question.startsWith('table') ? code : undefined);
    const { looks } = looking([shop, checkout, revision, sick('b')], { refuse });
    const { sightings, covers, problem } = await looks.look('pods', context, signal);
    expect([sightings.length, covers('shop'), problem?.code]).toEqual([
      found,
      covered,
      covered ? undefined : 'cluster.forbidden',
    ]);
  });

  it('knows nothing of a namespace whose owners it cannot read, and says so: no guess becomes another identity', async () => {
    const refuse = (question: string) =>
      question.startsWith('get replicasets') ? ('cluster.timeout' as const) : undefined;
    const { looks } = looking([shop, bank, checkout, revision, sick('b')], { refuse });
    const { sightings, covers, problem } = await looks.look('pods', context, signal);
    expect([sightings, covers('shop'), covers('bank'), problem?.code]).toEqual([[], false, true, 'cluster.timeout']);
  });

  it.each<[what: string, metadata: object, expected: string]>([
    ['nothing', {}, 'Pod b'],
    ['a ReplicaSet that is gone', ownedBy(object('ReplicaSet', 'gone')), 'ReplicaSet gone'],
    [
      'a kind that it does not know',
      ownedBy({ ...object('Rollout', 'web'), apiVersion: 'argoproj.io/v1alpha1' }),
      'Rollout web',
    ],
    ['its node, as static pods are', ownedBy(object('Node', 'node-1')), 'Pod b'],
  ])('tells of a pod owned by %s', async (_what, metadata, expected) => {
    const { looks } = looking([shop, sick('b', metadata)]);
    const { sightings } = await looks.look('pods', context, signal);
    expect(sightings.map(({ object: { kind, name } }) => `${kind} ${name}`)).toEqual([expected]);
  });

  it('leaves to a node that is down what its pods suffer', async () => {
    const { looks } = looking([shop, checkout, revision, sick('b')]);
    const { sightings } = await looks.look('pods', { brokenNodes: new Set(['node-1']) }, signal);
    expect(sightings).toEqual([]);
  });
});

describe('what is watched', () => {
  it.each([
    [[], [], ['shop', 'bank', undefined], []],
    [[], ['bank'], ['shop', undefined], ['bank']],
    [['shop'], [], ['shop', undefined], ['bank']],
    [['shop', 'bank'], ['bank'], ['shop'], ['bank']],
  ])('with namespaces %j without %j', (namespaces, ignoreNamespaces, yes, no) => {
    const { looks } = looking([], { namespaces, ignoreNamespaces });
    for (const one of yes) expect(looks.isWatched(one)).toBe(true);
    for (const one of no) expect(looks.isWatched(one)).toBe(false);
  });

  it('is asked for namespace by namespace where they are named: more may not be allowed', async () => {
    const { looks, asked } = looking([shop, bank], { namespaces: ['shop', 'bank'], ignoreNamespaces: ['bank'] });
    for (const look of ['pods', 'services', 'flux'] as const) await looks.look(look, context, signal);
    expect(asked.filter((question) => !/\bshop\b/.test(question))).toEqual([]);
  });
});

describe('custom resources', () => {
  it('that are not installed are nothing, and no problem', async () => {
    const refuse = (question: string) => (question.startsWith('list') ? ('cluster.not-found' as const) : undefined);
    const { looks } = looking([], { refuse });
    for (const look of ['flux', 'argo-cd', 'certificates'] as const) {
      const { sightings, covers, problem } = await looks.look(look, context, signal);
      expect([sightings, covers('shop'), problem]).toEqual([[], true, undefined]);
    }
  });

  it('that may not be read are a problem, and cover nothing', async () => {
    const { looks } = looking([], { refuse: () => 'cluster.forbidden' });
    const { covers, problem } = await looks.look('flux', context, signal);
    expect([covers('shop'), problem?.code]).toEqual([false, 'cluster.forbidden']);
  });
});

describe('objects that events speak of', () => {
  const refused = {
    spec: { replicas: 2 },
    status: { replicas: 1, conditions: [{ type: 'ReplicaFailure', status: 'True' }] },
  };
  const failing = object('ReplicaSet', 'checkout-abc', refused, ownedBy(checkout));

  it('are read, and judged by what they are now', async () => {
    const { looks } = looking([checkout, failing, sick('b', ownedBy(failing))]);
    const { sightings } = await looks.examine(
      [suspect('ReplicaSet', 'checkout-abc'), suspect('Pod', 'b')],
      context,
      signal,
    );
    expect(briefly(sightings).sort()).toEqual([
      'pod-image-pull Deployment checkout',
      'replicas-not-created Deployment checkout',
    ]);
  });

  it.each<[what: string, given: Suspect]>([
    ['that is gone', suspect('Pod', 'gone')],
    ['of a former object of the same name', suspect('Pod', 'b', { uid: 'u-former' })],
    ['of a kind that nobody judges', suspect('ConfigMap', 'b')],
    ['that means a Secret', suspect('Secret', 'b')],
    ['elsewhere', suspect('Pod', 'b', { namespace: 'ignored' })],
  ])('open nothing for an object %s', async (_what, given) => {
    const { looks } = looking([checkout, revision, sick('b')], { ignoreNamespaces: ['ignored'] });
    expect(await looks.examine([given], context, signal)).toEqual({ sightings: [], gone: [], problem: undefined });
  });

  it('are read again until they are well or gone, and then known to be over', async () => {
    const quota = {
      spec: { replicas: 2 },
      status: { replicas: 1, conditions: [{ type: 'ReplicaFailure', status: 'True' }] },
    };
    const broken = object('Deployment', 'checkout', quota);
    const [sighting] = (
      await looking([broken, failing]).looks.examine([suspect('ReplicaSet', 'checkout-abc')], context, signal)
    ).sightings;
    if (sighting === undefined) throw new Error('nothing was seen');
    const held = [{ fingerprint: fingerprintOf(sighting), sighting }];
    const again = async (objects: readonly WireObject[], refuse?: () => 'cluster.timeout') =>
      looking(objects, refuse === undefined ? {} : { refuse }).looks.examineAgain(held, signal);
    expect((await again([broken])).gone).toEqual([]);
    expect((await again([])).gone).toEqual([held[0]?.fingerprint]);
    expect((await again([{ ...broken, metadata: { ...broken.metadata, uid: 'u-new' } }])).gone).toEqual([
      held[0]?.fingerprint,
    ]);
    expect(await again([broken], () => 'cluster.timeout')).toMatchObject({
      gone: [],
      problem: { code: 'cluster.timeout' },
    });
  });
});

it('a simulated API server is looked at over HTTP: nothing is wrong in a healthy cluster, and what is not installed is passed over', async () => {
  const cluster = createSimulatedCluster({
    name: 'test',
    images: { 'shop/checkout:v1': {} },
    objects: [namespace('shop'), node('node-1'), deployment('checkout', { image: 'shop/checkout:v1' })],
  });
  cluster.settle();
  const { kubeconfigFor } = await cluster.start();
  const connection = await openConnection({ from: 'text', text: kubeconfigFor('reader') });
  if (!connection.ok) throw new Error(connection.error.sentence);
  try {
    const reader = createKubernetesReader({ cluster: 'test', exchange: connection.value });
    const looks = createLookAtCluster({ reader, clock: createFakeClock(), namespaces: [], ignoreNamespaces: [] });
    for (const look of ['nodes', 'pods', 'claims', 'services', 'certificates', 'flux', 'argo-cd'] as const) {
      const { sightings, covers, problem } = await looks.look(look, context, signal);
      expect([look, sightings, covers('shop'), problem]).toEqual([look, [], true, undefined]);
    }
  } finally {
    connection.value.close();
    await cluster.stop();
  }
});
