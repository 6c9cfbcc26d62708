import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandboxWorld, type SandboxWorld, scenarios } from '../../../src/sandbox/scenarios/sandbox-world.ts';

describe('createSandboxWorld', () => {
  let receiver: Server;
  let received: { atMs: number; body: ReturnType<typeof JSON.parse> }[];
  let world: SandboxWorld;
  let urls: { clusterUrl: string; metricsUrl: string };

  // One world for all of them: what one scenario does must not disturb another.
  beforeAll(async () => {
    received = [];
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ atMs: performance.now(), body: JSON.parse(Buffer.concat(chunks).toString()) });
        response.end();
      });
    });
    receiver.listen(0, '127.0.0.1');
    await new Promise((resolve) => receiver.once('listening', resolve));
    const { port } = receiver.address() as AddressInfo;
    const names = scenarios.map(({ name }) => name);
    world = createSandboxWorld({
      scenarios: names,
      webhookUrl: `http://127.0.0.1:${port}/`,
      webhookToken: 'token',
      seed: 11,
    });
    urls = await world.start();
  });
  afterAll(async () => {
    await world.stop();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  /** The moment at which something holds; every wait of these tests is the three seconds the demo promises. */
  async function within(ms: number, what: string, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + ms;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
      await sleep(20);
    }
  }
  const webhook = (alertname: string, status: string) =>
    received.find(({ body }) => body.status === status && body.groupLabels.alertname === alertname)?.body;
  const podsOf = (name: string) =>
    world.cluster.list('Pod', 'shop').filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === name);
  const setContainer = (name: string, change: { image?: string; memory?: string }): void => {
    world.cluster.change('Deployment', 'shop', name, ({ spec }) => {
      const container = spec?.template.spec?.containers[0];
      if (container === undefined) return;
      if (change.image !== undefined) container.image = change.image;
      if (change.memory !== undefined)
        container.resources = { ...container.resources, limits: { memory: change.memory } };
    });
  };

  it('begins healthy, days old, without an alert, and with nothing written through the API', () => {
    const pods = world.cluster.list('Pod');
    expect(pods.length).toBeGreaterThan(20);
    expect(
      pods
        .flatMap(({ status }) => status?.containerStatuses ?? [])
        .every(({ ready, restartCount }) => ready && restartCount === 0),
    ).toBe(true);
    for (const { metadata, status } of world.cluster.list('Deployment')) {
      expect(status?.availableReplicas, metadata.name).toBe(status?.replicas);
      expect(Date.now() - Date.parse(metadata.creationTimestamp ?? '')).toBeGreaterThan(2 * 86_400_000);
    }
    const safe = world.cluster
      .list('Namespace')
      .filter(({ metadata }) => metadata.labels?.['sre-copilot.dev/safe-for-auto'] === 'true');
    expect(safe.map(({ metadata }) => metadata.name)).toEqual(['staging']);
    for (const { name } of scenarios) expect(world.state(name)).toEqual({ phase: 'healthy' });
    expect(world.alerts.firing()).toEqual([]);
    expect(world.cluster.writes()).toEqual([]);
  });

  it('api-latency: the metric rises, and nothing restarts', async () => {
    const latency = async () => {
      const query = new URLSearchParams({ query: 'apiserver_request_duration_seconds_p99 > 1.5' });
      return JSON.parse(await (await fetch(`${urls.metricsUrl}/api/v1/query?${query}`)).text()).data.result;
    };
    expect(await latency()).toEqual([]);
    world.startScenario('api-latency');
    await within(3000, 'firing', () => webhook('KubeAPILatency', 'firing') !== undefined);
    expect(await latency()).toMatchObject([{ value: [expect.any(Number), '2.3'] }]);
    const system = world.cluster.list('Pod', 'kube-system').flatMap(({ status }) => status?.containerStatuses ?? []);
    expect(system.length).toBeGreaterThan(5);
    expect(system.every(({ ready, restartCount }) => ready && restartCount === 0)).toBe(true);
  });

  it('bad-image: the release hangs, the old pods serve, the alert fires, and ends with an undo', async () => {
    world.startScenario('bad-image');
    expect(world.state('bad-image').phase).toBe('broken');
    await within(700, 'ImagePullBackOff', () =>
      podsOf('checkout').some(
        ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff',
      ),
    );
    await within(3000, 'firing', () => webhook('KubeDeploymentRolloutStuck', 'firing') !== undefined);
    expect(world.cluster.get('Deployment', 'shop', 'checkout')?.status).toMatchObject({
      availableReplicas: 3,
      updatedReplicas: 1,
    });
    const [alert] = webhook('KubeDeploymentRolloutStuck', 'firing').alerts;
    expect(alert.labels).toMatchObject({
      namespace: 'shop',
      deployment: 'checkout',
      severity: 'warning',
      container: 'kube-rbac-proxy-main',
    });
    expect(alert.annotations.runbook_url).toBe(
      'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubedeploymentrolloutstuck',
    );
    expect(world.state('bad-image').phase).toBe('firing');
    setContainer('checkout', { image: 'registry.example.com/shop/checkout:v1.4.2' });
    await within(3000, 'resolved', () => webhook('KubeDeploymentRolloutStuck', 'resolved') !== undefined);
    expect(world.state('bad-image').phase).toBe('recovered');
    world.startScenario('bad-image');
    expect(world.state('bad-image').phase).toBe('broken');
    await within(3000, 'firing again', () => world.state('bad-image').phase === 'firing');
  });

  it('oom: pods are killed and loop, metric and log show why, a limit that is still too small does not heal, a large one does', async () => {
    const before = await memoryOf('cart');
    expect(Math.max(...before)).toBe(180 * 2 ** 20);
    world.startScenario('oom');
    await within(3000, 'firing', () => webhook('KubePodCrashLooping', 'firing') !== undefined);
    const looping = podsOf('cart').find(({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    const status = looping?.status?.containerStatuses?.[0];
    expect(status?.lastState?.terminated ?? status?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
    });
    const [alert] = webhook('KubePodCrashLooping', 'firing').alerts;
    expect(alert.labels).toMatchObject({
      namespace: 'shop',
      container: 'cart',
      reason: 'CrashLoopBackOff',
      severity: 'warning',
    });
    expect(alert.labels.pod).toMatch(/^cart-/);
    const smallest = Math.min(...(await memoryOf('cart')));
    expect(smallest).toBeGreaterThan(32 * 2 ** 20);
    expect(smallest).toBeLessThanOrEqual(64 * 2 ** 20);
    setContainer('cart', { memory: '128Mi' });
    const deadline = performance.now() + 2000;
    while (performance.now() < deadline) {
      expect(world.state('oom').phase).toBe('firing');
      await sleep(20);
    }
    expect(webhook('KubePodCrashLooping', 'resolved')).toBeUndefined();
    setContainer('cart', { memory: '256Mi' });
    await within(6000, 'resolved', () => webhook('KubePodCrashLooping', 'resolved') !== undefined);
    await within(1500, 'recovered', () => world.state('oom').phase === 'recovered');
  });

  it('api-latency: ends by itself', async () => {
    await within(10_000, 'resolved', () => webhook('KubeAPILatency', 'resolved') !== undefined);
    expect(world.state('api-latency').phase).toBe('recovered');
  });

  it('refuses scenarios it does not have, by name', () => {
    const make = () => createSandboxWorld({ scenarios: ['earthquake'], webhookUrl: '', webhookToken: '' });
    expect(make).toThrow('there is no scenario "earthquake" here; there are bad-image, oom, api-latency');
    expect(() => world.startScenario('earthquake')).toThrow('there is no scenario "earthquake"');
  });

  async function memoryOf(container: string): Promise<number[]> {
    const query = new URLSearchParams({
      query: `container_memory_working_set_bytes{namespace="shop",container="${container}"}`,
    });
    const { data } = JSON.parse(await (await fetch(`${urls.metricsUrl}/api/v1/query?${query}`)).text());
    return data.result.map(({ value }: { value: [number, string] }) => Number(value[1]));
  }
});

describe('scenarios', () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s tells its story in two sentences',
    (_name, { story, title }) => {
      expect(story.match(/[.!?](\s|$)/g)).toHaveLength(2);
      expect(title).not.toBe('');
    },
  );
});
