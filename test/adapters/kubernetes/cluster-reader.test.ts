import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createKubernetesReader } from '../../../src/adapters/kubernetes/cluster-reader.ts';
import { openConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { typeOfKind } from '../../../src/core/cluster/kinds.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { parseFieldSelector, parseLabelSelector } from '../../../src/core/cluster/selector.ts';
import type { ClusterReader } from '../../../src/ports/cluster-reader.ts';
import {
  type ClusterReaderUnderTest,
  clusterReaderContract,
  readerContractObjects,
} from '../../contracts/cluster-reader.ts';
import { answerJson, answerStatus, type LocalServer, startLocalServer } from '../../support/local-server.ts';
import { kubeconfigFor } from './kubeconfig.ts';

const pods = typeOfKind('Pod');

async function readerOf(
  server: LocalServer,
  timeoutMs = 2000,
  secretMetadata = false,
): Promise<{ reader: ClusterReader; close: () => void }> {
  const connection = await openConnection({ from: 'text', text: kubeconfigFor(server.url) });
  if (!connection.ok) throw new Error(connection.error.sentence);
  return {
    reader: createKubernetesReader({ cluster: 'test', exchange: connection.value, timeoutMs, secretMetadata }),
    close: () => connection.value.close(),
  };
}

/** A small API server: objects by path, one object a page, members of lists without kind, gzip. */
function serveObjects(objects: readonly WireObject[], log: string) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const [, namespace, resource, name, sub] =
      /^\/(?:api\/v1|apis\/apps\/v1)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
        url.pathname,
      ) ?? [];
    if (url.pathname === '/readyz') {
      response.end('ok');
      return;
    }
    const ofKind = objects.filter(
      ({ kind, metadata }) =>
        `${kind.toLowerCase()}s` === resource && (namespace === undefined || metadata.namespace === namespace),
    );
    if (sub === 'log') {
      if (name !== 'with-log') return answerStatus(response, 404, 'NotFound');
      const tail = Number(url.searchParams.get('tailLines') ?? '1000');
      response.end(
        log
          .split('\n')
          .slice(-tail - 1)
          .join('\n'),
      );
      return;
    }
    if (name !== undefined) {
      const found = ofKind.find(({ metadata }) => metadata.name === name);
      return found === undefined ? answerStatus(response, 404, 'NotFound') : answerJson(response, 200, found);
    }
    const labels = parseLabelSelector(url.searchParams.get('labelSelector') ?? '');
    const fields = parseFieldSelector(url.searchParams.get('fieldSelector') ?? '');
    const selected = ofKind.filter((object) => labels?.(object.metadata.labels ?? {}) && fields?.(object));
    if ((request.headers.accept ?? '').includes('as=PartialObjectMetadataList')) {
      const items = selected.map(({ metadata }) => ({ metadata }));
      return answerJson(response, 200, { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', items });
    }
    if ((request.headers.accept ?? '').includes('as=Table')) {
      const names = ['Name', 'Ready', 'Up-to-date', 'Available', 'Age'];
      const rows = selected.map(({ metadata }) => ({ cells: [metadata.name, '0/0', 0, 0, '1s'], object: null }));
      const columnDefinitions = names.map((column) => ({ name: column, type: 'string' }));
      return answerJson(response, 200, { kind: 'Table', metadata: {}, columnDefinitions, rows });
    }
    const start = Number(url.searchParams.get('continue') ?? '0');
    const page = selected.slice(start, start + 1).map(({ apiVersion: _apiVersion, kind: _kind, ...rest }) => rest);
    const more = start + 1 < selected.length ? { continue: String(start + 1) } : {};
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(
      gzipSync(JSON.stringify({ kind: 'DeploymentList', metadata: { resourceVersion: '1', ...more }, items: page })),
    );
  };
}

const contents = 'aHVudGVyMg==';

clusterReaderContract('kubernetes adapter on a local server', () => localContract(false));
clusterReaderContract('kubernetes adapter that may read metadata of Secrets', () => localContract(true));

async function localContract(secretMetadata: boolean): Promise<ClusterReaderUnderTest> {
  const namespace: WireObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'shop' },
    data: { password: contents },
  };
  const server = await startLocalServer(
    serveObjects([...readerContractObjects('shop'), namespace, secret], 'one\ntwo\nthree\n'),
  );
  const { reader, close } = await readerOf(server, 2000, secretMetadata);
  return {
    reader,
    ...(secretMetadata ? { secret: { name: 'db', contents } } : {}),
    namespace: 'shop',
    logs: { namespace: 'shop', pod: 'with-log', container: 'main' },
    hasHealth: true,
    async close() {
      close();
      await server.close();
    },
  };
}

describe('the kubernetes reader', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function against(answer: Parameters<typeof startLocalServer>[0], timeoutMs?: number, secretMetadata?: boolean) {
    const server = await startLocalServer(answer);
    closing.push(() => server.close());
    const { reader, close } = await readerOf(server, timeoutMs, secretMetadata);
    closing.push(close);
    return { reader, server };
  }

  it.each([
    [400, 'BadRequest', 'cluster.bad-answer'],
    [401, 'Unauthorized', 'cluster.unauthorized'],
    [403, 'Forbidden', 'cluster.forbidden'],
    [404, 'NotFound', 'cluster.not-found'],
    [410, 'Expired', 'cluster.expired'],
    [429, 'TooManyRequests', 'cluster.unreachable'],
    [500, 'InternalError', 'cluster.unreachable'],
    [503, 'ServiceUnavailable', 'cluster.unreachable'],
    [504, 'Timeout', 'cluster.timeout'],
    [302, 'Found', 'cluster.bad-answer'],
  ])('tells %i %s as %s', async (code, reason, expected) => {
    const { reader } = await against((_request, response) => answerStatus(response, code, reason));
    const list = await reader.list(pods, { namespace: 'shop' });
    expect(list).toMatchObject({ ok: false, error: { code: expected } });
    expect(!list.ok && list.error.sentence).not.toContain('not to be read');
  });

  it.each<[what: string, body: string]>([
    ['no JSON', '<html>login</html>'],
    ['no list', '{"kind":"Status"}'],
    ['items of a wrong type', '{"items":{}}'],
    ['a member without a name', '{"items":[{"metadata":{}}]}'],
  ])('takes %s for a bad answer', async (_what, body) => {
    const { reader } = await against((_request, response) => response.end(body));
    expect(await reader.list(pods, {})).toMatchObject({ ok: false, error: { code: 'cluster.bad-answer' } });
  });

  it('takes null for an empty list, as the API server sends it', async () => {
    const { reader } = await against((_request, response) => response.end('{"kind":"PodList","items":null}'));
    expect(await reader.list(pods, {})).toEqual({ ok: true, value: [] });
  });

  it('asks for pages of 100 pods and starts over once when one has expired', async () => {
    let expired = 0;
    const { reader, server } = await against((request, response) => {
      const token = new URL(request.url ?? '', 'http://x').searchParams.get('continue');
      if (token === 'old' && expired++ === 0) return answerStatus(response, 410, 'Expired');
      const last = token !== null;
      answerJson(response, 200, {
        items: [{ metadata: { name: last ? 'b' : 'a' } }],
        metadata: last ? {} : { continue: 'old' },
      });
    });
    const list = await reader.list(pods, { namespace: 'shop' });
    expect(list.ok && list.value.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(server.requests).toEqual([
      'GET /api/v1/namespaces/shop/pods?limit=100',
      'GET /api/v1/namespaces/shop/pods?limit=100&continue=old',
      'GET /api/v1/namespaces/shop/pods?limit=100',
      'GET /api/v1/namespaces/shop/pods?limit=100&continue=old',
    ]);
  });

  it('stops when it has as many as were wanted', async () => {
    const { reader, server } = await against((request, response) => {
      const limit = Number(new URL(request.url ?? '', 'http://x').searchParams.get('limit'));
      const items = Array.from({ length: limit }, (_, index) => ({ metadata: { name: `p${index}` } }));
      answerJson(response, 200, { items, metadata: { continue: 'more' } });
    });
    const some = await reader.list(pods, { upTo: 150 });
    expect(some.ok && some.value).toHaveLength(200);
    const few = await reader.list(pods, { upTo: 3 });
    expect(few.ok && few.value).toHaveLength(3);
    expect(server.requests).toEqual([
      'GET /api/v1/pods?limit=100',
      'GET /api/v1/pods?limit=100&continue=more',
      'GET /api/v1/pods?limit=3',
    ]);
  });

  it('gives up on a list that always expires', async () => {
    const { reader, server } = await against((request, response) =>
      (request.url ?? '').includes('continue')
        ? answerStatus(response, 410, 'Expired')
        : answerJson(response, 200, { items: [], metadata: { continue: 'x' } }),
    );
    expect(await reader.list(pods, {})).toMatchObject({ ok: false, error: { code: 'cluster.expired' } });
    expect(server.requests).toHaveLength(4);
  });

  it('waits for no answer longer than its time', async () => {
    const { reader } = await against(() => {}, 50);
    expect(await reader.list(pods, {})).toMatchObject({ ok: false, error: { code: 'cluster.timeout' } });
  });

  it('says that a server is not there', async () => {
    const server = await startLocalServer(() => {});
    await server.close();
    const { reader, close } = await readerOf(server);
    closing.push(close);
    expect(await reader.get(pods, 'shop', 'p')).toMatchObject({
      ok: false,
      error: { code: 'cluster.unreachable', sentence: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('says that an answer broke off', async () => {
    const { reader } = await against((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"items":');
      response.socket?.destroy();
    });
    expect(await reader.list(pods, {})).toMatchObject({ ok: false, error: { code: 'cluster.unreachable' } });
  });

  it('refuses an object beyond all measure, also when it is packed small', async () => {
    const huge = gzipSync(Buffer.alloc(9 * 2 ** 20, ' '));
    const { reader } = await against((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(huge);
    });
    expect(await reader.get(pods, 'shop', 'p')).toMatchObject({ ok: false, error: { code: 'cluster.bad-answer' } });
  });

  describe('of tables', () => {
    const definitions = ['Name', 'Ready', 'Status', 'Restarts'].map((name) => ({ name, type: 'string' }));
    const tableOf = (rows: readonly unknown[], more: object = {}) => ({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {},
      columnDefinitions: definitions,
      rows: rows.map((cells) => ({ cells })),
      ...more,
    });

    it('asks for lines without objects, page after page, and finds cells by their column', async () => {
      const accepts: (string | undefined)[] = [];
      const { reader, server } = await against((request, response) => {
        accepts.push(request.headers.accept);
        if ((request.url ?? '').includes('continue')) {
          // Later pages may leave the definitions out.
          return answerJson(
            response,
            200,
            tableOf([['b', '0/1', 'CrashLoopBackOff', '5 (2m ago)']], { columnDefinitions: null }),
          );
        }
        answerJson(response, 200, tableOf([['a', '1/1', 'Running', 0]], { metadata: { continue: 'x' } }));
      });
      expect(await reader.table(pods, { namespace: 'shop' })).toEqual({
        ok: true,
        value: {
          columns: ['Name', 'Ready', 'Status', 'Restarts'],
          rows: [
            { Name: 'a', Ready: '1/1', Status: 'Running', Restarts: '0' },
            { Name: 'b', Ready: '0/1', Status: 'CrashLoopBackOff', Restarts: '5 (2m ago)' },
          ],
        },
      });
      expect(server.requests).toEqual([
        'GET /api/v1/namespaces/shop/pods?limit=2500&includeObject=None',
        'GET /api/v1/namespaces/shop/pods?limit=2500&includeObject=None&continue=x',
      ]);
      expect(accepts[0]).toMatch(/^application\/json;as=Table;v=v1;g=meta\.k8s\.io,/);
    });

    it.each<[what: string, answer: object]>([
      ['a plain list', { kind: 'PodList', items: [] }],
      ['rows that are none', tableOf([], { rows: {} })],
      ['columns without names of objects', tableOf([['a']], { columnDefinitions: [{ name: 'Age' }] })],
    ])('takes %s for a server that prints none', async (_what, answer) => {
      const { reader } = await against((_request, response) => answerJson(response, 200, answer));
      expect(await reader.table(pods, {})).toMatchObject({ ok: false, error: { code: 'cluster.bad-answer' } });
    });

    it('takes 406 for a server that prints none', async () => {
      const { reader } = await against((_request, response) => answerStatus(response, 406, 'NotAcceptable'));
      expect(await reader.table(pods, {})).toMatchObject({ ok: false, error: { code: 'cluster.bad-answer' } });
    });

    it('never asks for those of Secrets', async () => {
      const { reader, server } = await against((_request, response) => response.end('{}'));
      await reader.table({ apiVersion: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true }, {});
      expect(server.requests).toEqual([]);
    });
  });

  describe('of metadata of Secrets', () => {
    const page = (items: unknown, more: object = {}) => ({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {},
      items,
      ...more,
    });
    const db = { metadata: { name: 'db', namespace: 'shop' } };

    async function metadataOf(answer: Parameters<typeof startLocalServer>[0]) {
      const { reader, server } = await against(answer, undefined, true);
      if (reader.secretMetadata === undefined) throw new Error('the reader may not read metadata of Secrets');
      return { read: await reader.secretMetadata('shop'), server, reader };
    }

    it('has no way to ask for it unless an operator has opted in', async () => {
      const { reader } = await against((_request, response) => answerJson(response, 200, page([db])));
      expect('secretMetadata' in reader).toBe(false);
    });

    it('asks for metadata and offers no other form, page after page, within one namespace', async () => {
      const accepts: (string | undefined)[] = [];
      const { read, server } = await metadataOf((request, response) => {
        accepts.push(request.headers.accept);
        const isLast = (request.url ?? '').includes('continue');
        answerJson(
          response,
          200,
          page([{ metadata: { name: isLast ? 'b' : 'a' } }], isLast ? {} : { metadata: { continue: 'x' } }),
        );
      });
      expect(read).toEqual({
        ok: true,
        value: ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } })),
      });
      expect(server.requests).toEqual([
        'GET /api/v1/namespaces/shop/secrets?limit=100',
        'GET /api/v1/namespaces/shop/secrets?limit=100&continue=x',
      ]);
      expect(new Set(accepts)).toEqual(new Set(['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1']));
    });

    it.each<[what: string, item: object]>([
      ['data', { ...db, data: { password: contents } }],
      ['stringData', { ...db, stringData: { password: contents } }],
      ['data of nothing', { ...db, data: null }],
      ['a field that nobody thought of', { ...db, binaryData: { password: contents } }],
    ])('keeps nothing of an answer with %s, not even of the pages before', async (_what, item) => {
      const { read } = await metadataOf((request, response) =>
        (request.url ?? '').includes('continue')
          ? answerJson(response, 200, page([db, item], { kind: 'SecretList', apiVersion: 'v1' }))
          : answerJson(response, 200, page([db], { metadata: { continue: 'x' } })),
      );
      expect(read).toMatchObject({
        ok: false,
        error: {
          code: 'cluster.bad-answer',
          sentence: expect.stringMatching(/more than that. Nothing of it was kept/),
        },
      });
      expect(JSON.stringify(read)).not.toContain(contents);
    });

    it('leaves out annotations that may hold contents, and fields it does not know', async () => {
      const { read } = await metadataOf((_request, response) =>
        answerJson(
          response,
          200,
          page([
            {
              metadata: {
                name: 'db',
                annotations: {
                  'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"password":"${contents}"}}`,
                  long: contents.repeat(30),
                  'meta.helm.sh/release-name': 'shop',
                },
                selfLink: contents,
              },
            },
          ]),
        ),
      );
      expect(read).toEqual({
        ok: true,
        value: [
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'db', annotations: { 'meta.helm.sh/release-name': 'shop' } },
          },
        ],
      });
    });

    it.each<[what: string, body: string]>([
      ['no JSON', '<html>login</html>'],
      ['no list', '{"kind":"Status"}'],
      ['items of a wrong type', '{"items":{}}'],
      ['an item that is none', '{"items":["db"]}'],
      ['an item without a name', '{"items":[{"metadata":{}}]}'],
    ])('takes %s for a bad answer', async (_what, body) => {
      const { read } = await metadataOf((_request, response) => response.end(body));
      expect(read).toMatchObject({ ok: false, error: { code: 'cluster.bad-answer' } });
    });

    it.each([
      [403, 'cluster.forbidden'],
      [406, 'cluster.bad-answer'],
    ])('tells %i as %s', async (code, expected) => {
      const { read } = await metadataOf((_request, response) => answerStatus(response, code, 'x'));
      expect(read).toMatchObject({ ok: false, error: { code: expected } });
    });

    it.each(['secrets', 'Secrets', 'secrets/status'])(
      'still sends nothing for %s in any other way',
      async (resource) => {
        const { reader, server } = await against(
          (_request, response) => answerJson(response, 200, page([db])),
          undefined,
          true,
        );
        const type = { apiVersion: 'v1', resource, kind: 'Secret', namespaced: true };
        const refused = { ok: false, error: { code: 'cluster.forbidden' } };
        expect(await reader.list(type, { namespace: 'shop' })).toMatchObject(refused);
        expect(await reader.table(type, { namespace: 'shop' })).toMatchObject(refused);
        expect(await reader.get(type, 'shop', 'db')).toMatchObject(refused);
        await expect(reader.raw('/api/v1/namespaces/shop/secrets')).rejects.toThrow(TypeError);
        expect(server.requests).toEqual([]);
      },
    );
  });

  it('cuts a log that a server sends beyond what was asked for', async () => {
    const { reader, server } = await against((_request, response) => response.end('x'.repeat(5000)));
    const log = await reader.log({
      namespace: 'shop',
      pod: 'p',
      container: 'c',
      previous: true,
      tailLines: 7,
      limitBytes: 100,
    });
    expect(log).toEqual({ ok: true, value: 'x'.repeat(100) });
    expect(server.requests).toEqual([
      'GET /api/v1/namespaces/shop/pods/p/log?limitBytes=100&container=c&previous=true&tailLines=7',
    ]);
  });

  it.each([
    [204, { ok: true, value: '' }],
    [400, { ok: false, error: { code: 'cluster.not-found' } }],
    [403, { ok: false, error: { code: 'cluster.forbidden' } }],
  ])('understands %i for a log', async (code, expected) => {
    const { reader } = await against((_request, response) =>
      code === 204 ? response.writeHead(204).end() : answerStatus(response, code, 'x'),
    );
    expect(await reader.log({ namespace: 'shop', pod: 'p', container: 'c' })).toMatchObject(expected);
  });

  it('gives what an unhealthy server says of itself', async () => {
    const { reader } = await against((_request, response) => response.writeHead(500).end('[-]etcd failed'));
    expect(await reader.raw('/readyz?verbose')).toEqual({ ok: true, value: { status: 500, body: '[-]etcd failed' } });
  });

  it.each(['/api/v1/secrets', '/readyz/../api', '/version?x=1', 'readyz', '/logs/'])(
    'reads no other path: %s',
    async (path) => {
      const { reader, server } = await against((_request, response) => response.end('ok'));
      await expect(reader.raw(path)).rejects.toThrow(TypeError);
      expect(server.requests).toEqual([]);
    },
  );

  it('sends nothing for Secrets and for names that are paths', async () => {
    const { reader, server } = await against((_request, response) => response.end('{}'));
    await reader.list({ apiVersion: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true }, {});
    await reader.get(pods, 'shop', '../secrets/x');
    await reader.get(pods, '..', 'x');
    await reader.log({ namespace: 'shop', pod: 'a/../../b' });
    expect(server.requests).toEqual([]);
  });

  it('keeps its connection', async () => {
    const { reader, server } = await against((_request, response) => answerJson(response, 200, { items: [] }));
    for (let request = 0; request < 5; request++) await reader.list(pods, {});
    expect(server.connections()).toBe(1);
  });
});
