import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Connection, type KubeconfigSource, openConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { answerJson, type LocalServer, startLocalServer } from '../../support/local-server.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { kubeconfigFor } from './kubeconfig.ts';

const temporaryFolder = temporaryFolders();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(source: KubeconfigSource): Promise<Connection> {
  const connection = await openConnection(source);
  if (!connection.ok) throw new Error(connection.error.sentence);
  closing.push(() => connection.value.close());
  return connection.value;
}

/** A server that answers each request with the headers it came with. */
async function echo(): Promise<LocalServer> {
  const server = await startLocalServer((request, response) =>
    answerJson(response, 200, { headers: request.headers, text: request.text }),
  );
  closing.push(() => server.close());
  return server;
}

const ask = (connection: Connection, more: object = {}) =>
  connection.request({ method: 'GET', path: '/x', timeoutMs: 3000, maxBytes: 10_000, ...more });
async function headersSeen(connection: Connection): Promise<Record<string, string>> {
  const answer = await ask(connection);
  if (!answer.ok) throw new Error(`${answer.error.kind} ${answer.error.detail}`);
  return JSON.parse(answer.value.body).headers;
}

describe('openConnection', () => {
  it('says what the context says', async () => {
    const server = await echo();
    const connection = await open({
      from: 'text',
      text: kubeconfigFor(`${server.url}/base/`, { context: { namespace: 'shop' } }),
    });
    expect(connection).toMatchObject({ context: 'test', namespace: 'shop', server: `${server.url}/base` });
    await ask(connection);
    expect(server.requests).toEqual(['GET /base/x']);
  });

  it.each<[how: string, user: object, header: string]>([
    ['a token', { token: 'test-token' }, 'Bearer test-token'],
    ['user and password', { username: 'bob', password: 'pw' }, `Basic ${Buffer.from('bob:pw').toString('base64')}`],
    [
      'an exec plugin',
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: process.execPath,
          args: ['-e', 'console.log(JSON.stringify({status:{token:"from-plugin"}}))'],
        },
      },
      'Bearer from-plugin',
    ],
  ])('authenticates by %s', async (_how, user, header) => {
    const server = await echo();
    const headers = await headersSeen(await open({ from: 'text', text: kubeconfigFor(server.url, { user }) }));
    expect(headers.authorization).toBe(header);
  });

  it('reads files, merges them, and takes the context that was asked for', async () => {
    const server = await echo();
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a'), kubeconfigFor('https://elsewhere.example:6443'));
    await writeFile(join(folder, 'b'), kubeconfigFor(server.url).replaceAll('test', 'other'));
    const connection = await open({ from: 'files', paths: [join(folder, 'a'), join(folder, 'b')], context: 'other' });
    expect((await headersSeen(connection)).authorization).toBe('Bearer other-token');
  });

  it('goes through the proxy of the cluster', async () => {
    const server = await echo();
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      const upstream = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket);
        socket.pipe(upstream);
      });
      closing.push(() => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => proxy.close(resolve)));
    const address = proxy.address();
    const proxyUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const connection = await open({
      from: 'text',
      text: kubeconfigFor(server.url, { cluster: { 'proxy-url': proxyUrl } }),
    });
    expect((await headersSeen(connection)).authorization).toBe('Bearer test-token');
    expect(tunnels).toEqual([`127.0.0.1:${server.port}`]);
  });

  it.each<[why: string, source: KubeconfigSource, code: string]>([
    ['a file that is not there', { from: 'files', paths: ['/no/such/file'] }, 'kubeconfig.unreadable'],
    ['no file', { from: 'files', paths: [] }, 'kubeconfig.unreadable'],
    ['text that is none', { from: 'text', text: 'token: [unclosed' }, 'kubeconfig.unreadable'],
    [
      'an unknown context',
      { from: 'text', text: kubeconfigFor('https://x.example'), context: 'typo' },
      'kubeconfig.no-context',
    ],
    ['a server that is no URL', { from: 'text', text: kubeconfigFor('not a url') }, 'kubeconfig.no-context'],
    [
      'plain http to another machine',
      { from: 'text', text: kubeconfigFor('http://10.0.0.1:8080') },
      'kubeconfig.insecure',
    ],
    ['no pod around it', { from: 'in-cluster' }, 'kubeconfig.unreadable'],
  ])('refuses %s in one sentence, without the text of the file', async (_why, source, code) => {
    const opened = await openConnection(source);
    expect(opened).toMatchObject({ ok: false, error: { code } });
    expect(!opened.ok && opened.error.sentence).not.toMatch(/test-token|unclosed/);
  });

  it('names the contexts it knows when another was asked for', async () => {
    const opened = await openConnection({ from: 'text', text: kubeconfigFor('https://x.example'), context: 'typo' });
    expect(!opened.ok && opened.error.sentence).toContain('It knows: test.');
  });
});

describe('request', () => {
  it('sends a body once, as it is', async () => {
    const server = await echo();
    const connection = await open({ from: 'text', text: kubeconfigFor(server.url) });
    const answer = await ask(connection, {
      method: 'PATCH',
      body: '[{"é":1}]',
      contentType: 'application/json-patch+json',
    });
    expect(answer.ok && JSON.parse(answer.value.body)).toMatchObject({
      text: '[{"é":1}]',
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect(server.requests).toEqual(['PATCH /x']);
  });

  it.each<[why: string, failure: object, given: () => Promise<{ server: string; more?: object; user?: object }>]>([
    [
      'nobody listens',
      { kind: 'no-connection', sent: false },
      async () => {
        const server = await startLocalServer(() => {});
        await server.close();
        return { server: server.url };
      },
    ],
    [
      'the other side speaks no TLS',
      { kind: 'no-connection', sent: false },
      async () => ({ server: (await echo()).url.replace('http:', 'https:') }),
    ],
    [
      'it was called off before',
      { kind: 'aborted', sent: false },
      async () => ({ server: (await echo()).url, more: { signal: AbortSignal.abort() } }),
    ],
    [
      'the plugin fails',
      { kind: 'no-credentials', sent: false },
      async () => ({
        server: (await echo()).url,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: process.execPath,
            args: ['-e', 'process.exit(3)'],
          },
        },
      }),
    ],
    [
      'the plugin hangs',
      { kind: 'timeout', sent: false },
      async () => ({
        server: (await echo()).url,
        more: { timeoutMs: 60 },
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: process.execPath,
            args: ['-e', 'setTimeout(() => {}, 1500)'],
          },
        },
      }),
    ],
    [
      'no answer comes',
      { kind: 'timeout', sent: true },
      async () => {
        const server = await startLocalServer(() => {});
        closing.push(() => server.close());
        return { server: server.url, more: { timeoutMs: 60 } };
      },
    ],
    [
      'the connection ends before an answer',
      { kind: 'broken-off', sent: true },
      async () => {
        const server = await startLocalServer((request) => request.socket.destroy());
        closing.push(() => server.close());
        return { server: server.url };
      },
    ],
    [
      'the answer is too large',
      { kind: 'too-large', sent: true },
      async () => {
        const server = await startLocalServer((_request, response) => response.end('x'.repeat(20_000)));
        closing.push(() => server.close());
        return { server: server.url };
      },
    ],
  ])('tells whether anything was sent when %s', async (_why, failure, given) => {
    const { server, more, user } = await given();
    const connection = await open({ from: 'text', text: kubeconfigFor(server, user === undefined ? {} : { user }) });
    expect(await ask(connection, more)).toMatchObject({ ok: false, error: failure });
  });

  it('follows no redirect', async () => {
    const server = await startLocalServer((_request, response) =>
      response.writeHead(302, { location: '/elsewhere' }).end(),
    );
    closing.push(() => server.close());
    const connection = await open({ from: 'text', text: kubeconfigFor(server.url) });
    expect(await ask(connection)).toMatchObject({ ok: true, value: { status: 302 } });
    expect(server.requests).toEqual(['GET /x']);
  });
});
