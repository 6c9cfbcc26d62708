import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createClusterWriter } from '../../../src/adapters/kubernetes/cluster-writer.ts';
import { createHttpExchange, type HttpExchange } from '../../../src/adapters/kubernetes/http-exchange.ts';
import type { ChangeRequest } from '../../../src/core/action/change.ts';
import { clusterWriterContract } from '../../contracts/cluster-writer.ts';
import { authorizedFor } from '../../support/authorized.ts';
import { startPatchServer } from './patch-server.ts';

const exchangeWith = (port: number, credentials = async () => {}) =>
  createHttpExchange({ server: new URL(`http://127.0.0.1:${port}`), hasProxy: false, credentials });

clusterWriterContract('against a small HTTP server', async () => {
  const server = await startPatchServer();
  return {
    writer: createClusterWriter({ exchange: exchangeWith(server.port), cluster: 'loopback' }),
    createDeployment: async (name) => server.create(name),
    read: async (name) => server.read(name),
    writeStatus: async (name) => server.writeStatus(name),
    close: server.close,
  };
});

const uid = 'uid-1';
const request: ChangeRequest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespace: 'shop',
  name: 'checkout',
  uid,
  patch: [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'replace', path: '/spec/replicas', value: 2 },
  ],
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening(listener: RequestListener): Promise<{ port: number; hits: () => number }> {
  let hits = 0;
  const server = createServer((incoming, response) => {
    hits += 1;
    listener(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, hits: () => hits };
}

function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  return listening((_incoming, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const writerTo = (port: number, timeoutMs = 2_000) => {
  const exchange = exchangeWith(port);
  closers.push(exchange.close);
  return createClusterWriter({ exchange, cluster: 'loopback', timeoutMs });
};
const status = (reason: string, more: object = {}) => ({ kind: 'Status', status: 'Failure', reason, ...more });

describe('what is sent', () => {
  it('is the same request in a rehearsal and for real, but for dryRun', async () => {
    const seen: { url: URL; method: unknown; type: unknown; body: string }[] = [];
    const { port } = await listening(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      seen.push({
        url: new URL(incoming.url ?? '', 'http://x'),
        method: incoming.method,
        type: incoming.headers['content-type'],
        body,
      });
      response.end(JSON.stringify({ metadata: { resourceVersion: '5', generation: 4 } }));
    });
    const writer = writerTo(port);
    expect(await writer.rehearse(request)).toEqual({ ok: true, value: { resourceVersion: '5', generation: 4 } });
    expect(await writer.apply(authorizedFor(request))).toEqual({
      ok: true,
      value: { resourceVersion: '5', generation: 4 },
    });
    const queries = seen.map(({ url }) => Object.fromEntries(url.searchParams));
    expect(queries).toEqual([
      { fieldManager: 'sre-copilot', fieldValidation: 'Strict', dryRun: 'All' },
      { fieldManager: 'sre-copilot', fieldValidation: 'Strict' },
    ]);
    for (const { url, method, type, body } of seen) {
      expect([method, url.pathname, type]).toEqual([
        'PATCH',
        '/apis/apps/v1/namespaces/shop/deployments/checkout',
        'application/json-patch+json',
      ]);
      expect(JSON.parse(body)).toEqual(request.patch);
    }
  });

  it.each<[why: string, change: Partial<ChangeRequest>]>([
    ['a name that climbs', { name: '..' }],
    ['a name with a path', { name: 'a/../../b' }],
    ['a name with a query', { name: 'a?dryRun=All' }],
    ['an escaped name', { name: 'a%2fb' }],
    ['an empty namespace', { namespace: '' }],
    ['a subresource', { resource: 'deployments/scale' }],
    ['a version with too many parts', { apiVersion: 'apps/v1/x' }],
    ['no test of the uid', { patch: [{ op: 'replace', path: '/spec/replicas', value: 2 }] }],
    ['a test of another uid', { uid: 'uid-2' }],
    ['a test of the uid that comes late', { patch: [...request.patch].reverse() }],
    ['an empty patch', { patch: [] }],
  ])('is nothing for %s', async (_why, change) => {
    const { port, hits } = await answering(200, { metadata: { resourceVersion: '1', generation: 1 } });
    const outcome = await writerTo(port).apply(authorizedFor({ ...request, ...change }));
    expect(outcome).toMatchObject({ ok: false, error: { code: 'write.rejected' } });
    expect(hits()).toBe(0);
  });
});

describe('what is answered', () => {
  const causes = [
    { reason: 'FieldValueInvalid', message: 'Invalid value: "hunter2": no', field: 'spec.template.spec' },
  ];
  const quota = { message: 'exceeded quota: small' };
  it.each<[code: string, http: number, body: unknown, says: RegExp]>([
    ['write.guard-refused', 409, status('Conflict'), /no longer what was looked at/],
    ['write.guard-refused', 422, status('Invalid', { details: {} }), /no longer what was looked at/],
    ['write.guard-refused', 422, status('Invalid'), /goes back to the people/],
    ['write.guard-refused', 422, 'not JSON', /goes back to the people/],
    ['write.rejected', 422, status('Invalid', { details: { causes } }), /spec\.template\.spec FieldValueInvalid/],
    [
      'write.rejected',
      422,
      status('Invalid', { details: { causes: [{ message: 'no latest tags' }] } }),
      /no latest tags/,
    ],
    ['write.rejected', 400, status('BadRequest'), /400 BadRequest/],
    ['write.rejected', 403, status('Forbidden', quota), /403 Forbidden, "exceeded quota: small".*right to patch/],
    ['write.rejected', 404, status('NotFound'), /object is gone/],
    ['write.rejected', 415, 'what?', /415/],
    ['write.rejected', 410, '', /410/],
    ['write.not-sent', 401, status('Unauthorized'), /credentials/],
    ['write.not-sent', 429, status('TooManyRequests'), /too much to do/],
    ['write.unknown', 500, status('InternalError'), /look at the object first/],
    ['write.unknown', 503, '', /may or may not/],
    ['write.unknown', 504, status('Timeout'), /may or may not/],
    ['write.unknown', 202, '{}', /may or may not/],
    ['write.unknown', 200, 'cut off {', /cannot be read/],
    ['write.unknown', 200, { metadata: { resourceVersion: 5 } }, /cannot be read/],
  ])('%s for %d (%#)', async (code, http, body, says) => {
    const { port, hits } = await answering(http, body);
    const outcome = await writerTo(port).apply(authorizedFor(request));
    expect(outcome).toMatchObject({ ok: false, error: { code, status: http } });
    expect(outcome.ok || outcome.error.sentence).toMatch(says);
    expect(outcome.ok || outcome.error.sentence).toMatch(/Deployment shop\/checkout on loopback/);
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
    expect(hits()).toBe(1);
  });

  it('says of a rehearsal without an answer that nothing was stored', async () => {
    const { port } = await answering(503, '');
    expect(await writerTo(port).rehearse(request)).toMatchObject({
      error: { code: 'write.unknown', sentence: expect.stringMatching(/rehearsal stores nothing/) },
    });
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await answering(200, { metadata: { resourceVersion: '1', generation: 1 } });
    const { port } = await answering(307, '', { location: `http://127.0.0.1:${elsewhere.port}/` });
    expect(await writerTo(port).apply(authorizedFor(request))).toMatchObject({
      error: { code: 'write.rejected', status: 307 },
    });
    expect(elsewhere.hits()).toBe(0);
  });
});

describe('when no answer comes', () => {
  it('is certain that nothing was sent where nobody listens', async () => {
    const { port } = await answering(200, '');
    for (const close of closers.splice(0)) close();
    expect(await writerTo(port).apply(authorizedFor(request))).toMatchObject({ error: { code: 'write.not-sent' } });
  });

  it('does not know what happened when the connection is lost, and does not try again', async () => {
    const { port, hits } = await listening((incoming) => incoming.socket.destroy());
    expect(await writerTo(port).apply(authorizedFor(request))).toMatchObject({ error: { code: 'write.unknown' } });
    expect(hits()).toBe(1);
  });

  it('does not know what happened when the answer breaks off', async () => {
    const { port } = await listening((_incoming, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"metadata":', () => response.destroy());
    });
    expect(await writerTo(port).apply(authorizedFor(request))).toMatchObject({ error: { code: 'write.unknown' } });
  });

  it('does not know what happened when its time is over, and says how long it waited', async () => {
    const { port } = await listening(() => {});
    const outcome = await writerTo(port, 100).apply(authorizedFor(request));
    expect(outcome).toMatchObject({
      error: { code: 'write.unknown', sentence: expect.stringContaining('in time (100 ms)') },
    });
  });

  it('does not know what happened when it is called off under way', async () => {
    const controller = new AbortController();
    const { port } = await listening(() => controller.abort());
    const outcome = await writerTo(port).apply(authorizedFor(request), controller.signal);
    expect(outcome).toMatchObject({ error: { code: 'write.unknown' } });
  });

  it('does not know what happened when a server speaks something else', async () => {
    const server = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect(await writerTo(port).apply(authorizedFor(request))).toMatchObject({ error: { code: 'write.unknown' } });
  });

  it('is certain that nothing was sent without credentials', async () => {
    const { port, hits } = await answering(200, '');
    const exchange = exchangeWith(port, () => Promise.reject(new Error('plugin failed')));
    const outcome = await createClusterWriter({ exchange, cluster: 'loopback' }).apply(authorizedFor(request));
    expect(outcome).toMatchObject({ error: { code: 'write.not-sent' } });
    expect(hits()).toBe(0);
  });

  it('does not know what happened when the answer is too large to read', async () => {
    const exchange: HttpExchange = {
      request: async () => ({ ok: false, error: { kind: 'too-large', sent: true, detail: 'more than 8 bytes' } }),
      close: () => {},
    };
    const outcome = await createClusterWriter({ exchange, cluster: 'loopback' }).apply(authorizedFor(request));
    expect(outcome).toMatchObject({ error: { code: 'write.unknown' } });
  });
});
