import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { healthRoutes } from '../../../src/adapters/http/health-routes.ts';
import { startHttpServer } from '../../../src/adapters/http/http-server.ts';

const loopback = { host: '127.0.0.1', port: 0 };

describe('the health routes', () => {
  it('tell a process that answers from one that takes signals', async () => {
    let ready = false;
    const app = healthRoutes({ isReady: () => ready });
    const statusOf = async (path: string) => (await app.request(path)).status;
    expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503]);
    ready = true;
    expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 200]);
  });
});

describe('the HTTP server', () => {
  it('takes a free port, says which, and gives it back', async () => {
    const server = await startHttpServer(healthRoutes({ isReady: () => true }), loopback);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${server.url}/healthz`)).text()).toBe('ok');
    await server.stop();
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it('rejects with the system’s error for a port that is taken', async () => {
    const server = await startHttpServer(new Hono(), loopback);
    const port = Number(new URL(server.url).port);
    await expect(startHttpServer(new Hono(), { ...loopback, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.stop();
  });

  it('lets a request that is being answered end', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const app = new Hono().get('/slow', async (context) => {
      await promise;
      return context.text('done');
    });
    const server = await startHttpServer(app, loopback);
    const asking = fetch(`${server.url}/slow`).then((response) => response.text());
    await new Promise((turn) => setTimeout(turn, 20));
    const stopping = server.stop();
    resolve();
    expect(await asking).toBe('done');
    await stopping;
    await server.stop();
  });
});
