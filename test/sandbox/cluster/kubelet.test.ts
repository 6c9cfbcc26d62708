import { beforeEach, describe, expect, it } from 'vitest';
import { createSimulatedCluster, type SimulatedCluster } from '../../../src/sandbox/cluster/simulated-cluster.ts';
import { deployment, namespace, node } from './manifests.ts';

const image = 'registry.example/shop/cart:v1';

describe('kubelets of the simulated cluster', () => {
  let nowMs: number;
  let cluster: SimulatedCluster;

  beforeEach(() => {
    nowMs = Date.parse('2026-05-04T10:00:00Z');
    cluster = createSimulatedCluster({
      name: 'test',
      seed: 3,
      now: () => nowMs,
      images: {
        [image]: {
          memoryMi: 180,
          startLog: ['cart v1'],
          outOfMemoryLog: ['using {workingSetMi} of {limitMi}, wants {memoryMi}'],
        },
        'registry.example/shop/crash:v1': { startLog: ['boot'], exits: { code: 1, log: ['panic: no configuration'] } },
        'registry.example/shop/job:v1': { exits: { code: 0, afterMs: 100 } },
        'registry.example/shop/sick:v1': { readiness: 'fails' },
      },
      objects: [namespace('shop'), node('node-1')],
    });
  });

  const pass = (ms: number): void => {
    nowMs += ms;
    cluster.settle({ spanMs: ms });
  };
  const run = (name: string, options: { image: string; memoryLimit?: string }): void => {
    cluster.apply(deployment(name, { ...options, replicas: 1 }));
  };
  const onlyPod = () => cluster.list('Pod', 'shop')[0];
  const status = () => onlyPod()?.status?.containerStatuses?.[0];
  const events = (reason: string) => cluster.list('Event', 'shop').filter((event) => event.reason === reason);

  it('starts a container within its limits, as a kubelet writes it', () => {
    run('cart', { image, memoryLimit: '256Mi' });
    pass(1000);
    expect(status()).toMatchObject({ ready: true, started: true, restartCount: 0, lastState: {}, image });
    expect(status()?.imageID).toMatch(/^registry\.example\/shop\/cart@sha256:[0-9a-f]{64}$/);
    expect(status()?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
    expect(onlyPod()?.status).toMatchObject({ phase: 'Running', qosClass: 'Burstable' });
    const [pulling] = events('Pulling');
    expect(pulling).toMatchObject({
      message: `Pulling image "${image}"`,
      type: 'Normal',
      count: 1,
      involvedObject: { kind: 'Pod', fieldPath: 'spec.containers{cart}', uid: onlyPod()?.metadata.uid },
      source: { component: 'kubelet', host: 'node-1' },
      reportingComponent: 'kubelet',
    });
    expect(events('Started').map(({ message }) => message)).toEqual(['Started container cart']);
    expect(cluster.usage()).toEqual([
      {
        namespace: 'shop',
        pod: onlyPod()?.metadata.name,
        container: 'cart',
        node: 'node-1',
        workingSetBytes: 180 * 2 ** 20,
      },
    ]);
  });

  it('fails to pull what the registry lacks, backs off, and succeeds once it is there', () => {
    run('cart', { image: 'registry.example/shop/cart:nope', memoryLimit: '256Mi' });
    pass(150);
    const error = 'rpc error: code = NotFound desc = failed to pull and unpack image "registry.example/shop/cart:nope"';
    expect(status()?.state?.waiting).toMatchObject({ reason: 'ErrImagePull', message: expect.stringContaining(error) });
    pass(100);
    expect(status()?.state?.waiting).toMatchObject({
      reason: 'ImagePullBackOff',
      message: expect.stringContaining('Back-off pulling image "registry.example/shop/cart:nope": ErrImagePull: '),
    });
    expect(status()).toMatchObject({ ready: false, restartCount: 0, imageID: '' });
    expect(onlyPod()?.status?.phase).toBe('Pending');
    expect(
      events('Failed')
        .map(({ message }) => message)
        .toSorted(),
    ).toEqual([
      'Error: ErrImagePull',
      'Error: ImagePullBackOff',
      expect.stringContaining('Failed to pull image "registry.example/shop/cart:nope": rpc error'),
    ]);
    cluster.publish({ 'registry.example/shop/cart:nope': {} });
    pass(5000);
    expect(status()).toMatchObject({ ready: true });
  });

  it('kills a process that outgrows its limit, again and again, with growing pauses', () => {
    run('cart', { image, memoryLimit: '64Mi' });
    const seen: string[] = [];
    let restarts = 0;
    for (let step = 0; step < 400; step += 1) {
      pass(20);
      const state = status()?.state;
      const now = state?.waiting?.reason ?? (state?.terminated !== undefined ? 'terminated' : 'running');
      if (seen.at(-1) !== now) seen.push(now);
      expect(status()?.restartCount ?? 0).toBeGreaterThanOrEqual(restarts);
      restarts = status()?.restartCount ?? 0;
    }
    expect(seen.slice(0, 8)).toEqual([
      'ContainerCreating',
      'running',
      'terminated',
      'running',
      'terminated',
      'CrashLoopBackOff',
      'terminated',
      'running',
    ]);
    expect(restarts).toBeGreaterThanOrEqual(3);
    expect(status()?.lastState?.terminated ?? status()?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
    });
    expect(events('BackOff')[0]).toMatchObject({
      type: 'Warning',
      message: expect.stringMatching(/^Back-off restarting failed container cart in pod cart-.*_shop\(/),
    });
    expect(events('BackOff')[0]?.count).toBeGreaterThanOrEqual(2);
  });

  it.each([
    [1, 'back-off 10s'],
    [2, 'back-off 20s'],
    [3, 'back-off 40s'],
  ])('names the pause after restart %i as a real kubelet does', (restarts, text) => {
    run('crash', { image: 'registry.example/shop/crash:v1' });
    for (let step = 0; step < 1000; step += 1) {
      pass(10);
      const waiting = status()?.state?.waiting;
      if (waiting?.reason !== 'CrashLoopBackOff' || status()?.restartCount !== restarts) continue;
      const { name, uid } = onlyPod()?.metadata ?? {};
      expect(waiting.message).toBe(`${text} restarting failed container=crash pod=${name}_shop(${uid})`);
      return;
    }
    expect.fail('the container never got there');
  });

  it('stays below the limit while it grows, and shows it', () => {
    run('cart', { image, memoryLimit: '64Mi' });
    const used: number[] = [];
    for (let step = 0; step < 80; step += 1) {
      pass(10);
      used.push(...cluster.usage().map(({ workingSetBytes }) => workingSetBytes));
    }
    expect(Math.max(...used)).toBeLessThanOrEqual(64 * 2 ** 20);
    expect(Math.max(...used)).toBeGreaterThan(58 * 2 ** 20);
  });

  it('heals when the limit is large enough', () => {
    run('cart', { image, memoryLimit: '64Mi' });
    pass(3000);
    run('cart', { image, memoryLimit: '192Mi' });
    pass(2000);
    expect(cluster.list('Pod', 'shop')).toHaveLength(1);
    expect(status()).toMatchObject({ ready: true, restartCount: 0 });
  });

  it('reports a probe that fails, and never ready', () => {
    run('sick', { image: 'registry.example/shop/sick:v1' });
    pass(2000);
    expect(status()).toMatchObject({ ready: false, started: true, restartCount: 0 });
    expect(events('Unhealthy')).toHaveLength(1);
  });

  it('finishes a pod that is not to be restarted', () => {
    const spec = { restartPolicy: 'Never', containers: [{ name: 'job', image: 'registry.example/shop/job:v1' }] };
    cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'job', namespace: 'shop' }, spec });
    pass(1000);
    expect(onlyPod()?.status?.phase).toBe('Succeeded');
    expect(status()?.state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  it('stops a deleted pod before it is gone', () => {
    run('cart', { image, memoryLimit: '256Mi' });
    pass(1000);
    const name = onlyPod()?.metadata.name ?? '';
    cluster.remove('Pod', 'shop', name);
    pass(10);
    expect(cluster.get('Pod', 'shop', name)?.metadata.deletionTimestamp).toBeDefined();
    expect(events('Killing').map(({ message }) => message)).toEqual(['Stopping container cart']);
    pass(1000);
    expect(cluster.get('Pod', 'shop', name)).toBeUndefined();
  });
});
