import { beforeEach, describe, expect, it } from 'vitest';
import { createSimulatedCluster, type SimulatedCluster } from '../../../src/sandbox/cluster/simulated-cluster.ts';
import { deployment, namespace, node } from './manifests.ts';

const start = Date.parse('2026-05-04T10:00:00Z');
const good = 'registry.example/web:1';
const better = 'registry.example/web:2';

describe('controllers of the simulated cluster', () => {
  let nowMs: number;
  let cluster: SimulatedCluster;

  beforeEach(() => {
    nowMs = start;
    cluster = createSimulatedCluster({
      name: 'test',
      seed: 7,
      now: () => nowMs,
      images: { [good]: {}, [better]: {}, 'registry.example/web:never-ready': { readiness: 'fails' } },
      objects: [namespace('shop'), node('node-1'), node('node-2')],
    });
  });

  const pass = (ms: number): void => {
    nowMs += ms;
    cluster.settle({ spanMs: ms });
  };
  const web = () => cluster.get('Deployment', 'shop', 'web');
  const condition = (type: string) => web()?.status?.conditions?.find((one) => one.type === type);
  const sets = () => cluster.list('ReplicaSet', 'shop');
  const pods = () => cluster.list('Pod', 'shop').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const setImage = (image: string): void => {
    cluster.change('Deployment', 'shop', 'web', ({ spec }) => {
      const container = spec?.template.spec?.containers[0];
      if (container !== undefined) container.image = image;
    });
  };

  it('rolls a new Deployment out', () => {
    cluster.apply(deployment('web', { image: good }));
    pass(2000);
    expect(web()?.status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(web()?.status).not.toHaveProperty('unavailableReplicas');
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(condition('Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(web()?.metadata).toMatchObject({ generation: 1, annotations: { 'deployment.kubernetes.io/revision': '1' } });
    const [set] = sets();
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(pods().map(({ metadata }) => metadata.name)).toEqual(
      [0, 1, 2].map(() => expect.stringMatching(new RegExp(`^web-${hash}-[a-z0-9]{5}$`))),
    );
    expect(
      pods()
        .map(({ spec }) => spec?.nodeName)
        .toSorted(),
    ).toEqual(expect.arrayContaining(['node-1', 'node-2']));
  });

  it('keeps serving while a release cannot start, says so after the deadline, and takes an undo', () => {
    cluster.apply(deployment('web', { image: good, spec: { progressDeadlineSeconds: 5 } }));
    pass(2000);
    setImage('registry.example/web:missing');
    pass(700);
    const waiting = pods().flatMap(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason ?? []);
    expect(waiting).toEqual(['ImagePullBackOff']);
    expect(web()?.status).toMatchObject({
      replicas: 4,
      updatedReplicas: 1,
      availableReplicas: 3,
      unavailableReplicas: 1,
    });
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    pass(5000);
    expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(condition('Progressing')?.message).toMatch(/^ReplicaSet "web-\w+" has timed out progressing\.$/);
    setImage(good);
    pass(1000);
    expect(web()?.status).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(sets()).toHaveLength(2);
    const serving = sets().find(({ spec }) => spec?.replicas === 3);
    expect(serving?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
  });

  it('never lets fewer serve than the limits allow, at any moment of a rollout', () => {
    cluster.apply(
      deployment('web', {
        image: good,
        replicas: 4,
        spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
      }),
    );
    pass(3000);
    setImage(better);
    for (let step = 0; step < 200; step += 1) {
      pass(20);
      expect(web()?.status?.availableReplicas).toBeGreaterThanOrEqual(3);
      expect(sets().reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0)).toBeLessThanOrEqual(5);
    }
    expect(web()?.status).toMatchObject({ updatedReplicas: 4, availableReplicas: 4, replicas: 4 });
  });

  it('stops a Recreate rollout until the old pods are gone', () => {
    cluster.apply(deployment('web', { image: good, replicas: 2, spec: { strategy: { type: 'Recreate' } } }));
    pass(2000);
    setImage(better);
    for (let step = 0; step < 50; step += 1) {
      pass(20);
      const images = new Set(cluster.list('Pod', 'shop').map(({ spec }) => spec?.containers[0]?.image));
      expect(images.size).toBeLessThanOrEqual(1);
    }
    pass(2000);
    expect(web()?.status).toMatchObject({ updatedReplicas: 2, availableReplicas: 2 });
  });

  it('does nothing to the template while paused, still scales, and goes on when resumed', () => {
    cluster.apply(deployment('web', { image: good }));
    pass(2000);
    cluster.change('Deployment', 'shop', 'web', ({ spec }) => {
      if (spec !== undefined) Object.assign(spec, { paused: true, replicas: 5 });
    });
    setImage(better);
    pass(2000);
    expect(sets()).toHaveLength(1);
    expect(pods()).toHaveLength(5);
    expect(condition('Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    cluster.change('Deployment', 'shop', 'web', ({ spec }) => {
      if (spec !== undefined) spec.paused = false;
    });
    pass(3000);
    expect(web()?.status).toMatchObject({ updatedReplicas: 5, availableReplicas: 5 });
  });

  it('calls a pod available only after minReadySeconds', () => {
    cluster.apply(deployment('web', { image: good, replicas: 1, spec: { minReadySeconds: 3 } }));
    pass(1500);
    expect(web()?.status).toMatchObject({ readyReplicas: 1, unavailableReplicas: 1 });
    pass(3000);
    expect(web()?.status).toMatchObject({ availableReplicas: 1 });
  });

  it('forgets old revisions beyond the limit', () => {
    cluster.apply(deployment('web', { image: good, replicas: 1, spec: { revisionHistoryLimit: 1 } }));
    pass(2000);
    setImage(better);
    pass(2000);
    cluster.change('Deployment', 'shop', 'web', ({ spec }) => {
      if (spec !== undefined) spec.template.metadata = { ...spec.template.metadata, annotations: { restarted: 'yes' } };
    });
    pass(2000);
    expect(
      sets()
        .map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])
        .toSorted(),
    ).toEqual(['2', '3']);
  });

  it('makes a new pod for one that was deleted', () => {
    cluster.apply(deployment('web', { image: good }));
    pass(2000);
    const [first] = pods();
    cluster.remove('Pod', 'shop', first?.metadata.name ?? '');
    pass(2000);
    expect(pods()).toHaveLength(3);
    expect(pods().map(({ metadata }) => metadata.name)).not.toContain(first?.metadata.name);
  });

  it('takes a deleted Deployment’s ReplicaSets and pods away', () => {
    cluster.apply(deployment('web', { image: good }));
    pass(2000);
    cluster.remove('Deployment', 'shop', 'web');
    pass(2000);
    expect(sets()).toEqual([]);
    expect(cluster.list('Pod', 'shop')).toEqual([]);
  });

  it.each([
    [
      'too much memory',
      [node('tiny', { cpu: '1', memory: '64Mi', pods: '10' })],
      /0\/1 nodes are available: 1 Insufficient memory\./,
    ],
    ['no node', [], /no nodes available to schedule pods/],
    ['a cordoned node', [{ ...node('off'), spec: { unschedulable: true } }], /1 node\(s\) were unschedulable/],
    [
      'a taint',
      [{ ...node('off'), spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }],
      /1 node\(s\) had untolerated taint/,
    ],
  ])('leaves a pod pending for %s, says why, and places it when a node fits', (_why, nodes, message) => {
    const lone = createSimulatedCluster({
      name: 'lone',
      seed: 1,
      now: () => nowMs,
      images: { [good]: {} },
      objects: [namespace('shop'), ...nodes],
    });
    lone.apply(deployment('web', { image: good, replicas: 1, memoryLimit: '128Mi' }));
    lone.settle({ spanMs: 1000 });
    const [pending] = lone.list('Pod', 'shop');
    expect(pending?.status).toMatchObject({ phase: 'Pending' });
    expect(pending?.status?.conditions).toEqual([
      expect.objectContaining({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }),
    ]);
    const events = lone.list('Event', 'shop').filter(({ reason }) => reason === 'FailedScheduling');
    expect(events.map((event) => event.message)).toEqual([expect.stringMatching(message)]);
    lone.apply(node('large'));
    lone.settle({ spanMs: 1000 });
    expect(lone.list('Pod', 'shop')[0]?.spec?.nodeName).toBe('large');
  });

  it('keeps the endpoints of a Service to the pods that are ready', () => {
    cluster.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    cluster.apply(deployment('web', { image: good, replicas: 2 }));
    pass(2000);
    const subset = () => cluster.get('Endpoints', 'shop', 'web')?.subsets?.[0];
    expect(subset()?.addresses).toHaveLength(2);
    expect(subset()?.ports).toEqual([{ port: 8080, protocol: 'TCP' }]);
    expect(cluster.get('EndpointSlice', 'shop', 'web')?.endpoints).toHaveLength(2);
    cluster.apply(
      deployment('web', {
        image: 'registry.example/web:never-ready',
        replicas: 2,
        spec: { strategy: { type: 'Recreate' } },
      }),
    );
    pass(3000);
    expect(subset()?.addresses).toBeUndefined();
    expect(subset()?.notReadyAddresses).toHaveLength(2);
  });

  it('counts what a PodDisruptionBudget lets go', () => {
    cluster.apply({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
    });
    cluster.apply(deployment('web', { image: good }));
    pass(2000);
    expect(cluster.get('PodDisruptionBudget', 'shop', 'web')?.status).toMatchObject({
      expectedPods: 3,
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
    });
  });

  it('runs a StatefulSet in order and a DaemonSet on every node, and replaces their pods one at a time', () => {
    const labels = { app: 'db' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: good }] } };
    const spec = { selector: { matchLabels: labels }, template };
    cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'shop' },
      spec: { ...spec, replicas: 2, serviceName: 'db' },
    });
    cluster.apply({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent', namespace: 'shop' }, spec });
    pass(3000);
    expect(pods().map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['db-0', 'db-1']));
    expect(cluster.get('StatefulSet', 'shop', 'db')?.status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 });
    expect(cluster.get('DaemonSet', 'shop', 'agent')?.status).toMatchObject({
      desiredNumberScheduled: 2,
      numberReady: 2,
    });
    cluster.change('StatefulSet', 'shop', 'db', (set) => {
      const container = set.spec?.template.spec?.containers[0];
      if (container !== undefined) container.image = better;
    });
    for (let step = 0; step < 60; step += 1) {
      pass(50);
      expect(cluster.get('StatefulSet', 'shop', 'db')?.status?.readyReplicas).toBeGreaterThanOrEqual(1);
    }
    expect(cluster.get('StatefulSet', 'shop', 'db')?.status).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 });
  });
});
