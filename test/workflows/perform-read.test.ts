import { describe, expect, it } from 'vitest';
import type { ReadAction } from '../../src/core/action/action.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { fail, ok, problem } from '../../src/core/result.ts';
import type {
  ClusterReader,
  ListOptions,
  LogOptions,
  ReadProblem,
  ResourceType,
} from '../../src/ports/cluster-reader.ts';
import type { MetricsSource } from '../../src/ports/metrics-source.ts';
import { createPerformRead } from '../../src/workflows/perform-read.ts';

const now = new Date('2026-10-01T12:00:00Z');
const clock = { now: () => now, monotonicMs: () => 0, sleep: async () => {} };
const fiveMinutesAgo = '2026-10-01T11:55:00Z';

function object(
  kind: string,
  name: string,
  fields: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): WireObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: fiveMinutesAgo, ...metadata },
    ...fields,
  };
}

type Answers = {
  readonly objects?: Readonly<Record<string, readonly WireObject[]>>;
  readonly logs?: Readonly<Record<string, string | ReadProblem>>;
  readonly raw?: { readonly status: number; readonly body: string };
  readonly problems?: Readonly<Record<string, ReadProblem>>;
};

/** A reader by hand: answers by `apiVersion/resource`, and a ledger of what was asked. */
function fakeReader(answers: Answers) {
  const ledger: unknown[] = [];
  const keyOf = (type: ResourceType) => `${type.apiVersion}/${type.resource}`;
  const reader: ClusterReader = {
    cluster: 'test',
    emptyMeans: 'none',
    table: async () => fail(problem('cluster.bad-answer', 'It prints no tables.')),
    async get(type, namespace, name) {
      ledger.push(['get', keyOf(type), namespace, name]);
      const refused = answers.problems?.[keyOf(type)];
      const found = answers.objects?.[keyOf(type)]?.find((each) => each.metadata.name === name);
      return refused !== undefined || found === undefined
        ? fail(refused ?? problem('cluster.not-found', `${name} was not found.`))
        : ok(found);
    },
    async list(type: ResourceType, { signal, ...options }: ListOptions) {
      ledger.push(['list', keyOf(type), options]);
      if (signal === undefined) throw new Error('a list without a signal');
      const refused = answers.problems?.[keyOf(type)];
      return refused === undefined ? ok(answers.objects?.[keyOf(type)] ?? []) : fail(refused);
    },
    async log({ signal, ...options }: LogOptions) {
      ledger.push(['log', options]);
      if (signal === undefined) throw new Error('a log without a signal');
      const log = answers.logs?.[options.pod] ?? problem('cluster.not-found', `${options.pod} has no log.`);
      return typeof log === 'string' ? ok(log) : fail(log);
    },
    async raw(path) {
      ledger.push(['raw', path]);
      return ok(answers.raw ?? { status: 404, body: '404 page not found' });
    },
  };
  return { reader, ledger };
}

async function read(
  action: ReadAction,
  answers: Answers,
  more: { metrics?: MetricsSource; redact?: (text: string) => string } = {},
) {
  const { reader, ledger } = fakeReader(answers);
  const perform = createPerformRead({ reader, clock, metrics: more.metrics, redact: more.redact ?? ((text) => text) });
  return { outcome: await perform(action, AbortSignal.timeout(5000)), ledger };
}

async function readText(action: ReadAction, answers: Answers) {
  const { outcome } = await read(action, answers);
  if (!outcome.ok) throw new Error(outcome.error.sentence);
  return outcome.value;
}

const container = (name: string) => ({ name });
const pod = (name: string, containers: readonly string[] = ['app']) =>
  object('Pod', name, { spec: { containers: containers.map(container) }, status: { phase: 'Running' } });
const deployment = object('Deployment', 'checkout', {
  spec: { replicas: 1, selector: { matchLabels: { app: 'checkout' } } },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
});
const target = { kind: 'Deployment', namespace: 'shop', name: 'checkout' } as const;
const forbidden = problem('cluster.forbidden', 'May not list events.');

describe('performRead of get', () => {
  const get = { kind: 'get', resource: 'pods', names: [], output: 'table' } as const;

  it('lists with selectors in one namespace', async () => {
    const action: ReadAction = {
      ...get,
      names: [],
      namespace: 'shop',
      selector: 'app=x',
      fieldSelector: 'status.phase=Running',
    };
    const { outcome, ledger } = await read(action, { objects: { 'v1/pods': [pod('a')] } });
    expect(ledger).toEqual([
      ['list', 'v1/pods', { namespace: 'shop', labelSelector: 'app=x', fieldSelector: 'status.phase=Running' }],
    ]);
    expect(outcome).toMatchObject({
      ok: true,
      value: {
        text: 'NAME   READY   STATUS    RESTARTS   AGE\na      0/1     Running   0          5m',
        rows: [{ name: 'a', age: 300 }],
      },
    });
  });

  it.each<[why: string, action: ReadAction, asked: unknown]>([
    ['default without a namespace', { ...get, names: [] }, ['list', 'v1/pods', { namespace: 'default' }]],
    ['all namespaces only when told', { ...get, names: [], allNamespaces: true }, ['list', 'v1/pods', {}]],
    [
      'no namespace for a cluster-wide type',
      { ...get, resource: 'nodes', names: [], namespace: 'shop' },
      ['list', 'v1/nodes', {}],
    ],
  ])('reads %s', async (_why, action, asked) => {
    expect((await read(action, {})).ledger).toEqual([asked]);
  });

  it('tells namespaces when it reads all of them', async () => {
    const output = await readText({ ...get, names: [], allNamespaces: true }, { objects: { 'v1/pods': [pod('a')] } });
    expect(output.columns[0]).toBe('namespace');
  });

  it('reads names one by one, and fails when one is missing', async () => {
    const answers = { objects: { 'v1/pods': [pod('a'), pod('b')] } };
    const both = await read({ ...get, names: ['b', 'a'], namespace: 'shop', output: 'name' }, answers);
    expect(both.outcome).toMatchObject({ ok: true, value: { text: 'pod/b\npod/a' } });
    expect(both.ledger).toEqual([
      ['get', 'v1/pods', 'shop', 'b'],
      ['get', 'v1/pods', 'shop', 'a'],
    ]);
    const missing = await read({ ...get, names: ['a', 'z'], namespace: 'shop' }, answers);
    expect(missing.outcome).toMatchObject({ ok: false, error: { code: 'cluster.not-found' } });
  });

  it('says that nothing was found', async () => {
    expect(await readText({ ...get, names: [], namespace: 'shop' }, {})).toMatchObject({
      text: '',
      rows: [],
      notes: ['No resources found in shop namespace.'],
    });
  });

  it.each(['secrets', 'Secret', 'widgets', 'toString', '__proto__'])('never asks for %s', async (resource) => {
    const { outcome, ledger } = await read({ ...get, resource, names: [] }, {});
    expect(outcome).toMatchObject({ ok: false, error: { code: 'read.unknown-resource' } });
    expect(ledger).toEqual([]);
    const described = await read({ kind: 'describe', resource, name: 'x' }, {});
    expect(described).toMatchObject({ outcome: { ok: false, error: { code: 'read.unknown-resource' } }, ledger: [] });
  });
});

describe('performRead of describe and events', () => {
  const event = (name: string, uid: string) =>
    object('Event', name, {
      type: 'Warning',
      reason: name,
      involvedObject: { kind: 'Pod', name: 'a', uid },
      lastTimestamp: fiveMinutesAgo,
    });

  it('shows the events of this object, not of a former one of its name', async () => {
    const answers = {
      objects: {
        'v1/pods': [pod('a')],
        'v1/events': [event('Mine', 'uid-a'), event('Former', 'uid-old'), event('Unsigned', '')],
      },
    };
    const { outcome, ledger } = await read(
      { kind: 'describe', resource: 'pods', name: 'a', namespace: 'shop' },
      answers,
    );
    expect(ledger[1]).toEqual([
      'list',
      'v1/events',
      { namespace: 'shop', fieldSelector: 'involvedObject.kind=Pod,involvedObject.name=a' },
    ]);
    const text = outcome.ok ? outcome.value.text : '';
    expect(text).toContain('Mine');
    expect(text).toContain('Unsigned');
    expect(text).not.toContain('Former');
  });

  it('describes without events when they are forbidden, and says so', async () => {
    const output = await readText(
      { kind: 'describe', resource: 'pods', name: 'a', namespace: 'shop' },
      { objects: { 'v1/pods': [pod('a')] }, problems: { 'v1/events': forbidden } },
    );
    expect(output.text).toContain('Events: <could not be read>');
    expect(output.notes).toEqual(['Events could not be read: May not list events.']);
  });

  it.each<[action: Extract<ReadAction, { kind: 'events' }>, options: object]>([
    [{ kind: 'events', namespace: 'shop' }, { namespace: 'shop' }],
    [{ kind: 'events' }, { namespace: 'default' }],
    [{ kind: 'events', allNamespaces: true, types: ['Warning'] }, { fieldSelector: 'type=Warning' }],
    [{ kind: 'events', namespace: 'shop', types: ['Warning', 'Normal'] }, { namespace: 'shop' }],
    [
      { kind: 'events', namespace: 'shop', for: { kind: 'Pod', name: 'a' } },
      { namespace: 'shop', fieldSelector: 'involvedObject.kind=Pod,involvedObject.name=a' },
    ],
    [
      { kind: 'events', namespace: 'shop', for: { kind: 'Node', name: 'n' } },
      { namespace: 'default', fieldSelector: 'involvedObject.kind=Node,involvedObject.name=n' },
    ],
  ])('asks for %j', async (action, options) => {
    expect((await read(action, {})).ledger).toEqual([['list', 'v1/events', options]]);
  });

  it('passes a refusal on', async () => {
    const { outcome } = await read({ kind: 'events', namespace: 'shop' }, { problems: { 'v1/events': forbidden } });
    expect(outcome).toEqual({ ok: false, error: forbidden });
  });
});

describe('performRead of logs', () => {
  const ofPod: ReadAction = { kind: 'logs', namespace: 'shop', of: { by: 'pod', name: 'a' } };
  const bySelector: ReadAction = { kind: 'logs', namespace: 'shop', of: { by: 'selector', selector: 'app=checkout' } };
  const ofWorkload: ReadAction = { kind: 'logs', namespace: 'shop', of: { by: 'workload', workload: target } };

  it('reads one pod, choosing its first container aloud', async () => {
    const { outcome, ledger } = await read(
      { ...ofPod, previous: true, tailLines: 9, sinceSeconds: 60 },
      { objects: { 'v1/pods': [pod('a', ['app', 'mesh'])] }, logs: { a: 'one\ntwo\n' } },
    );
    expect(ledger[1]).toEqual([
      'log',
      { namespace: 'shop', pod: 'a', container: 'app', previous: true, tailLines: 9, sinceSeconds: 60 },
    ]);
    expect(outcome).toMatchObject({
      ok: true,
      value: { text: 'one\ntwo', notes: ['Of a the container app was read; others: mesh.'] },
    });
  });

  it('finds the pods of a workload by its own selector', async () => {
    const { outcome, ledger } = await read(ofWorkload, {
      objects: { 'apps/v1/deployments': [deployment], 'v1/pods': [pod('a'), pod('b')] },
      logs: { a: 'x', b: 'y' },
    });
    expect(ledger.slice(0, 2)).toEqual([
      ['get', 'apps/v1/deployments', 'shop', 'checkout'],
      ['list', 'v1/pods', { namespace: 'shop', labelSelector: 'app=checkout' }],
    ]);
    expect(outcome).toMatchObject({
      ok: true,
      value: { text: '[pod/a/app] x\n[pod/b/app] y', notes: ['The last 50 lines of each pod were read.'] },
    });
  });

  it('reads at most five pods and tells of the others', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const { outcome, ledger } = await read(bySelector, {
      objects: { 'v1/pods': names.map((name) => pod(name)) },
      logs: Object.fromEntries(names.map((name) => [name, 'x'])),
    });
    expect(ledger.filter((entry) => Array.isArray(entry) && entry[0] === 'log')).toHaveLength(5);
    expect(outcome.ok ? outcome.value.notes[0] : '').toBe('… 2 more pods were not read; 5 at most are.');
  });

  it('keeps what could be read, and fails when nothing could', async () => {
    const objects = { 'v1/pods': [pod('a'), pod('b')] };
    const some = await read(bySelector, { objects, logs: { a: 'x' } });
    expect(some.outcome).toMatchObject({ ok: true, value: { text: '[pod/a/app] x' } });
    expect(some.outcome.ok ? some.outcome.value.notes : []).toContain('b could not be read: b has no log.');
    expect((await read(bySelector, { objects })).outcome).toMatchObject({
      ok: false,
      error: { code: 'cluster.not-found' },
    });
  });

  it('reads no log where no pod is, nor where a selector would mean every pod', async () => {
    expect(await readText(bySelector, {})).toMatchObject({
      text: '',
      notes: ['No resources found in shop namespace.'],
    });
    const boundless = await read(ofWorkload, {
      objects: { 'apps/v1/deployments': [object('Deployment', 'checkout', { spec: {} })], 'v1/pods': [pod('a')] },
    });
    expect(boundless.outcome).toMatchObject({ ok: false, error: { code: 'cluster.bad-answer' } });
    expect(boundless.ledger).toHaveLength(1);
  });

  it('keeps the end of a long log', async () => {
    const long = Array.from({ length: 3000 }, (_, index) => `line ${index}`).join('\n');
    const output = await readText(ofPod, { objects: { 'v1/pods': [pod('a')] }, logs: { a: long } });
    expect(output.text).toMatch(/^… 2000 earlier lines\n/);
    expect(output.text).toMatch(/line 2999$/);
    expect(output.truncated).toBe(true);
  });
});

describe('performRead of the rest', () => {
  it('takes an unhealthy answer for a failure, whatever words it holds', async () => {
    const output = await readText(
      { kind: 'raw', path: '/readyz' },
      { raw: { status: 500, body: '[+]ping ok\n[-]etcd failed' } },
    );
    expect(output).toMatchObject({
      text: '[+]ping ok\n[-]etcd failed',
      failure: 'the API server answered /readyz with 500',
    });
    expect(
      (await readText({ kind: 'raw', path: '/readyz' }, { raw: { status: 200, body: 'ok' } })).failure,
    ).toBeUndefined();
  });

  it('tells status and history of a rollout', async () => {
    const replicaSet = object(
      'ReplicaSet',
      'rs',
      {},
      {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', uid: 'uid-checkout' }],
        annotations: { 'deployment.kubernetes.io/revision': '4' },
      },
    );
    const answers = { objects: { 'apps/v1/deployments': [deployment], 'apps/v1/replicasets': [replicaSet] } };
    expect((await readText({ kind: 'rollout-status', target }, answers)).text).toBe(
      'deployment "checkout" successfully rolled out',
    );
    const history = await read({ kind: 'rollout-history', target }, answers);
    expect(history.outcome).toMatchObject({ ok: true, value: { rows: [{ revision: 4 }] } });
    expect(history.ledger[1]).toEqual([
      'list',
      'apps/v1/replicasets',
      { namespace: 'shop', labelSelector: 'app=checkout' },
    ]);
    expect((await read({ kind: 'rollout-status', target }, {})).outcome).toMatchObject({
      ok: false,
      error: { code: 'cluster.not-found' },
    });
  });

  it('reads use of resources through the metrics API', async () => {
    const usage = { cpu: '250m', memory: '64Mi' };
    const answers = {
      objects: {
        'metrics.k8s.io/v1beta1/pods': [object('PodMetrics', 'a', { containers: [{ name: 'app', usage }] })],
        'metrics.k8s.io/v1beta1/nodes': [object('NodeMetrics', 'n', { usage })],
        'v1/nodes': [object('Node', 'n', { status: { allocatable: { cpu: '1', memory: '128Mi' } } })],
      },
    };
    const pods = await read({ kind: 'top', resource: 'pods', namespace: 'shop', selector: 'app=x' }, answers);
    expect(pods.ledger).toEqual([
      ['list', 'metrics.k8s.io/v1beta1/pods', { namespace: 'shop', labelSelector: 'app=x' }],
    ]);
    expect(pods.outcome).toMatchObject({ ok: true, value: { rows: [{ name: 'a', cpu: 0.25 }] } });
    expect((await readText({ kind: 'top', resource: 'nodes' }, answers)).rows).toMatchObject([
      { name: 'n', 'cpu%': 25, 'memory%': 50 },
    ]);
    const withoutNodes = await readText(
      { kind: 'top', resource: 'nodes' },
      { ...answers, problems: { 'v1/nodes': forbidden } },
    );
    expect(withoutNodes.rows).toMatchObject([{ 'cpu%': '<unknown>' }]);
    expect(withoutNodes.notes[0]).toContain('Shares are unknown');
  });

  it('explains a cluster without the metrics API', async () => {
    const problems = { 'metrics.k8s.io/v1beta1/pods': problem('cluster.not-found', '404') };
    const { outcome } = await read({ kind: 'top', resource: 'pods', allNamespaces: true }, { problems });
    expect(outcome.ok ? '' : outcome.error.sentence).toContain('metrics-server');
  });

  it('asks a query of the metrics source, and says when there is none', async () => {
    const action: ReadAction = { kind: 'query', promql: 'up == 0' };
    const metrics: MetricsSource = {
      async query(promql) {
        return promql === 'up == 0'
          ? ok([{ labels: { job: 'x' }, value: 0, at: now.toISOString() }])
          : fail(problem('metrics.bad-query', promql));
      },
    };
    expect((await read(action, {}, { metrics })).outcome).toMatchObject({
      ok: true,
      value: { rows: [{ job: 'x', value: 0 }] },
    });
    expect((await read({ ...action, promql: ')' }, {}, { metrics })).outcome).toMatchObject({
      ok: false,
      error: { code: 'metrics.bad-query' },
    });
    expect((await read(action, {})).outcome).toMatchObject({ ok: false, error: { code: 'metrics.unconfigured' } });
  });
});

describe('performRead and redaction', () => {
  const redact = (text: string) => text.replaceAll('hunter2', '[REDACTED]');
  const leaky = object('Pod', 'hunter2', {
    spec: { containers: [{ name: 'app' }, { name: 'hunter2' }] },
    status: { phase: 'hunter2' },
  });
  const everything: readonly (readonly [ReadAction, Answers])[] = [
    [{ kind: 'get', resource: 'pods', names: [], output: 'wide' }, { objects: { 'v1/pods': [leaky] } }],
    [{ kind: 'get', resource: 'pods', names: [], output: 'json' }, { objects: { 'v1/pods': [leaky] } }],
    [
      { kind: 'describe', resource: 'pods', name: 'hunter2' },
      { objects: { 'v1/pods': [leaky] }, problems: { 'v1/events': problem('cluster.forbidden', 'hunter2') } },
    ],
    [
      { kind: 'logs', namespace: 'shop', of: { by: 'pod', name: 'hunter2' } },
      { objects: { 'v1/pods': [leaky] }, logs: { hunter2: 'password=hunter2' } },
    ],
    [{ kind: 'events' }, { objects: { 'v1/events': [object('Event', 'e', { message: 'token hunter2' })] } }],
    [{ kind: 'raw', path: '/readyz' }, { raw: { status: 500, body: 'hunter2' } }],
  ];

  it.each(everything)('takes secrets out of text, rows and notes of %j', async (action, answers) => {
    const { outcome } = await read(action, answers, { redact });
    expect(outcome.ok).toBe(true);
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
    expect(JSON.stringify(outcome)).toContain('[REDACTED]');
  });

  it.each(everything)('lets nothing through when redaction fails: %j', async (action, answers) => {
    const broken = () => {
      throw new Error('hunter2');
    };
    const { outcome } = await read(action, answers, { redact: broken });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'read.not-redacted' } });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  it('redacts a log before it is cut, so that a secret of many lines is still seen whole', async () => {
    const pem = `BEGIN\n${'secret\n'.repeat(2000)}END`;
    const action: ReadAction = { kind: 'logs', namespace: 'shop', of: { by: 'pod', name: 'a' } };
    const wholeOnly = (text: string) => text.replaceAll(/BEGIN[\s\S]*END/g, '[REDACTED]');
    const { outcome } = await read(
      action,
      { objects: { 'v1/pods': [pod('a')] }, logs: { a: pem } },
      { redact: wholeOnly },
    );
    expect(outcome).toMatchObject({ ok: true, value: { text: '[REDACTED]' } });
  });
});
