import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';

export type HttpServer = { readonly url: string; stop(): Promise<void> };

/** How long a request that is being answered may take after `stop`. */
const graceMs = 3_000;
const sweepMs = 50;

/** Serves an app. Rejects with the system's error when the address cannot be taken (in use, no right). Port 0 takes a free one; `url` says which. */
export function startHttpServer(
  app: Hono,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpServer>();
  const server = serve({ fetch: app.fetch, hostname: host, port }, ({ port: taken }: AddressInfo) => {
    const shown = host.includes(':') ? `[${host}]` : host;
    resolve({ url: `http://${shown}:${taken}`, stop });
  });
  server.once('error', reject);

  function stop(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    // A connection that was busy when the server closed and is kept alive afterwards would hold it open for the whole grace.
    const sweep = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), sweepMs);
    server.close(() => {
      clearInterval(sweep);
      closed.resolve();
    });
    const force = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), graceMs);
    force.unref();
    return closed.promise;
  }

  return promise;
}
