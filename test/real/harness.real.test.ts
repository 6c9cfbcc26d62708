import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from './api-client.ts';
import { faultAnnotations } from './kwok-stages.ts';
import { isLoopback, listeningSockets } from './listening-sockets.ts';
import { startTicksOf } from './process-ledger.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster, type RealCluster, startOwnCluster, startStory } from './story.ts';
import { waitFor } from './wait-for.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';
import { uniqueName } from './workloads.ts';

const can = abilitiesOf(readRunFacts());
let cluster: RealCluster;
const namespaces: string[] = [];

beforeAll(() => {
  cluster = connectRealCluster();
});

afterAll(async () => {
  await Promise.all(namespaces.map((name) => cluster.workloads.deleteNamespace(name)));
  cluster.close();
});

async function newNamespace(prefix: string): Promise<string> {
  const name = await cluster.workloads.createNamespace(uniqueName(prefix), { 'test.sre-copilot.dev/harness': 'true' });
  namespaces.push(name);
  return name;
}

type KubeEvent = {
  reason: string;
  message: string;
  type: string;
  count?: number;
  involvedObject: Record<string, string>;
  reportingComponent?: string;
};

async function eventsOf(namespace: string, uid: string): Promise<KubeEvent[]> {
  const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=involvedObject.uid%3D${uid}`;
  return (await cluster.admin.get<{ items: KubeEvent[] }>(path)).items;
}

describe.skipIf(!can.workloads)('a rollout to an image that does not exist', () => {
  it.skipIf(!can.alerts)(
    'gets stuck, fires a real alert, is healed by putting the template back, and the alert resolves',
    async () => {
      const { workloads } = cluster;
      const namespace = await newNamespace('bad-image');
      const receiver = await startWebhookReceiver();
      const story = await startStory({
        webhookUrl: receiver.url,
        webhookToken: 'a-token',
        namespaces: [namespace],
        alerts: ['KubeDeploymentRolloutStuck'],
      });
      try {
        const name = 'checkout';
        await workloads.applyDeployment({
          namespace,
          name,
          image: 'registry.example/checkout:1.0',
          progressDeadlineSeconds: 5,
        });
        await workloads.untilRolledOut(namespace, name);

        await workloads.setImage({ namespace, name, image: 'registry.example/checkout:does-not-exist' });
        const pod = await workloads.untilPod(
          namespace,
          name,
          'in ImagePullBackOff',
          ({ state }) => state?.waiting?.reason === 'ImagePullBackOff',
        );
        const isStuck = await waitFor('ProgressDeadlineExceeded', async () => {
          const { status } = await workloads.deploymentOf(namespace, name);
          return status.conditions?.some(({ reason }) => reason === 'ProgressDeadlineExceeded');
        });
        expect(isStuck).toBe(true);
        const alert = await receiver.until('KubeDeploymentRolloutStuck', 'firing', namespace);
        expect(alert.labels).toMatchObject({ deployment: name, namespace, severity: 'warning' });
        expect(receiver.received[0]?.authorization).toBe('Bearer a-token');
        expect(receiver.received[0]?.body.version).toBe('4');

        const events = await eventsOf(namespace, pod.metadata.uid);
        expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual(
          expect.arrayContaining([
            'Pulling: Pulling image "registry.example/checkout:does-not-exist"',
            'Failed: Error: ErrImagePull',
            'Failed: Error: ImagePullBackOff',
            'BackOff: Back-off pulling image "registry.example/checkout:does-not-exist"',
          ]),
        );
        expect(events.find(({ message }) => message.startsWith('Failed to pull image'))).toMatchObject({
          type: 'Warning',
          reportingComponent: 'kubelet',
          involvedObject: {
            apiVersion: 'v1',
            kind: 'Pod',
            uid: pod.metadata.uid,
            fieldPath: `spec.containers{${name}}`,
          },
        });
        const healthy = (await workloads.podsOf(namespace, name)).filter(
          ({ metadata }) => metadata.uid !== pod.metadata.uid,
        );
        expect(healthy.every(({ status }) => status.containerStatuses?.[0]?.ready)).toBe(true);

        await workloads.undoRollout({ namespace, name, toRevision: 1 });
        const healed = await workloads.untilRolledOut(namespace, name);
        expect(healed.spec.template.spec.containers[0]?.image).toBe('registry.example/checkout:1.0');
        const resolved = await receiver.until('KubeDeploymentRolloutStuck', 'resolved', namespace);
        expect(resolved.startsAt).toBe(alert.startsAt);
      } finally {
        await story.stop();
        await receiver.close();
      }
    },
  );

  it('also happens for a tag that an annotation names, and no healthy image is touched', async () => {
    const { workloads } = cluster;
    const namespace = await newNamespace('missing-tag');
    const annotations = { [faultAnnotations.missingTags]: '2.0, 2.1' };
    await workloads.applyDeployment({ namespace, name: 'shop', image: 'shop:1.9', replicas: 1, annotations });
    await workloads.untilRolledOut(namespace, 'shop');
    await workloads.setImage({ namespace, name: 'shop', image: 'shop:2.1' });
    const pod = await workloads.untilPod(
      namespace,
      'shop',
      'in ErrImagePull',
      ({ state }) => state?.waiting?.reason === 'ErrImagePull',
    );
    const message = (await eventsOf(namespace, pod.metadata.uid)).find(({ message: text }) =>
      text.startsWith('Failed to pull'),
    )?.message;
    expect(message).toContain('failed to resolve reference "docker.io/library/shop:2.1"');
  });
});

describe.skipIf(!can.workloads)('a memory limit that is too low', () => {
  it('kills and restarts the container, and is healed by raising the limit', async () => {
    const { workloads } = cluster;
    const namespace = await newNamespace('oom');
    const name = 'basket';
    await workloads.applyDeployment({
      namespace,
      name,
      image: 'basket:1.0',
      replicas: 1,
      memoryLimit: '128Mi',
      annotations: { [faultAnnotations.needsMemory]: '180Mi' },
    });
    const pod = await workloads.untilPod(
      namespace,
      name,
      'backing off after its first restart',
      ({ state, restartCount }) => {
        return state?.waiting?.reason === 'CrashLoopBackOff' && restartCount >= 1;
      },
    );
    expect(pod.status).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ ready: false, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
    });
    expect((await eventsOf(namespace, pod.metadata.uid)).find(({ reason }) => reason === 'BackOff')).toMatchObject({
      type: 'Warning',
      message: `Back-off restarting failed container ${name} in pod ${pod.metadata.name}_${namespace}(${pod.metadata.uid})`,
    });

    await workloads.setMemoryLimit({ namespace, name, memoryLimit: '180Mi' });
    await workloads.untilRolledOut(namespace, name);
    const pods = (await workloads.podsOf(namespace, name)).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    expect(pods.map(({ status }) => status.containerStatuses?.[0]?.restartCount)).toEqual([0]);
  });
});

describe.skipIf(!can.workloads)('a crash at start', () => {
  it('ends with exit code 1, again and again, while the pod is never Ready', async () => {
    const { workloads } = cluster;
    const namespace = await newNamespace('crash');
    await workloads.applyDeployment({ namespace, name: 'api', image: 'api:crashes-at-start', replicas: 1 });
    const pod = await workloads.untilPod(namespace, 'api', 'restarted twice', ({ restartCount }) => restartCount >= 2);
    expect(pod.status.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(pod.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'False' }));
    expect((await workloads.deploymentOf(namespace, 'api')).status.availableReplicas ?? 0).toBe(0);
  });
});

describe.skipIf(!can.workloads)('logs', () => {
  it('come through the real API server, now and before the restart, as the test wrote them', async () => {
    const { workloads, admin } = cluster;
    const namespace = await newNamespace('logs');
    await workloads.applyDeployment({ namespace, name: 'shop', image: 'shop:1.0', replicas: 1 });
    await workloads.untilRolledOut(namespace, 'shop');
    const [pod] = await workloads.podsOf(namespace, 'shop');
    const path = `/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name}/log`;
    expect(await admin.request('GET', path)).toMatchObject({ status: 200, text: '' });

    await workloads.writeLogs({
      namespace,
      container: 'shop',
      current: ['starting', 'ready'],
      previous: ['out of memory'],
    });
    await waitFor('the written log', async () => (await admin.request('GET', path)).text === 'starting\nready\n');
    expect((await admin.request('GET', `${path}?tailLines=1`)).text).toBe('ready\n');
    expect((await admin.request('GET', `${path}?previous=true`)).text).toBe('out of memory\n');

    await workloads.writeLogs({ namespace, container: 'shop', current: ['rewritten'] });
    await waitFor('the rewritten log', async () => (await admin.request('GET', path)).text === 'rewritten\n');
  });
});

describe('the people of the cluster', () => {
  const deployment = '/apis/apps/v1/namespaces/default/deployments/none';
  it.each([
    ['reader', 'GET', '/api/v1/pods', 200],
    ['reader', 'GET', '/api/v1/secrets', 403],
    ['reader', 'PATCH', deployment, 403],
    ['reader', 'GET', '/readyz', 200],
    ['operator', 'GET', '/api/v1/pods', 200],
    ['operator', 'GET', '/api/v1/secrets', 403],
    ['operator', 'PATCH', deployment, 404],
    ['operator', 'DELETE', deployment, 403],
    ['operator', 'DELETE', '/api/v1/namespaces/default/pods/none', 404],
    ['nobody', 'GET', '/api/v1/pods', 403],
    ['prometheus', 'GET', '/api/v1/pods', 403],
    ['prometheus', 'GET', '/metrics', 200],
  ] as const)('%s may or may not: %s %s is answered with %i', async (user, method, path, status) => {
    const { url, ca, tokens } = cluster.facts.cluster;
    const client = createApiClient({ url, ca, token: tokens[user] });
    const answer = await client.request(
      method,
      path,
      method === 'PATCH' ? [] : undefined,
      'application/json-patch+json',
    );
    client.close();
    expect(answer.status).toBe(status);
  });
});

describe.skipIf(!can.alerts)('what listens', () => {
  it('listens on loopback only: cluster, monitoring and exporter', async () => {
    const receiver = await startWebhookReceiver();
    const story = await startStory({ webhookUrl: receiver.url, alerts: [] });
    try {
      const sockets = listeningSockets([...cluster.facts.serverPids, ...story.serverPids, process.pid]);
      const ports = sockets.map(({ port }) => port);
      const expected = [story.prometheusUrl, story.alertmanagerUrl, cluster.facts.cluster.url].map((url) =>
        Number(new URL(url).port),
      );
      // Seen at all, or an empty list would pass.
      expect(ports).toEqual(expect.arrayContaining([...expected, receiver.port]));
      expect(sockets.filter(({ address }) => !isLoopback(address))).toEqual([]);
    } finally {
      await story.stop();
      await receiver.close();
    }
  });
});

describe.skipIf(!can.alerts)('Prometheus', () => {
  it('has the recorded series that runbooks read, from the real API server, and constants on demand', async () => {
    const receiver = await startWebhookReceiver();
    const story = await startStory({ webhookUrl: receiver.url, alerts: [], constants: { a_constant_p99: 2.1 } });
    const valueOfQuery = async (query: string): Promise<number> => {
      const url = `${story.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`;
      const answer = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
      return Number(answer.data.result[0]?.value[1]);
    };
    try {
      await waitFor('the constant', async () => (await valueOfQuery('a_constant_p99')) === 2.1);
      await waitFor(
        'the recorded latency',
        async () => (await valueOfQuery('apiserver_request_duration_seconds_p99')) > 0,
      );
    } finally {
      await story.stop();
      await receiver.close();
    }
  });
});

describe('a cluster of its own', () => {
  it('is reached by a test, and nothing of it is left after stop', async () => {
    const own = await startOwnCluster();
    const pids = own.servers.map(({ pid }) => pid);
    const { url, ca, tokens } = own.access;
    const client = createApiClient({ url, ca, token: tokens.reader });
    try {
      expect((await client.request('GET', '/readyz')).status).toBe(200);
      expect(listeningSockets(pids).filter(({ address }) => !isLoopback(address))).toEqual([]);
    } finally {
      await own.stop();
    }
    await expect(client.request('GET', '/readyz')).rejects.toThrow('ECONNREFUSED');
    client.close();
    expect(pids.map(startTicksOf)).toEqual(pids.map(() => undefined));
    expect(own.servers.map((server) => server.ended())).toEqual(pids.map(() => 'SIGKILL'));
  });
});
