import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type LocalServer = {
  readonly url: string;
  readonly port: number;
  /** What was asked, in order: `GET /path?query`. */
  readonly requests: readonly string[];
  /** How many connections were opened. */
  connections(): number;
  close(): Promise<void>;
};

/** An HTTP server on loopback that answers as it is told. Closing it ends every connection, also those that wait for an answer. */
export async function startLocalServer(
  answer: (request: IncomingMessage & { readonly text: string }, response: ServerResponse) => void,
): Promise<LocalServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    requests.push(`${request.method} ${request.url}`);
    answer(Object.assign(request, { text }), response);
  });
  server.on('connection', (socket) => {
    opened++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => opened,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A Status object as the API server sends with a failure. */
export function answerStatus(response: ServerResponse, code: number, reason: string): void {
  answerJson(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: 'not to be read',
    reason,
    code,
  });
}
