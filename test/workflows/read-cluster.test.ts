import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../src/core/cluster/object.ts';
import type { Investigation } from '../../src/core/diagnosis/investigation.ts';
import { createRedactor } from '../../src/core/evidence/redaction.ts';
import { ok } from '../../src/core/result.ts';
import type { MetricsSource } from '../../src/ports/metrics-source.ts';
import { createInvestigate, type Question } from '../../src/workflows/investigate.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeClusterReader } from '../support/fake-cluster-reader.ts';
import {
  backOff,
  badImage,
  crashShop,
  deployment,
  healthyShop,
  node,
  now,
  pod,
  replicaSet,
  second,
  terminated,
  waiting,
} from '../support/shop-objects.ts';

type Given = Parameters<typeof createFakeClusterReader>[0];

async function ask(
  given: Given,
  question: Question,
  metrics?: MetricsSource,
): Promise<{ answer: Investigation; asked: readonly string[] }> {
  const reader = createFakeClusterReader(given);
  const investigate = createInvestigate({
    reader,
    metrics,
    redactor: createRedactor({ key: 'test' }),
    clock: createFakeClock(new Date(now)),
    matchRunbooks: () => [],
  });
  return { answer: await investigate(question), asked: reader.asked };
}

const namespaceObject = (name: string): WireObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

/** A Deployment with its ReplicaSet and pods, of its own labels. */
function team(namespace: string, name: string, count: number, statuses: readonly object[] = []): WireObject[] {
  const labels = { app: name };
  const own = (object: WireObject): WireObject =>
    JSON.parse(JSON.stringify(object).replaceAll('"app":"checkout"', `"app":"${name}"`));
  const ready = count - statuses.length;
  return [
    deployment({ name, namespace, replicas: count, available: ready, spec: { selector: { matchLabels: labels } } }),
    replicaSet({ owner: name, namespace, revision: 1, replicas: count, ready }),
    ...Array.from({ length: count }, (_, index) => {
      const status = statuses[index];
      return pod({
        name: `${name}-1-${String(index).padStart(5, 'x')}`,
        namespace,
        owner: `${name}-1`,
        ...(status === undefined
          ? {}
          : { ready: false, phase: 'Pending', containers: [{ image: badImage, status: { ...status } }] }),
      });
    }),
  ].map(own);
}

const notFound = waiting('ImagePullBackOff', `Back-off pulling image "${badImage}": not found`);
const wholePods = (asked: readonly string[]) =>
  asked.filter((question) => /^(?:list|get) pods /.test(question) && !question.includes('kube-system'));

describe('a large namespace', () => {
  const large = (statuses: readonly object[] = []) => [
    node('n1'),
    namespaceObject('shop'),
    ...Array.from({ length: 20 }, (_, index) => team('shop', `web${index}`, 20)).flat(),
    ...team('shop', 'checkout', 5, statuses),
  ];
  const checkout = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

  it('is healthy by the printed lines of its pods, of which none is read whole', async () => {
    const { answer, asked } = await ask({ objects: large() }, { scope: { namespace: 'shop' } });
    expect(answer).toMatchObject({ status: 'healthy', missing: [] });
    expect(wholePods(asked)).toEqual([]);
  });

  it('is diagnosed from the pods that do not print as well, read whole with their owners', async () => {
    const { answer, asked } = await ask({ objects: large([notFound]) }, { scope: { namespace: 'shop' } });
    expect(answer.findings[0]).toMatchObject({ code: 'image-pull-failed', object: { name: 'checkout' } });
    expect(wholePods(asked)).toContain('get pods shop/checkout-1-xxxx0');
    expect(wholePods(asked).length).toBeLessThan(4);
  });

  it('shows of an asked workload all its pods, by its selector', async () => {
    const { answer, asked } = await ask({ objects: large() }, { scope: { object: checkout } });
    expect(answer).toMatchObject({ status: 'healthy', missing: [] });
    expect(wholePods(asked)).toEqual(['list pods shop app=checkout']);
    expect(asked).toContain('list replicasets shop');
  });

  it('finds the workload of an alert whose pod is gone', async () => {
    const labels = { namespace: 'shop', pod: 'checkout-7d9c5b6f4-gone1' };
    const { answer } = await ask({ objects: large() }, { scope: { alert: { name: 'X', labels } } });
    expect(answer.scope.object).toEqual(checkout);
  });

  it('says how many more are not well when they are too many to be read', async () => {
    const many = Array.from({ length: 90 }, (_, index) =>
      pod({ name: `odd-${index}-of-a-kind`, owner: null, ready: false, phase: 'Pending' }),
    );
    const { answer } = await ask({ objects: [...large(), ...many] }, { scope: { namespace: 'shop' } });
    expect(answer.status).not.toBe('healthy');
    expect(answer.missing).toContainEqual({
      source: 'objects that are not well',
      why: expect.stringContaining('30 more are not well'),
    });
  });
});

describe('a large cluster', () => {
  const namespaces = Array.from({ length: 30 }, (_, index) => `team-${index}`);
  const large = (broken: readonly WireObject[] = []) => [
    node('n1'),
    ...namespaces.map(namespaceObject),
    ...namespaces.flatMap((namespace) => team(namespace, `app-of-${namespace}`, 10)),
    ...broken,
  ];

  it('is healthy by its printed lines', async () => {
    const { answer, asked } = await ask({ objects: large() }, { scope: {} });
    expect(answer).toMatchObject({ status: 'healthy', missing: [] });
    expect(wholePods(asked)).toEqual([]);
  });

  it('is diagnosed from the few pods that are not well, found by their names', async () => {
    const broken = team('team-3', 'pay', 2, [notFound]);
    const { answer, asked } = await ask({ objects: large(broken) }, { scope: {} });
    expect(answer.findings[0]).toMatchObject({
      code: 'image-pull-failed',
      object: { namespace: 'team-3', name: 'pay' },
    });
    expect(wholePods(asked)).toContain('list pods metadata.name=pay-1-xxxx0');
  });

  it('reads around what is not well the lists that are too long for the whole cluster', async () => {
    const services = Array.from({ length: 301 }, (_, index): WireObject => {
      const metadata = { name: `s${index}`, namespace: namespaces[index % 30] ?? '' };
      return { apiVersion: 'v1', kind: 'Service', metadata };
    });
    const { asked } = await ask(
      { objects: large([...team('team-3', 'pay', 2, [notFound]), ...services]) },
      { scope: {} },
    );
    expect(
      asked.filter((question) => question.startsWith('list services') && !question.includes('kube-system')),
    ).toEqual(['list services team-3']);
  });

  it('finds many that are not well by the tables of their namespaces', async () => {
    const broken = namespaces
      .slice(0, 20)
      .flatMap((namespace) => team(namespace, `pay-of-${namespace}`, 1, [notFound]));
    const { answer, asked } = await ask({ objects: large(broken) }, { scope: {} });
    expect(answer.findings.filter(({ code }) => code === 'image-pull-failed')).toHaveLength(20);
    expect(asked).toContain('table pods team-29');
    expect(asked.filter((question) => question.startsWith('list pods metadata.name='))).toEqual([]);
  });

  it('is not read at all for a name that one list by name finds', async () => {
    const { answer, asked } = await ask({ objects: large() }, { scope: {}, subject: { name: 'app-of-team-7' } });
    expect(answer).toMatchObject({ status: 'healthy', scope: { object: { kind: 'Deployment', namespace: 'team-7' } } });
    expect(asked).toContain('list deployments metadata.name=app-of-team-7');
    expect(asked.filter((question) => /^(?:list|table) pods$/.test(question))).toEqual([]);
  });

  it('takes a name that is only a namespace for that', async () => {
    const { answer } = await ask({ objects: large() }, { scope: {}, subject: { name: 'team-7' } });
    expect(answer).toMatchObject({ status: 'healthy', scope: { object: { kind: 'Namespace', name: 'team-7' } } });
  });

  it('reads the pods on the nodes that might take one that waits', async () => {
    const waiter = pod({
      name: 'waits',
      namespace: 'team-3',
      owner: null,
      phase: 'Pending',
      ready: false,
      spec: { nodeName: undefined },
    });
    const cordoned = node('n2', '16Gi', { spec: { unschedulable: true } });
    const { asked } = await ask({ objects: large([waiter, cordoned]) }, { scope: { namespace: 'team-3' } });
    expect(asked).toContain('list pods spec.nodeName=n1');
    expect(asked).not.toContain('list pods spec.nodeName=n2');
  });
});

describe('what an object names elsewhere', () => {
  const caller = (value: string) => [
    node('n1'),
    deployment({
      containers: [{}],
      spec: {
        template: {
          metadata: { labels: { app: 'checkout' } },
          spec: { containers: [{ name: 'checkout', env: [{ name: 'DB', value }] }] },
        },
      },
    }),
    replicaSet({ revision: 1 }),
    pod({ name: 'checkout-1-aaaaa', spec: { containers: [{ name: 'checkout', env: [{ name: 'DB', value }] }] } }),
  ];
  const service: WireObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db', namespace: 'data' },
    ...{ spec: { selector: { app: 'db' } } },
  };

  it('is read: a Service of another namespace, its endpoints and pods', async () => {
    const { asked } = await ask(
      { objects: [...caller('postgres://u:p@db.data:5432/x'), service] },
      {
        scope: {
          namespace: 'shop',
          object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        },
      },
    );
    expect(asked).toEqual(
      expect.arrayContaining([
        'get services data/db',
        'list pods data app=db',
        'list endpointslices data kubernetes.io/service-name=db',
      ]),
    );
  });

  it('is no reason for doubt when it is not there', async () => {
    const { answer } = await ask({ objects: caller('gone.data:5432') }, { scope: { namespace: 'shop' } });
    expect(answer.missing).toEqual([]);
  });
});

describe('metadata of Secrets', () => {
  const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }];
  const waitsForIt = () => {
    const container = { name: 'checkout', env };
    const status = waiting('CreateContainerConfigError', 'secret "db" not found');
    const waits = pod({ name: 'checkout-1-aaaaa', ready: false, phase: 'Pending', containers: [{ status }] });
    return [
      node('n1'),
      deployment({
        available: 0,
        spec: { template: { metadata: { labels: { app: 'checkout' } }, spec: { containers: [container] } } },
      }),
      replicaSet({ revision: 1, ready: 0 }),
      { ...waits, spec: { nodeName: 'n1', containers: [container] } } as WireObject,
    ];
  };
  const secret = (name: string): WireObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'shop' },
  });
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
  const aboutSecrets = (asked: readonly string[]) => asked.filter((question) => /secret/.test(question));

  it('is not asked for where the reader may not', async () => {
    const { answer, asked } = await ask({ objects: waitsForIt() }, { scope: { namespace: 'shop' } });
    expect(aboutSecrets(asked)).toEqual([]);
    expect(answer.findings.map(({ code }) => code)).toContain('secret-missing');
  });

  it.each<[what: string, question: Question]>([
    ['a namespace', { scope: { namespace: 'shop' } }],
    ['an object', { scope: { object } }],
    ['a name', { scope: {}, subject: { name: 'checkout' } }],
    ['an alert', { scope: { alert: { name: 'Down', labels: { namespace: 'shop', deployment: 'checkout' } } } }],
  ])('is read once, of the namespace of %s alone, and never by name', async (_what, question) => {
    const { answer, asked } = await ask({ objects: waitsForIt(), secrets: [secret('db')] }, question);
    expect(aboutSecrets(asked)).toEqual(['secret metadata shop']);
    expect(answer.findings.map(({ code }) => code)).not.toContain('secret-missing');
  });

  it('is not read for the whole cluster', async () => {
    const { asked } = await ask({ objects: waitsForIt(), secrets: [secret('db')] }, { scope: {} });
    expect(aboutSecrets(asked)).toEqual([]);
  });

  it.each(['cluster.forbidden', 'cluster.bad-answer', 'cluster.timeout'] as const)(
    'that fails with %s leaves a healthy place healthy, and is named beside a finding',
    async (code) => {
      const given = { secrets: [], refuse: (question: string) => (/^secret/.test(question) ? code : undefined) };
      const well = await ask({ objects: healthyShop(), ...given }, { scope: { namespace: 'shop' } });
      expect(well.answer).toMatchObject({ status: 'healthy', missing: [] });
      const sick = await ask({ objects: waitsForIt(), ...given }, { scope: { namespace: 'shop' } });
      expect(sick.answer.findings.map((finding) => finding.code)).toContain('secret-missing');
      expect(sick.answer.missing).toMatchObject([{ source: 'metadata of secrets in shop' }]);
    },
  );
});

describe('logs', () => {
  const logsAsked = (asked: readonly string[]) => asked.filter((question) => question.startsWith('log '));

  it('are read of what is not ready, and of an asked workload’s own pods', async () => {
    const sick = pod({
      name: 'checkout-1-bbbbb',
      ready: false,
      containers: [
        { status: { ready: false, restartCount: 0, state: { running: { startedAt: '2026-11-21T09:00:00Z' } } } },
      ],
    });
    const objects = [...healthyShop(), sick];
    const namespace = await ask({ objects }, { scope: { namespace: 'shop' } });
    expect(logsAsked(namespace.asked)).toEqual(['log shop/checkout-1-bbbbb/checkout']);
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    const workload = await ask({ objects }, { scope: { object } });
    expect(logsAsked(workload.asked).toSorted()).toEqual([
      'log shop/checkout-1-aaaaa/checkout',
      'log shop/checkout-1-bbbbb/checkout',
    ]);
  });

  it('that are read only to be sure, and are not there, are no reason for doubt', async () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    const { answer } = await ask({ objects: healthyShop() }, { scope: { object } });
    expect(answer).toMatchObject({ status: 'healthy', missing: [] });
  });

  it('show what comes again with how often', async () => {
    const { answer } = await ask(
      {
        objects: crashShop(),
        logs: {
          'shop/checkout-1-aaaaa/checkout previous': 'retry 1\nretry 2\nretry 3\nfatal: gave up\n',
          'shop/checkout-1-aaaaa/checkout': '',
        },
      },
      { scope: { namespace: 'shop' } },
    );
    expect(answer.evidence.find(({ kind }) => kind === 'log')?.summary).toContain('3 × retry 3');
  });
});

describe('a capture', () => {
  const objects = crashShop(backOff(terminated({ agoMs: 10 * second })));

  it('is read whole, from memory, with what it recorded', async () => {
    const { answer, asked } = await ask({ objects, captured: {} }, { scope: { namespace: 'shop' } });
    expect(asked.filter((question) => question.startsWith('table '))).toEqual([]);
    expect(asked).toContain('list pods');
    expect(answer.findings[0]).toMatchObject({ code: 'container-crash-looping' });
  });

  it('tells beside an answer that is not sure what it does not hold, and not beside a sure one', async () => {
    const noEvents = { source: 'events', why: expect.stringContaining('holds no events') };
    const unexplained = [
      ...healthyShop().filter(({ kind }) => kind !== 'Pod'),
      pod({ name: 'checkout-1-aaaaa', ready: false }),
    ];
    const unsure = await ask({ objects: unexplained, captured: {} }, { scope: { namespace: 'shop' } });
    expect(unsure.answer.missing).toContainEqual(noEvents);
    const sure = await ask(
      { objects: objects.filter(({ kind }) => kind !== 'Event'), captured: {} },
      { scope: { namespace: 'shop' } },
    );
    expect(sure.answer.findings[0]?.confidence).toBe('high');
    expect(sure.answer.missing).not.toContainEqual(noEvents);
  });

  it('is healthy without events, which a healthy place may not have', async () => {
    const { answer } = await ask({ objects: healthyShop(), captured: {} }, { scope: { namespace: 'shop' } });
    expect(answer).toMatchObject({ status: 'healthy', missing: [] });
  });

  it('gives the memory of a container from whatever was recorded of it', async () => {
    const killed = crashShop(backOff(terminated({ reason: 'OOMKilled', exitCode: 137, agoMs: 10 * second })));
    const labels = { namespace: 'shop', pod: 'checkout-1-aaaaa', container: 'checkout' };
    const points = [100, 700, 300].map((mebibytes, index) => ({
      at: now - 1000 * (3 - index),
      value: mebibytes * 2 ** 20,
    }));
    const metrics: MetricsSource = {
      query: async () => ok([]),
      recorded: () => [{ query: 'container_memory_working_set_bytes{namespace="shop"}', series: [{ labels, points }] }],
    };
    const { answer } = await ask({ objects: killed, captured: {} }, { scope: { namespace: 'shop' } }, metrics);
    expect(answer.evidence.map(({ kind }) => kind)).toContain('metric');
  });
});

describe('measurements', () => {
  const down: MetricsSource = {
    query: async () => ({ ok: false, error: { code: 'metrics.unreachable', sentence: 'It is down.' } }),
  };

  it('that fail are named once beside a finding', async () => {
    const { answer } = await ask({ objects: crashShop() }, { scope: { namespace: 'shop' } }, down);
    expect(answer.missing.filter(({ source }) => source.startsWith('metrics'))).toHaveLength(1);
  });

  it('that fail keep a place from being called healthy', async () => {
    const { answer } = await ask({ objects: healthyShop() }, { scope: { namespace: 'shop' } }, down);
    expect(answer).toMatchObject({ status: 'inconclusive', missing: [{ source: 'metrics' }] });
  });

  it('begin with the alert’s own expression, as a chart where the source can give one', async () => {
    const ranges: string[] = [];
    const metrics: MetricsSource = {
      query: async () => ok([]),
      queryRange: async (promql, { fromMs, toMs }) => {
        ranges.push(`${promql} ${toMs - fromMs}`);
        return ok([]);
      },
    };
    await ask(
      { objects: healthyShop() },
      {
        scope: { alert: { name: 'X', labels: { namespace: 'shop', deployment: 'checkout' } } },
        alert: { expression: 'up == 0' },
      },
      metrics,
    );
    expect(ranges).toEqual(['up == 0 3600000']);
  });
});
