import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { openSnapshot, type Snapshot } from '../../../src/adapters/snapshot/open-snapshot.ts';
import { typeOfKind } from '../../../src/core/cluster/kinds.ts';
import { clusterReaderContract, readerContractObjects } from '../../contracts/cluster-reader.ts';
import { metricsSourceContract } from '../../contracts/metrics-source.ts';
import { badImageShop } from '../../support/shop-objects.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

type Files = Readonly<Record<string, unknown>>;

/** Writes files: texts as they are, everything else as JSON. */
async function write(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

async function opened(folder: string): Promise<Snapshot> {
  const snapshot = await openSnapshot(folder);
  if (!snapshot.ok) throw new Error(snapshot.error.sentence);
  return snapshot.value;
}

const pods = typeOfKind('Pod');
const namesIn = async ({ reader }: Snapshot, namespace?: string) => {
  const list = await reader.list(pods, namespace === undefined ? {} : { namespace });
  return list.ok ? list.value.map(({ metadata }) => metadata.name) : list.error.code;
};
const podNamed = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' } });

clusterReaderContract('snapshot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sre-copilot-'));
  await write(folder, {
    'objects/deployments.json': { apiVersion: 'v1', kind: 'List', items: readerContractObjects('shop') },
    'objects/namespace.yaml': dump({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
    'logs/shop/p/main.log': 'one\ntwo\nthree\n',
  });
  const { reader } = await opened(folder);
  return {
    reader,
    namespace: 'shop',
    logs: { namespace: 'shop', pod: 'p', container: 'main' },
    hasHealth: false,
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

metricsSourceContract('recorded in a snapshot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sre-copilot-'));
  const answer = (result: unknown[]) => ({ status: 'success', data: { resultType: 'vector', result } });
  await write(folder, {
    'objects/p.json': podNamed('p'),
    'metrics/a.json': {
      query: 'up{a="b"}\n  > 0',
      response: answer([{ metric: { reader: 'contract' }, value: [1_795_000_000, '1'] }]),
    },
    'metrics/b.json': { query: 'absent(up)', response: answer([]) },
  });
  const { metrics } = await opened(folder);
  return {
    source: metrics,
    one: 'up{a="b"} > 0',
    none: 'absent(up)',
    refused: { query: 'not recorded', code: 'metrics.unreachable' },
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('openSnapshot', () => {
  const temporaryFolder = temporaryFolders();
  async function folderWith(files: Files): Promise<string> {
    const folder = await temporaryFolder();
    await write(folder, files);
    return folder;
  }

  it('reads objects, Lists, typed lists and several YAML documents, in any subfolder', async () => {
    const { apiVersion: _apiVersion, kind: _kind, ...kindless } = podNamed('d');
    const snapshot = await opened(
      await folderWith({
        'objects/a.json': podNamed('a'),
        'objects/shop/b.yaml': `---\n${dump(podNamed('b'))}---\n${dump(podNamed('c'))}`,
        'objects/shop/deep/d.yml': dump({ apiVersion: 'v1', kind: 'PodList', items: [kindless] }),
        'objects/notes.txt': 'not an object',
        'objects/empty.yaml': '',
      }),
    );
    expect(await namesIn(snapshot)).toEqual(['a', 'b', 'c', 'd']);
    expect(snapshot.problems).toEqual([]);
  });

  it('takes its name and time from snapshot.yaml', async () => {
    const snapshot = await opened(
      await folderWith({
        'objects/a.json': podNamed('a'),
        'snapshot.yaml': 'capturedAt: 2026-11-21T10:00:00Z\ncluster: prod-eu\nkubernetesVersion: v1.35.4\n',
      }),
    );
    expect(snapshot.reader.cluster).toBe('prod-eu');
    expect(snapshot.capturedAt?.toISOString()).toBe('2026-11-21T10:00:00.000Z');
  });

  it('takes the newest time of its objects when nobody says one, and none that people wrote', async () => {
    const object = {
      ...podNamed('a'),
      metadata: {
        name: 'a',
        creationTimestamp: '2026-11-21T09:00:00Z',
        annotations: { until: '2030-01-01T00:00:00Z' },
      },
      spec: { notAfter: '2031-01-01T00:00:00Z' },
      status: { containerStatuses: [{ state: { running: { startedAt: '2026-11-21T09:30:00Z' } } }] },
    };
    const snapshot = await opened(await folderWith({ 'objects/a.json': object }));
    expect(snapshot.capturedAt?.toISOString()).toBe('2026-11-21T09:30:00.000Z');
    expect((await opened(await folderWith({ 'objects/a.json': podNamed('a') }))).capturedAt).toBeUndefined();
  });

  it('gives alerts as they are', async () => {
    const alerts = [{ labels: { alertname: 'X' } }];
    expect((await opened(await folderWith({ 'objects/a.json': podNamed('a'), 'alerts.json': alerts }))).alerts).toEqual(
      alerts,
    );
  });

  it('reads current and previous logs', async () => {
    const { reader } = await opened(
      await folderWith({
        'objects/a.json': podNamed('a'),
        'logs/shop/a/main.log': 'now\n',
        'logs/shop/a/main.previous.log': 'before\n',
      }),
    );
    const log = { namespace: 'shop', pod: 'a', container: 'main' };
    expect(await reader.log(log)).toEqual({ ok: true, value: 'now\n' });
    expect(await reader.log({ ...log, previous: true })).toEqual({ ok: true, value: 'before\n' });
    expect(await reader.log({ ...log, container: 'other' })).toMatchObject({ error: { code: 'cluster.not-found' } });
    expect(await reader.log({ ...log, pod: '../../..', container: 'etc' })).toMatchObject({
      error: { code: 'cluster.not-found' },
    });
  });

  it('reads the layout of kubectl cluster-info dump', async () => {
    const { apiVersion: _apiVersion, kind: _kind, ...kindless } = podNamed('a');
    const snapshot = await opened(
      await folderWith({
        'nodes.json': { apiVersion: 'v1', kind: 'NodeList', items: [{ metadata: { name: 'n1' } }] },
        'shop/pods.json': { apiVersion: 'v1', kind: 'PodList', items: [kindless] },
        'shop/events.json': { apiVersion: 'v1', kind: 'EventList', items: [] },
        'shop/a/logs.txt':
          '==== START logs for container side of pod shop/a ====\nside\n==== END logs for container side of pod shop/a ====\n==== START logs for container main of pod shop/a ====\none\ntwo\n==== END logs for container main of pod shop/a ====\n',
      }),
    );
    expect(await namesIn(snapshot, 'shop')).toEqual(['a']);
    expect(await snapshot.reader.log({ namespace: 'shop', pod: 'a', container: 'main' })).toEqual({
      ok: true,
      value: 'one\ntwo',
    });
    expect(await snapshot.reader.log({ namespace: 'shop', pod: 'a', container: 'main', previous: true })).toMatchObject(
      { ok: false },
    );
  });

  describe('of a troubleshoot.sh support bundle', () => {
    const { apiVersion: _apiVersion, kind: _kind, ...kindless } = podNamed('a');
    const bundle = (root: string): Files => ({
      // Older bundles write bare lists without kinds, newer ones typed lists.
      [`${root}cluster-resources/pods/shop.json`]: [kindless],
      [`${root}cluster-resources/pods-errors.json`]: {},
      [`${root}cluster-resources/deployments/shop.json`]: {
        apiVersion: 'apps/v1',
        kind: 'DeploymentList',
        items: [{ metadata: { name: 'checkout', namespace: 'shop' } }],
      },
      [`${root}cluster-resources/pvcs/shop.json`]: { items: [{ metadata: { name: 'disk', namespace: 'shop' } }] },
      [`${root}cluster-resources/events/shop.json`]: [{ metadata: { name: 'e', namespace: 'shop' } }],
      [`${root}cluster-resources/nodes.json`]: [{ metadata: { name: 'n1' } }],
      [`${root}cluster-resources/namespaces.json`]: { metadata: { name: 'shop' } },
      [`${root}cluster-resources/auth-cani-list/shop.json`]: [{ verbs: ['get'] }],
      [`${root}cluster-resources/image-pull-secrets/shop/pull.json`]: { 'registry.example': 'user' },
      [`${root}cluster-resources/pods/logs/shop/a/main.log`]: 'now\n',
      [`${root}cluster-resources/pods/logs/shop/a/main-previous.log`]: 'before\n',
      [`${root}cluster-info/cluster_version.json`]: { info: { gitVersion: 'v1.35.4' }, string: 'v1.35.4' },
      [`${root}analysis.json`]: [{ name: 'x', severity: 'warn' }],
    });

    it.each(['', 'support-bundle-2026-11-21T10_00_00/'])('reads objects and logs below "%s"', async (root) => {
      const snapshot = await opened(await folderWith(bundle(root)));
      expect(snapshot.problems).toEqual([]);
      expect(await namesIn(snapshot, 'shop')).toEqual(['a']);
      for (const kind of ['Deployment', 'PersistentVolumeClaim', 'Event', 'Node', 'Namespace'] as const) {
        const list = await snapshot.reader.list(typeOfKind(kind), {});
        expect(list.ok && list.value.map((object) => object.kind)).toEqual([kind]);
      }
      const log = { namespace: 'shop', pod: 'a', container: 'main' };
      expect(await snapshot.reader.log(log)).toEqual({ ok: true, value: 'now\n' });
      expect(await snapshot.reader.log({ ...log, previous: true })).toEqual({ ok: true, value: 'before\n' });
    });

    it('says when it holds nothing', async () => {
      const folder = await folderWith({ 'cluster-resources/pods/shop.json': [] });
      expect(await openSnapshot(folder)).toMatchObject({ ok: false, error: { code: 'snapshot.empty' } });
    });
  });

  describe('of what else a capture may hold', () => {
    const recordedOf = async (files: Files) => {
      const snapshot = await opened(await folderWith({ 'objects/a.json': podNamed('a'), ...files }));
      return { recorded: snapshot.reader.recorded ?? {}, problems: snapshot.problems, snapshot };
    };

    it('reads services of hosts, connectivity checks and calls', async () => {
      const { recorded, problems } = await recordedOf({
        'hosts/n1/services.json': { kubelet: 'active', containerd: 'failed', odd: 5 },
        'hosts/n2/services.json': { kubelet: 'inactive' },
        'probes.json': [
          { from: 'checkout', host: 'db', port: 5432, ok: false, error: 'refused' },
          { from: 'checkout', host: 'cache', port: 6379, ok: null },
        ],
        'dependencies.json': [{ from: 'checkout', to: 'db' }],
      });
      expect(problems).toEqual([]);
      expect(recorded).toMatchObject({
        hosts: [
          { node: 'n1', services: { kubelet: 'active', containerd: 'failed' } },
          { node: 'n2', services: { kubelet: 'inactive' } },
        ],
        probes: [
          { from: 'checkout', host: 'db', port: 5432, ok: false, error: 'refused' },
          { from: 'checkout', host: 'cache', port: 6379, ok: null },
        ],
        calls: [{ from: 'checkout', to: 'db' }],
      });
    });

    it('reads what was declared apart from what is', async () => {
      const { recorded, snapshot, problems } = await recordedOf({
        'manifests/shop/all.yaml': `---\n${dump(podNamed('declared'))}`,
        'manifests/values.yaml': 'replicas: 3\n',
      });
      expect(recorded.declared?.map(({ metadata }) => metadata.name)).toEqual(['declared']);
      expect(await namesIn(snapshot)).toEqual(['a']);
      expect(problems).toEqual([]);
    });

    it('reads alerts, the audit log and every recorded answer', async () => {
      const change = (name: string, time: string) =>
        JSON.stringify({
          verb: 'delete',
          user: { username: 'alice' },
          objectRef: { resource: 'pods', namespace: 'shop', name },
          stageTimestamp: time,
        });
      const { recorded, snapshot, problems } = await recordedOf({
        'alerts.json': [{ labels: { alertname: 'X' }, startsAt: '2026-11-21T09:00:00Z', status: { state: 'active' } }],
        'audit.log': `${change('b', '2026-11-21T10:00:00Z')}\n\nnot json\n`,
        'audit/more.log': change('a', '2026-11-21T09:00:00Z'),
        'metrics/range.json': {
          query: 'rate(x[5m])',
          response: {
            status: 'success',
            data: {
              resultType: 'matrix',
              result: [
                {
                  metric: { pod: 'p' },
                  values: [
                    [1_795_000_060, '2'],
                    [1_795_000_000, '1'],
                  ],
                },
              ],
            },
          },
        },
        'metrics/refused.json': { query: 'y', response: { status: 'error', errorType: 'timeout' } },
      });
      expect(recorded.alerts).toEqual([
        {
          name: 'X',
          labels: { alertname: 'X' },
          firing: true,
          startsAt: Date.parse('2026-11-21T09:00:00Z'),
          endsAt: undefined,
        },
      ]);
      expect(recorded.audit?.map(({ object }) => object.name)).toEqual(['a', 'b']);
      expect(snapshot.metrics.recorded?.()).toEqual([
        {
          query: 'rate(x[5m])',
          series: [
            {
              labels: { pod: 'p' },
              points: [
                { at: 1_795_000_000_000, value: 1 },
                { at: 1_795_000_060_000, value: 2 },
              ],
            },
          ],
        },
      ]);
      expect(problems).toEqual(['audit.log: 1 lines are no JSON']);
    });

    it('reads the health page of an API server that was not ready', async () => {
      const { snapshot } = await recordedOf({ 'health/readyz.txt': '[+]ping ok\n[-]etcd failed: reason withheld\n' });
      expect(await snapshot.reader.raw('/readyz?verbose')).toMatchObject({ ok: true, value: { status: 500 } });
      expect(await snapshot.reader.raw('/livez?verbose')).toMatchObject({ error: { code: 'cluster.not-found' } });
      expect(await snapshot.reader.raw('/../secret')).toMatchObject({ error: { code: 'cluster.not-found' } });
    });

    it('says what of it cannot be understood, and uses the rest', async () => {
      const { recorded, problems } = await recordedOf({
        'hosts/n1/services.json': '[]',
        'probes.json': [
          { from: 'a' },
          { from: 'a', host: 'b', port: 1, ok: 'yes' },
          { from: 'a', host: 'b', port: 1, ok: true },
        ],
        'dependencies.json': { from: 'a', to: 'b' },
        'manifests/broken.yaml': 'a: [',
      });
      expect(recorded.probes).toHaveLength(1);
      expect(problems.toSorted()).toEqual([
        'dependencies.json: is no list',
        'hosts/n1/services.json: is no map of services',
        'manifests/broken.yaml: could not be read as JSON or YAML',
        'probes.json: 2 of 3 members could not be read',
      ]);
    });
  });

  it('leaves out what it cannot read, says so, and uses the rest', async () => {
    const snapshot = await opened(
      await folderWith({
        'objects/a.json': podNamed('a'),
        'objects/b.json': '{"kind": "Pod",',
        'objects/c.yaml': 'a: &x [1]\nb: *x\n',
        'objects/d.json': [podNamed('d'), { kind: 'Pod' }],
        'objects/e.yaml': '- a\n - b: [',
        'snapshot.yaml': 'a: [unclosed',
        'alerts.json': 'no',
        'metrics/m.json': {},
      }),
    );
    expect(await namesIn(snapshot)).toEqual(['a', 'd']);
    // An alias can stand for gigabytes.
    expect(snapshot.problems).toContain('c.yaml: could not be read as JSON or YAML');
    expect(snapshot.problems.map((why) => why.split(':')[0])).toEqual([
      'b.json',
      'c.yaml',
      'd.json',
      'e.yaml',
      'snapshot.yaml',
      'metrics/m.json',
      'alerts.json',
    ]);
  });

  it('drops Secrets', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { password: 'cGxhaW4=' },
    };
    const { reader } = await opened(
      await folderWith({ 'objects/a.json': { kind: 'List', items: [podNamed('a'), secret] } }),
    );
    const disguised = { apiVersion: 'v1', resource: 'pods', kind: 'Secret', namespaced: true };
    expect(await reader.list(disguised, {})).toMatchObject({ ok: false, error: { code: 'cluster.forbidden' } });
  });

  it('follows no links', async () => {
    const elsewhere = await folderWith({ 'secret.json': podNamed('secret') });
    const folder = await folderWith({ 'objects/a.json': podNamed('a') });
    await symlink(elsewhere, join(folder, 'objects', 'link'));
    await symlink(join(elsewhere, 'secret.json'), join(folder, 'objects', 'link.json'));
    expect(await namesIn(await opened(folder))).toEqual(['a']);
  });

  it.each<[why: string, files: Files | undefined, code: string]>([
    ['is not there', undefined, 'snapshot.unreadable'],
    ['is empty', {}, 'snapshot.empty'],
    ['holds no objects', { 'objects/a.json': {}, 'readme.md': 'x' }, 'snapshot.empty'],
    ['holds nothing readable', { 'objects/a.json': '{' }, 'snapshot.empty'],
  ])('says when the folder %s', async (_why, files, code) => {
    const folder = files === undefined ? '/no/such/folder' : await folderWith(files);
    expect(await openSnapshot(folder)).toMatchObject({ ok: false, error: { code } });
  });

  it('refuses a selector that is none', async () => {
    const { reader } = await opened(await folderWith({ 'objects/a.json': { kind: 'List', items: badImageShop() } }));
    expect(await reader.list(pods, { labelSelector: 'a b' })).toMatchObject({ error: { code: 'cluster.bad-answer' } });
  });
});
