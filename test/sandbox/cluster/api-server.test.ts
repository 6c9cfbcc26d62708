import { setTimeout as sleep } from 'node:timers/promises';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSimulatedCluster,
  type Role,
  type SimulatedCluster,
} from '../../../src/sandbox/cluster/simulated-cluster.ts';
import { deployment, namespace, node } from './manifests.ts';

const image = 'registry.example/web:1';
const scalePatch = [{ op: 'replace', path: '/spec/replicas', value: 1 }];
const web = '/apis/apps/v1/namespaces/shop/deployments/web';

describe('API server of the simulated cluster', () => {
  let cluster: SimulatedCluster;
  let url: string;
  let tokenOf: (role: Role) => string;

  beforeEach(async () => {
    cluster = createSimulatedCluster({
      name: 'test',
      seed: 5,
      images: { [image]: { startLog: ['one', 'two', 'three'] } },
      objects: [
        namespace('shop'),
        namespace('empty'),
        node('node-1'),
        deployment('web', { image }),
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: 'shop' }, data: {} },
      ],
    });
    cluster.settle();
    const started = await cluster.start();
    url = started.url;
    tokenOf = (role) => {
      const kubeconfig = load(started.kubeconfigFor(role)) as { users: { user: { token: string } }[] };
      return kubeconfig.users[0]?.user.token ?? '';
    };
  });
  afterEach(() => cluster.stop());

  type Options = {
    method?: string;
    as?: Role | 'anonymous';
    body?: unknown;
    type?: string;
    headers?: Record<string, string>;
  };
  const call = (path: string, { as = 'admin', body, headers, method, type = 'application/json' }: Options = {}) =>
    fetch(url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(as === 'anonymous' ? {} : { Authorization: `Bearer ${tokenOf(as)}` }),
        ...(body === undefined ? {} : { 'Content-Type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const json = async (path: string, options?: Options) => JSON.parse(await (await call(path, options)).text());
  const patch = (as: Role, query = '') =>
    call(web + query, { method: 'PATCH', as, body: scalePatch, type: 'application/json-patch+json' });

  it('listens on the loopback address only', () => {
    expect(new URL(url).hostname).toBe('127.0.0.1');
  });

  it.each<[who: Role | 'anonymous', method: string, path: string, code: number]>([
    ['reader', 'GET', '/api/v1/namespaces/shop/pods', 200],
    ['reader', 'GET', '/api/v1/nodes', 200],
    ['reader', 'GET', '/apis/apps/v1/deployments', 200],
    ['reader', 'GET', '/api/v1/namespaces/shop/secrets', 403],
    ['operator', 'GET', '/api/v1/namespaces/shop/secrets/key', 403],
    ['admin', 'GET', '/api/v1/namespaces/shop/secrets/key', 200],
    ['reader', 'DELETE', '/api/v1/namespaces/shop/pods/any', 403],
    ['operator', 'DELETE', '/api/v1/namespaces/shop/pods/any', 404],
    ['operator', 'DELETE', web, 403],
    ['operator', 'DELETE', '/api/v1/namespaces/shop', 403],
    ['operator', 'DELETE', '/api/v1/namespaces/shop/pods', 403],
    ['admin', 'DELETE', '/api/v1/namespaces/shop/pods', 405],
    ['admin', 'PUT', web, 405],
    ['nobody', 'GET', '/api/v1/namespaces/shop/pods', 403],
    ['nobody', 'GET', '/version', 200],
    ['nobody', 'GET', '/apis', 200],
    ['anonymous', 'GET', '/readyz', 200],
    ['anonymous', 'GET', '/apis', 403],
    ['anonymous', 'GET', '/api/v1/pods', 403],
    ['reader', 'GET', '/apis/metrics.k8s.io/v1beta1/pods', 404],
    ['reader', 'GET', '/api/v1/namespaces/shop/nodes', 404],
    ['reader', 'GET', '/metrics', 403],
    ['admin', 'GET', '/metrics', 404],
    ['admin', 'GET', '/api/v1/namespaces/shop/pods/%', 400],
    ['admin', 'GET', `${web}/scale`, 404],
  ])('answers %s %s %s with %i', async (as, method, path, code) => {
    expect((await call(path, { as, method })).status).toBe(code);
  });

  it('names the user, the verb and the place in a refusal', async () => {
    const refused = await (await patch('reader')).json();
    expect(refused).toMatchObject({
      kind: 'Status',
      reason: 'Forbidden',
      details: { name: 'web', group: 'apps', kind: 'deployments' },
      message:
        'deployments.apps "web" is forbidden: User "sandbox-reader" cannot patch resource "deployments" in API group "apps" in the namespace "shop"',
    });
  });

  it('never ignores impersonation', async () => {
    const pods = '/api/v1/namespaces/shop/pods';
    const status = async (as: Role, headers: Record<string, string>) => (await call(pods, { as, headers })).status;
    expect(await status('operator', { 'Impersonate-User': 'sandbox-reader' })).toBe(403);
    expect(await status('admin', { 'Impersonate-User': 'sandbox-reader' })).toBe(200);
    expect(await status('admin', { 'Impersonate-User': 'somebody' })).toBe(403);
    expect(await status('admin', { 'Impersonate-Group': 'sre' })).toBe(400);
  });

  it('keeps a ledger in which only what changed the store counts as a write', async () => {
    await call('/api/v1/pods', { as: 'reader' });
    await patch('reader');
    await patch('operator', '?dryRun=All');
    expect(cluster.writes()).toEqual([]);
    await patch('operator');
    await patch('operator');
    expect(cluster.writes()).toMatchObject([
      { method: 'PATCH', path: web, user: 'sandbox-operator', code: 200, body: scalePatch, applied: true },
    ]);
    expect(cluster.requests().map(({ code }) => code)).toEqual([200, 403, 200, 200, 200]);
  });

  it('gives lists whose items carry no kind, and objects that do', async () => {
    const list = await json('/apis/apps/v1/namespaces/shop/deployments');
    expect(list).toMatchObject({
      kind: 'DeploymentList',
      apiVersion: 'apps/v1',
      metadata: { resourceVersion: expect.any(String) },
    });
    expect(list.items[0]).not.toHaveProperty('kind');
    expect(await json(web)).toMatchObject({ kind: 'Deployment', apiVersion: 'apps/v1' });
  });

  it('shows all pages of a list as of one moment', async () => {
    const path = '/api/v1/namespaces/empty/configmaps';
    const make = (name: string) => call(path, { body: { metadata: { name } } });
    for (const name of ['a', 'b', 'c']) await make(name);
    const first = await json(`${path}?limit=1`);
    expect(first.metadata.remainingItemCount).toBe(2);
    await make('b0');
    await call(`${path}/c`, { method: 'DELETE' });
    const rest = await json(`${path}?limit=5&continue=${first.metadata.continue}`);
    expect(rest.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['b', 'c']);
  });

  it('answers 504 to a resourceVersion of the future', async () => {
    const answer = await call('/api/v1/pods?resourceVersion=999999999');
    expect(answer.status).toBe(504);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });

  it('begins a watch that is too old with an ERROR of code 410', async () => {
    cluster.restore(cluster.snapshot());
    const answer = await call('/api/v1/pods?watch=true&resourceVersion=1');
    expect(answer.status).toBe(200);
    expect(JSON.parse(await answer.text())).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
  });

  it('ends a watch after timeoutSeconds, and shows what is there when no resourceVersion is given', async () => {
    const text = await (await call('/api/v1/namespaces/shop/pods?watch=1&timeoutSeconds=1')).text();
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ object, type }) => [type, object.kind])).toEqual([
      ['ADDED', 'Pod'],
      ['ADDED', 'Pod'],
      ['ADDED', 'Pod'],
    ]);
  });

  it.each<[what: string, body: string | object, type: string, code: number]>([
    ['no JSON', '{', 'application/json-patch+json', 400],
    ['a strategic merge patch', {}, 'application/strategic-merge-patch+json', 415],
    ['server-side apply', {}, 'application/apply-patch+yaml', 415],
    ['a merge patch that is a list', [], 'application/merge-patch+json', 400],
    [
      'a patch that takes the name away',
      [{ op: 'remove', path: '/metadata/name' }],
      'application/json-patch+json',
      400,
    ],
    [
      'a patch of the selector',
      [{ op: 'replace', path: '/spec/selector', value: {} }],
      'application/json-patch+json',
      422,
    ],
    [
      'a patch that empties the containers',
      [{ op: 'replace', path: '/spec/template/spec/containers', value: [] }],
      'application/json-patch+json',
      422,
    ],
    [
      'a nonsense quantity',
      [{ op: 'add', path: '/spec/template/spec/containers/0/resources/limits', value: { memory: 'lots' } }],
      'application/json-patch+json',
      422,
    ],
  ])('refuses %s', async (_what, body, type, code) => {
    const answer = await call(web, { method: 'PATCH', body, type });
    expect(answer.status).toBe(code);
    expect(await answer.json()).toMatchObject({ kind: 'Status', status: 'Failure', code });
    expect(cluster.writes()).toEqual([]);
  });

  it('refuses a body beyond the limit by 413', async () => {
    const body = JSON.stringify([
      { op: 'add', path: '/metadata/annotations', value: { large: 'x'.repeat(3 * 1024 * 1024) } },
    ]);
    expect((await call(web, { method: 'PATCH', body, type: 'application/json-patch+json' })).status).toBe(413);
  });

  it('creates only in a namespace that exists', async () => {
    const answer = await call('/api/v1/namespaces/nowhere/configmaps', { body: { metadata: { name: 'x' } } });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ message: 'namespaces "nowhere" not found' });
  });

  it('answers 500 to an eviction under two budgets', async () => {
    for (const name of ['one', 'two']) {
      const spec = { minAvailable: 0, selector: { matchLabels: { app: 'web' } } };
      cluster.apply({
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name, namespace: 'shop' },
        spec,
      });
    }
    const name = cluster.list('Pod', 'shop')[0]?.metadata.name ?? '';
    const answer = await call(`/api/v1/namespaces/shop/pods/${name}/eviction`, {
      as: 'operator',
      body: { metadata: { name } },
    });
    expect(answer.status).toBe(500);
  });

  it.each<[query: string, code: number, text: string]>([
    ['', 200, 'one\ntwo\nthree\n'],
    ['?container=web&tailLines=2', 200, 'two\nthree\n'],
    ['?tailLines=0', 200, ''],
    ['?limitBytes=6', 200, 'one\ntw'],
    ['?previous=true', 400, 'previous terminated container'],
    ['?container=other', 400, 'container other is not valid for pod'],
    ['?tailLines=many', 400, 'expected a whole number'],
    ['?follow=true', 400, 'follow is not served'],
  ])('reads a log%s', async (query, code, text) => {
    const name = cluster.list('Pod', 'shop')[0]?.metadata.name ?? '';
    const answer = await call(`/api/v1/namespaces/shop/pods/${name}/log${query}`, { as: 'reader' });
    expect(answer.status).toBe(code);
    if (code === 200) expect(await answer.text()).toBe(text);
    else expect(await answer.json()).toMatchObject({ message: expect.stringContaining(text) });
  });

  it('says why a container that never started has no log', async () => {
    cluster.apply(deployment('broken', { image: 'registry.example/none:1', replicas: 1 }));
    await sleep(400);
    const pod = cluster.list('Pod', 'shop').find(({ metadata }) => metadata.name.startsWith('broken'));
    const refused = await json(`/api/v1/namespaces/shop/pods/${pod?.metadata.name}/log`);
    expect(refused).toMatchObject({
      code: 400,
      message: expect.stringContaining('is waiting to start: trying and failing to pull image'),
    });
  });

  it('describes its kinds to discovery', async () => {
    expect((await json('/apis')).groups.map(({ name }: { name: string }) => name)).toContain('apps');
    const { resources } = await json('/apis/apps/v1');
    expect(resources).toContainEqual(
      expect.objectContaining({ name: 'deployments', kind: 'Deployment', namespaced: true, shortNames: ['deploy'] }),
    );
    expect((await call('/apis/nonsense.example/v1')).status).toBe(404);
  });

  describe('faults', () => {
    it('fails as often as told, without effect', async () => {
      cluster.faults.fail({ method: 'PATCH', path: /deployments/, code: 503, times: 2 });
      const codes = [(await patch('operator')).status, (await patch('operator')).status];
      expect(cluster.writes()).toEqual([]);
      expect([...codes, (await patch('operator')).status]).toEqual([503, 503, 200]);
    });

    it('cuts a connection before or after the effect', async () => {
      cluster.faults.cutConnection({ method: 'PATCH', times: 1 });
      await expect(patch('operator')).rejects.toThrow();
      expect(cluster.writes()).toEqual([]);
      cluster.faults.cutConnection({ method: 'PATCH', when: 'after', times: 1 });
      await expect(patch('operator')).rejects.toThrow();
      expect(cluster.writes()).toMatchObject([{ method: 'PATCH', code: 0, applied: true }]);
      expect(cluster.get('Deployment', 'shop', 'web')?.spec?.replicas).toBe(1);
    });

    it('delays until cleared', async () => {
      cluster.faults.delay(150);
      const before = performance.now();
      await call('/version');
      expect(performance.now() - before).toBeGreaterThan(140);
      cluster.faults.clear();
      await call('/version');
      expect(performance.now() - before).toBeLessThan(1000);
    });

    it('is gone while down, and back on the same port', async () => {
      await cluster.faults.down(true);
      await expect(call('/version')).rejects.toThrow();
      await cluster.faults.down(false);
      expect((await call('/version')).status).toBe(200);
    });

    it('breaks open watches', async () => {
      const answer = await call('/api/v1/pods?watch=1');
      const reading = answer.text();
      cluster.faults.cutOpenWatches();
      await expect(reading).rejects.toThrow();
    });
  });

  it('lives on in another cluster from a snapshot: same objects, same tokens, same processes', async () => {
    const snapshot = JSON.parse(JSON.stringify(cluster.snapshot()));
    const names = cluster.list('Pod', 'shop').map(({ metadata }) => metadata.name);
    const heir = createSimulatedCluster({ name: 'heir', seed: 5 });
    heir.restore(snapshot);
    const { url: heirUrl } = await heir.start();
    try {
      const headers = { Authorization: `Bearer ${tokenOf('reader')}` };
      const log = await fetch(`${heirUrl}/api/v1/namespaces/shop/pods/${names[0]}/log`, { headers });
      expect(await log.text()).toBe('one\ntwo\nthree\n');
      heir.remove('Pod', 'shop', names[0] ?? '');
      heir.settle();
      await sleep(600);
      const after = heir.list('Pod', 'shop');
      expect(after).toHaveLength(3);
      expect(after.every(({ status }) => status?.containerStatuses?.[0]?.restartCount === 0)).toBe(true);
      expect(new Set(after.map(({ metadata }) => metadata.uid)).size).toBe(3);
    } finally {
      await heir.stop();
    }
  });
});
