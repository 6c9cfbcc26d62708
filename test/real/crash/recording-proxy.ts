import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { ClusterRequest } from '../../crash/crash-world.ts';

/** Stands before the real API server and writes down what is asked of it and what it answers: the server itself keeps no such record. */
export type RecordingProxy = {
  readonly url: string;
  requests(): readonly ClusterRequest[];
  close(): Promise<void>;
};

/**
 * Starts a proxy on 127.0.0.1 that passes every request on as it is, credentials included. A request counts from when it arrived; its code stays 0 until the API
 * server answered, whether or not the client lived to hear it.
 *
 * @param ca PEM of the API server's certificate authority.
 */
export async function startRecordingProxy({
  url,
  ca,
}: {
  readonly url: string;
  readonly ca: string;
}): Promise<RecordingProxy> {
  const agent = new Agent({ keepAlive: true, ca });
  const recorded: { -readonly [K in keyof ClusterRequest]: ClusterRequest[K] }[] = [];

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const asked = new URL(incoming.url ?? '/', url);
    const entry: (typeof recorded)[number] = {
      at: new Date().toISOString(),
      method: incoming.method ?? 'GET',
      path: asked.pathname,
      query: Object.fromEntries(asked.searchParams),
      code: 0,
    };
    recorded.push(entry);
    const body = await readAll(incoming);
    if (body.length > 0) entry.body = parsed(body.toString('utf8'));
    const { host: _, connection: __, ...headers } = incoming.headers;
    const call = request(asked, { method: entry.method, agent, headers });
    call.end(body);
    const [answer]: IncomingMessage[] = await once(call, 'response');
    if (answer === undefined) throw new Error('the API server gave no answer');
    entry.code = answer.statusCode ?? 0;
    const { connection: ___, ...answerHeaders } = answer.headers;
    outgoing.writeHead(entry.code, answerHeaders);
    answer.pipe(outgoing);
  }

  const server = createServer((incoming, outgoing) => {
    // A co-pilot that was killed in the middle of a request, or an API server that is gone: the other side learns it by the end of the connection.
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => recorded.map((entry) => ({ ...entry })),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
