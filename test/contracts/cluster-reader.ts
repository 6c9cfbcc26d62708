import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typeOfKind } from '../../src/core/cluster/kinds.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { at } from '../../src/core/cluster/wire.ts';
import type { ClusterReader } from '../../src/ports/cluster-reader.ts';

/** What a run of the contract is given. */
export type ClusterReaderUnderTest = {
  readonly reader: ClusterReader;
  /** A namespace that exists, is named by its own object, and holds exactly the Deployments of `readerContractObjects`. */
  readonly namespace: string;
  /** A container with at least three log lines; null where no logs are to be had. */
  readonly logs: { readonly namespace: string; readonly pod: string; readonly container: string } | null;
  /** A Secret with contents in the namespace, of a reader that may read metadata of Secrets; absent for one that may not. */
  readonly secret?: { readonly name: string; readonly contents: string };
  /** Whether there is an API server behind it that answers health paths. */
  readonly hasHealth: boolean;
  close(): Promise<void>;
};

/** The Deployments that must be there, without the fields a server adds. They want no pods. */
export function readerContractObjects(namespace: string): readonly WireObject[] {
  return [
    ['reader-one', 'web'],
    ['reader-two', 'api'],
    ['reader-three', 'api'],
  ].map(([name = '', tier = '']) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { 'reader-contract': 'yes', tier } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] },
      },
    },
  }));
}

/** What ports/cluster-reader.ts promises, on anything that can be read as a cluster. */
export function clusterReaderContract(name: string, connect: () => Promise<ClusterReaderUnderTest>): void {
  describe(`ClusterReader: ${name}`, () => {
    const deployments = typeOfKind('Deployment');
    let under: ClusterReaderUnderTest;
    beforeAll(async () => {
      under = await connect();
    }, 60_000);
    afterAll(async () => under?.close());

    const namesOf = async (options: Parameters<ClusterReader['list']>[1]): Promise<readonly string[]> => {
      const list = await under.reader.list(deployments, options);
      if (!list.ok) throw new Error(`${list.error.code}: ${list.error.sentence}`);
      return list.value.map(({ metadata }) => metadata.name).toSorted();
    };

    it('says which cluster it reads', () => {
      expect(under.reader.cluster).not.toBe('');
    });

    it('gets an object as wire JSON', async () => {
      const got = await under.reader.get(deployments, under.namespace, 'reader-one');
      expect(got).toMatchObject({
        ok: true,
        value: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'reader-one', namespace: under.namespace },
        },
      });
      expect(at(got, 'value', 'spec', 'template', 'spec', 'containers', 0, 'image')).toBe('registry.k8s.io/pause:3.10');
    });

    it('gets an object that lives in no namespace', async () => {
      expect(await under.reader.get(typeOfKind('Namespace'), undefined, under.namespace)).toMatchObject({
        ok: true,
        value: { kind: 'Namespace', metadata: { name: under.namespace } },
      });
    });

    it.each(['reader-none', '..', '.', 'a/b', '', 'x%2fy'])('has no object called "%s"', async (wanted) => {
      expect(await under.reader.get(deployments, under.namespace, wanted)).toMatchObject({
        ok: false,
        error: { code: 'cluster.not-found' },
      });
    });

    it('lists all of a kind, each with its kind and version', async () => {
      const list = await under.reader.list(deployments, { namespace: under.namespace });
      expect(list.ok && list.value.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual(
        Array.from({ length: 3 }, () => 'apps/v1 Deployment'),
      );
      expect(await namesOf({ namespace: under.namespace })).toEqual(['reader-one', 'reader-three', 'reader-two']);
    });

    it('lists over all namespaces when none is named', async () => {
      expect(await namesOf({ labelSelector: 'reader-contract=yes' })).toEqual(
        expect.arrayContaining(['reader-one', 'reader-two']),
      );
    });

    it.each([
      [{ labelSelector: 'tier=api' }, ['reader-three', 'reader-two']],
      [{ labelSelector: 'tier in (web),reader-contract' }, ['reader-one']],
      [{ fieldSelector: 'metadata.name=reader-two' }, ['reader-two']],
      [{ fieldSelector: 'metadata.name!=reader-two', labelSelector: 'tier=api' }, ['reader-three']],
    ])('selects by %j', async (selectors, names) => {
      expect(await namesOf({ namespace: under.namespace, ...selectors })).toEqual(names);
    });

    it('stops a list when it has as many as were wanted', async () => {
      const some = await under.reader.list(deployments, { namespace: under.namespace, upTo: 2 });
      expect(some.ok && some.value).toHaveLength(2);
    });

    it('prints the lines of objects, with cells by the name of their column', async () => {
      const table = await under.reader.table(deployments, { namespace: under.namespace });
      expect(table.ok && table.value.columns).toEqual(expect.arrayContaining(['Name', 'Ready', 'Up-to-date', 'Age']));
      expect(table.ok && table.value.rows.map(({ Name: row, Ready }) => `${row} ${Ready}`).toSorted()).toEqual([
        'reader-one 0/0',
        'reader-three 0/0',
        'reader-two 0/0',
      ]);
    });

    it('prints the lines of those that were selected', async () => {
      const table = await under.reader.table(deployments, { namespace: under.namespace, labelSelector: 'tier=web' });
      expect(table.ok && table.value.rows.map(({ Name: row }) => row)).toEqual(['reader-one']);
    });

    it('prints no lines for a namespace that is not there', async () => {
      const table = await under.reader.table(deployments, { namespace: 'no-such-namespace' });
      expect(table).toMatchObject({ ok: true, value: { rows: [] } });
    });

    it('says what an empty list means', () => {
      expect(under.reader.emptyMeans).toBe(under.hasHealth ? 'none' : 'unknown');
    });

    it('finds nothing in a namespace that is not there, which is an answer', async () => {
      expect(await namesOf({ namespace: 'no-such-namespace' })).toEqual([]);
    });

    it('never asks for Secrets', async () => {
      const secrets = { apiVersion: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true };
      const refused = { ok: false, error: { code: 'cluster.forbidden' } };
      expect(await under.reader.list(secrets, {})).toMatchObject(refused);
      expect(await under.reader.table(secrets, {})).toMatchObject(refused);
      expect(await under.reader.get(secrets, under.namespace, 'x')).toMatchObject(refused);
    });

    it('tells of Secrets their metadata, where it may, and never what they hold', async () => {
      const { reader, secret, namespace } = under;
      expect(reader.secretMetadata === undefined).toBe(secret === undefined);
      if (reader.secretMetadata === undefined || secret === undefined) return;
      const read = await reader.secretMetadata(namespace);
      const found = read.ok ? read.value.find(({ metadata }) => metadata.name === secret.name) : undefined;
      expect(found).toMatchObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: secret.name, namespace } });
      expect(Object.keys(found ?? {}).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(JSON.stringify(read)).not.toContain(secret.contents);
      expect(await reader.secretMetadata('no-such-namespace')).toEqual({ ok: true, value: [] });
      for (const wanted of ['', '..', 'a/b', 'x%2fy'])
        expect(await reader.secretMetadata(wanted)).toMatchObject({ ok: false, error: { code: 'cluster.not-found' } });
      expect(await reader.secretMetadata(namespace, AbortSignal.abort())).toMatchObject({ ok: false });
    });

    it('gives a problem, not a throw, when it is called off', async () => {
      const signal = AbortSignal.abort();
      expect(await under.reader.list(deployments, { namespace: under.namespace, signal })).toMatchObject({ ok: false });
      expect(await under.reader.get(deployments, under.namespace, 'reader-one', signal)).toMatchObject({ ok: false });
    });

    it('reads the end of a log, within a size', async () => {
      if (under.logs === null) return;
      const all = await under.reader.log(under.logs);
      const lines = all.ok ? all.value.trimEnd().split('\n') : [];
      expect(lines.length).toBeGreaterThanOrEqual(3);
      expect(await under.reader.log({ ...under.logs, tailLines: 2 })).toMatchObject({
        ok: true,
        value: expect.stringContaining(lines.at(-1) ?? '?'),
      });
      const small = await under.reader.log({ ...under.logs, limitBytes: 10 });
      expect(small.ok && Buffer.byteLength(small.value)).toBeLessThanOrEqual(10);
    });

    it('has no log of a pod that is not there', async () => {
      expect(
        await under.reader.log({ namespace: under.namespace, pod: 'reader-none', container: 'main' }),
      ).toMatchObject({
        ok: false,
        error: { code: 'cluster.not-found' },
      });
    });

    it('reads health paths where there is an API server', async () => {
      const ready = await under.reader.raw('/readyz');
      if (under.hasHealth)
        expect(ready).toMatchObject({ ok: true, value: { status: 200, body: expect.stringContaining('ok') } });
      else expect(ready).toMatchObject({ ok: false, error: { code: 'cluster.not-found' } });
    });

    it('tells every problem in a sentence', async () => {
      const got = await under.reader.get(deployments, under.namespace, 'reader-none');
      expect(!got.ok && got.error.sentence).toMatch(/^[A-Z].*\.$/s);
    });
  });
}
