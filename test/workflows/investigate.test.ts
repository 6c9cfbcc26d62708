import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { investigationSchema } from '../../src/core/diagnosis/investigation.ts';
import { createRedactor } from '../../src/core/evidence/redaction.ts';
import { fail, ok, problem } from '../../src/core/result.ts';
import type { ReadProblem } from '../../src/ports/cluster-reader.ts';
import type { MetricsSource } from '../../src/ports/metrics-source.ts';
import {
  createInvestigate,
  type InvestigateDependencies,
  type Question,
  type RunbookQuery,
} from '../../src/workflows/investigate.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeClusterReader, type FakeClusterReader } from '../support/fake-cluster-reader.ts';
import { badImageShop, crashShop, healthyShop, node, now, oomShop, pod } from '../support/shop-objects.ts';

const redactor = createRedactor({ key: 'test' });
const checkout = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

function setUp(reader: FakeClusterReader, more: Partial<InvestigateDependencies> = {}) {
  const clock = createFakeClock(new Date(now));
  const queries: RunbookQuery[] = [];
  const investigate = createInvestigate({
    reader,
    redactor,
    clock,
    matchRunbooks: (query) => {
      queries.push(query);
      return [{ name: 'rollout-bad-image', score: 1, why: 'finding code' }];
    },
    ...more,
  });
  return { investigate, clock, queries };
}

async function ask(objects: readonly WireObject[], question: Question, more: Partial<InvestigateDependencies> = {}) {
  const reader = createFakeClusterReader({ objects });
  const { investigate, queries } = setUp(reader, more);
  const investigation = await investigate(question);
  expect(investigationSchema.safeParse(investigation)).toMatchObject({ success: true });
  return { investigation, queries, asked: reader.asked };
}

describe('investigate', () => {
  it('answers about a workload in the shape of the contract', async () => {
    const { investigation } = await ask(badImageShop(), { scope: { object: checkout } });
    expect(investigation).toMatchObject({
      schema: 'sre-copilot/investigation/v1',
      scope: { cluster: 'fake', namespace: 'shop', object: checkout },
      capturedAt: '2026-11-21T10:00:00.000Z',
      status: 'diagnosed',
      missing: [],
      runbooks: [{ name: 'rollout-bad-image' }],
    });
    expect(Object.keys(investigation.elapsedMs)).toEqual(['total', 'read', 'logs', 'diagnose', 'runbooks']);
  });

  it('reads of all namespaces only the one in question, the cluster’s own, and what has none', async () => {
    const { asked } = await ask(healthyShop(), { scope: { object: checkout } });
    const lists = asked.filter((question) => question.startsWith('list ') || question.startsWith('table '));
    const namespaced = lists.filter((question) => / (?:pods|deployments|services|events|configmaps)\b/.test(question));
    expect(namespaced.every((question) => / (?:shop|kube-system)\b/.test(question))).toBe(true);
    expect(lists).toEqual(
      expect.arrayContaining(['table pods shop', 'list pods shop', 'list events shop type!=Normal', 'list nodes']),
    );
    expect(asked).not.toContain('list replicasets kube-system');
    expect(asked.filter((question) => question.includes('secret'))).toEqual([]);
  });

  it('asks for nothing twice', async () => {
    for (const scope of [{ object: checkout }, { namespace: 'shop' }, {}]) {
      const { asked } = await ask(badImageShop(), { scope });
      expect(asked.length).toBe(new Set(asked).size);
    }
  });

  it('follows an alert to its workload by its labels, and hands its words to the runbooks', async () => {
    const labels = {
      alertname: 'KubeDeploymentRolloutStuck',
      job: 'kube-state-metrics',
      namespace: 'shop',
      deployment: 'checkout',
      pod: 'kube-state-metrics-x',
    };
    const { investigation, queries } = await ask(badImageShop(), {
      scope: { alert: { name: 'KubeDeploymentRolloutStuck', labels } },
      alert: { summary: 'stuck', runbookUrl: 'https://runbooks.example/x' },
    });
    expect(investigation.scope).toMatchObject({ object: checkout, alert: { name: 'KubeDeploymentRolloutStuck' } });
    expect(investigation.status).toBe('diagnosed');
    expect(queries).toEqual([
      {
        alertname: 'KubeDeploymentRolloutStuck',
        summary: 'stuck',
        runbookUrl: 'https://runbooks.example/x',
        findingCodes: ['image-pull-failed', 'rollout-stuck'],
        labels,
      },
    ]);
  });

  it('says healthy for an alert that is over', async () => {
    const { investigation } = await ask(healthyShop(), {
      scope: { alert: { name: 'X', labels: { namespace: 'shop', deployment: 'checkout' } } },
    });
    expect(investigation).toMatchObject({ status: 'healthy', findings: [], missing: [] });
  });

  it('does not answer with a neighbour when the alert speaks of what is not there', async () => {
    const { investigation } = await ask(badImageShop(), {
      scope: { alert: { name: 'X', labels: { namespace: 'shop', deployment: 'gone' } } },
    });
    expect(investigation).toMatchObject({
      status: 'inconclusive',
      findings: [],
      missing: [{ source: 'scope', why: expect.stringContaining('Deployment shop/gone') }],
    });
  });

  it.each<[what: string, question: Question]>([
    ['a plain name', { scope: {}, subject: { name: 'checkout' } }],
    ['a name in a namespace', { scope: {}, subject: { namespace: 'shop', name: 'checkout' } }],
    [
      'a kind and the namespace of the scope',
      { scope: { namespace: 'shop' }, subject: { kind: 'Deployment', name: 'checkout' } },
    ],
  ])('finds the object by %s', async (_what, question) => {
    const { investigation } = await ask(badImageShop(), question);
    expect(investigation).toMatchObject({ status: 'diagnosed', scope: { object: checkout } });
  });

  it('says when a name is nobody', async () => {
    const { investigation } = await ask(badImageShop(), { scope: {}, subject: { name: 'nobody' } });
    expect(investigation).toMatchObject({
      status: 'inconclusive',
      missing: [{ source: 'scope', why: expect.stringContaining('nobody') }],
    });
  });

  it('reads the owners of unwell pods on a node one by one', async () => {
    const { investigation, asked } = await ask(badImageShop(), {
      scope: { object: { apiVersion: 'v1', kind: 'Node', name: 'n1' } },
    });
    expect(
      asked.filter(
        (question) => /(?:pods|replicasets|deployments)/.test(question) && !question.includes('kube-system'),
      ),
    ).toEqual([
      'list pods spec.nodeName=n1',
      'get replicasets shop/checkout-2',
      'get deployments shop/checkout',
      // What it rolls out, and what else it runs.
      'list pods shop app=checkout',
      'list replicasets shop app=checkout',
    ]);
    expect(investigation.findings[0]).toMatchObject({ code: 'image-pull-failed', object: checkout });
  });

  it('calls a node healthy whose pods are well, without reading whose they are', async () => {
    const { investigation, asked } = await ask(healthyShop(), {
      scope: { object: { apiVersion: 'v1', kind: 'Node', name: 'n1' } },
    });
    expect(investigation).toMatchObject({ status: 'healthy', missing: [] });
    expect(asked.filter((question) => question.startsWith('get replicasets'))).toEqual([]);
  });

  it('reads the logs of what crashes and shows them, redacted', async () => {
    const reader = createFakeClusterReader({
      objects: crashShop(),
      logs: {
        'shop/checkout-1-aaaaa/checkout previous': 'starting\nfatal: password=Sup3rSecret refused\n',
        'shop/checkout-1-aaaaa/checkout': '',
      },
    });
    const investigation = await setUp(reader).investigate({ scope: { object: checkout } });
    expect(investigation.evidence.find(({ kind }) => kind === 'log')?.summary).toContain('fatal: password=[REDACTED');
    expect(JSON.stringify(investigation)).not.toContain('Sup3rSecret');
    expect(reader.asked.filter((question) => question.startsWith('log'))).toEqual([
      'log shop/checkout-1-aaaaa/checkout previous',
      'log shop/checkout-1-aaaaa/checkout',
    ]);
  });

  it('names a log that is not to be had, and answers all the same', async () => {
    const { investigation } = await ask(crashShop(), { scope: { object: checkout } });
    expect(investigation.status).toBe('diagnosed');
    expect(investigation.missing.map(({ source }) => source)).toContain(
      'previous log of shop/checkout-1-aaaaa container checkout',
    );
  });

  it('reads a few logs of many pods that crash alike', async () => {
    const crashing = crashShop().find(({ kind }) => kind === 'Pod');
    const many = Array.from(
      { length: 50 },
      (_, index): WireObject => JSON.parse(JSON.stringify(crashing).replaceAll('aaaaa', `x${index}`)),
    );
    const { asked } = await ask([...crashShop(), ...many], { scope: { object: checkout } });
    expect(asked.filter((question) => question.startsWith('log'))).toHaveLength(4);
  });

  describe('memory', () => {
    const measured: MetricsSource = {
      query: async () =>
        ok([
          {
            labels: { namespace: 'shop', pod: 'checkout-1-old', container: 'checkout' },
            value: 700 * 2 ** 20,
            at: '2026-11-21T09:59:00.000Z',
          },
        ]),
    };

    it('is measured to propose a limit', async () => {
      const { investigation } = await ask(oomShop(), { scope: { object: checkout } }, { metrics: measured });
      expect(investigation.findings[0]?.recommendation?.values).toEqual({
        container: 'checkout',
        memoryLimit: '896Mi',
        currentLimit: '256Mi',
      });
      expect(investigation.evidence.map(({ kind }) => kind)).toContain('metric');
    });

    it('is asked for by one query that names namespace, pods and container', async () => {
      const queries: string[] = [];
      const metrics: MetricsSource = {
        query: async (promql) => {
          queries.push(promql);
          return ok([]);
        },
      };
      await ask(oomShop(), { scope: { object: checkout } }, { metrics });
      expect(queries.filter((query) => query.includes('max_over_time'))).toEqual([
        'max by (namespace, pod, container) (max_over_time(container_memory_working_set_bytes{namespace="shop", pod=~"checkout-.*", container="checkout"}[1h]))',
      ]);
    });

    it('keeps a place from being called healthy when its server is silent, and says so once; not when there is none', async () => {
      const silent: MetricsSource = { query: async () => fail(problem('metrics.unreachable', 'Gone.')) };
      const { investigation } = await ask(healthyShop(), { scope: { object: checkout } }, { metrics: silent });
      expect(investigation.status).toBe('inconclusive');
      expect(investigation.missing).toEqual([{ source: 'metrics', why: 'Gone.' }]);
      expect((await ask(healthyShop(), { scope: { object: checkout } })).investigation.status).toBe('healthy');
    });

    it.each<[why: string, metrics: MetricsSource | undefined]>([
      ['no source is configured', undefined],
      ['the source fails', { query: async () => fail(problem('metrics.unreachable', 'Gone.')) }],
    ])('is told as missing when %s, and a limit is proposed without it', async (_why, metrics) => {
      const { investigation } = await ask(oomShop(), { scope: { object: checkout } }, { metrics });
      expect(investigation.missing.map(({ source }) => source)).toContain('metrics');
      expect(investigation.findings[0]?.recommendation?.values?.memoryLimit).toBe('512Mi');
    });

    it('is not asked for where nobody was killed', async () => {
      const { investigation } = await ask(healthyShop(), { scope: { object: checkout } });
      expect(investigation.missing).toEqual([]);
    });
  });

  describe('without one of its sources', () => {
    const namespaceSources = [
      ...['pods', 'deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'cronjobs', 'services', 'events'],
      ...['endpointslices', 'ingresses', 'networkpolicies', 'horizontalpodautoscalers', 'poddisruptionbudgets'],
      ...['persistentvolumeclaims', 'configmaps', 'serviceaccounts', 'resourcequotas', 'limitranges', 'nodes'],
    ];
    const without = (resource: string, code: ReadProblem['code'], objects = healthyShop()) =>
      createFakeClusterReader({
        objects,
        refuse: (question) => (new RegExp(`^(?:list|table) ${resource}(?: shop|$)`).test(question) ? code : undefined),
      });

    it.each(namespaceSources)('names %s when they may not be read, and is not sure then', async (resource) => {
      const { status, findings, missing } = await setUp(without(resource, 'cluster.forbidden')).investigate({
        scope: { namespace: 'shop' },
      });
      expect({ status, findings }).toEqual({ status: 'inconclusive', findings: [] });
      expect(missing.map(({ source }) => source).join()).toContain(resource);
    });

    const background = [
      ...['persistentvolumes', 'storageclasses', 'validatingwebhookconfigurations', 'apiservices', 'priorityclasses'],
      ...['csidrivers', 'ingressclasses', 'applications', 'kustomizations', 'certificates', 'httproutes'],
    ];

    it.each(background)('stays healthy when %s, which nothing there needs, may not be read', async (resource) => {
      const { status, missing } = await setUp(without(resource, 'cluster.forbidden')).investigate({
        scope: { namespace: 'shop' },
      });
      expect({ status, missing }).toEqual({ status: 'healthy', missing: [] });
    });

    it.each(background)('tells of %s beside a finding that they might have changed', async (resource) => {
      const { status, missing } = await setUp(without(resource, 'cluster.forbidden', badImageShop())).investigate({
        scope: { namespace: 'shop' },
      });
      expect(status).toBe('diagnosed');
      expect(missing.map(({ source }) => source).join()).toContain(resource);
    });

    it.each(background)('names %s when they do not answer, and is not sure then', async (resource) => {
      const { status, missing } = await setUp(without(resource, 'cluster.timeout')).investigate({
        scope: { namespace: 'shop' },
      });
      expect(status).toBe('inconclusive');
      expect(missing.map(({ source }) => source).join()).toContain(resource);
    });

    it.each([...namespaceSources, ...background])(
      'takes %s that the cluster does not serve for none',
      async (resource) => {
        // Of pods, workloads and nodes there is something to be said in any case.
        if (['pods', 'deployments', 'replicasets', 'nodes'].includes(resource)) return;
        const { status } = await setUp(without(resource, 'cluster.not-found')).investigate({
          scope: { namespace: 'shop' },
        });
        expect(status).toBe('healthy');
      },
    );

    it('reads lists where the server prints no tables', async () => {
      const reader = createFakeClusterReader({
        objects: badImageShop(),
        refuse: (question) => (question.startsWith('table ') ? 'cluster.bad-answer' : undefined),
      });
      const { findings, missing } = await setUp(reader).investigate({ scope: { namespace: 'shop' } });
      expect(findings[0]).toMatchObject({ code: 'image-pull-failed', object: checkout });
      expect(missing).toEqual([]);
    });
  });

  it('still diagnoses when owners may be got and not listed', async () => {
    const reader = createFakeClusterReader({
      objects: badImageShop(),
      refuse: (question) => (question.startsWith('list replicasets') ? 'cluster.forbidden' : undefined),
    });
    const { findings } = await setUp(reader).investigate({ scope: { namespace: 'shop' } });
    expect(findings[0]).toMatchObject({ code: 'image-pull-failed', object: checkout });
  });

  it('goes without a source that does not answer in time', async () => {
    const reader = createFakeClusterReader({
      objects: badImageShop(),
      hang: (question) => question.startsWith('list events'),
    });
    const { investigate, clock } = setUp(reader, { sourceTimeoutMs: 1000 });
    const answer = investigate({ scope: { namespace: 'shop' } });
    await clock.advance(1000);
    const { status, missing, elapsedMs } = await answer;
    expect(status).toBe('diagnosed');
    expect(missing).toContainEqual({ source: 'events in namespace shop', why: 'It did not answer within 1000 ms.' });
    expect(elapsedMs).toMatchObject({ total: 1000, read: 1000 });
    expect(clock.sleepers()).toBe(0);
  });

  it('tells a late source to stop, and leaves no timer behind', async () => {
    const fake = createFakeClusterReader({ objects: badImageShop(), hang: (question) => question === 'list nodes' });
    const signals: AbortSignal[] = [];
    const reader: FakeClusterReader = {
      ...fake,
      list: (type, options) => {
        if (type.resource === 'nodes' && options.signal !== undefined) signals.push(options.signal);
        return fake.list(type, options);
      },
    };
    const { investigate, clock } = setUp(reader, { sourceTimeoutMs: 1000 });
    const answer = investigate({ scope: { namespace: 'shop' } });
    await clock.advance(1);
    expect(clock.sleepers()).toBe(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await clock.advance(999);
    await answer;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(clock.sleepers()).toBe(0);
  });

  it('says that nothing could be read when nothing could', async () => {
    const reader = createFakeClusterReader({ objects: [], refuse: () => 'cluster.unreachable' });
    const { status, missing } = await setUp(reader).investigate({ scope: { namespace: 'shop' } });
    expect(status).toBe('inconclusive');
    expect(missing.length).toBeGreaterThanOrEqual(8);
  });

  it('ends at once when it is called off', async () => {
    const reader = createFakeClusterReader({ objects: [], hang: () => true });
    const { investigate, clock } = setUp(reader);
    const controller = new AbortController();
    const answer = investigate({ scope: { namespace: 'shop' } }, controller.signal);
    const outcome = expect(answer).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await outcome;
    expect(clock.sleepers()).toBe(0);
    await expect(investigate({ scope: {} }, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });

  it('judges a snapshot by its own time', async () => {
    const late = createFakeClock('2027-01-01T00:00:00Z');
    const { investigation } = await ask(
      oomShop(),
      { scope: { object: checkout } },
      { clock: late, asOf: new Date(now) },
    );
    expect(investigation).toMatchObject({ status: 'diagnosed', capturedAt: '2026-11-21T10:00:00.000Z' });
  });

  it('masks what the labels of an alert hold', async () => {
    const labels = { namespace: 'shop', deployment: 'checkout', url: 'postgres://bob:Sup3rSecret@db/x' };
    const { investigation } = await ask(healthyShop(), { scope: { alert: { name: 'X', labels } } });
    expect(JSON.stringify(investigation)).not.toContain('Sup3rSecret');
  });

  it('answers about a thousand pods within a moment', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => pod({ name: `checkout-1-p${index}` }));
    const started = performance.now();
    const { investigation } = await ask([...healthyShop(), node('n2'), ...many], { scope: { object: checkout } });
    expect(investigation.status).toBe('healthy');
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
