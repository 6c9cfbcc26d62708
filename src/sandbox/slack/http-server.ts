import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Fault, type FaultPlan, faultAnswer } from './faults.ts';
import { parseJson } from './json.ts';
import type { Ledger } from './ledger.ts';
import { useResponseUrl } from './response-url.ts';
import type { HttpAnswer, HttpCall } from './web-api/answer-call.ts';
import type { Services } from './web-api/method.ts';

const mostCallBytes = 2 * 1024 * 1024;
const mostUploadBytes = 51 * 1024 * 1024;

type Bindings = { Bindings: HttpBindings };

/**
 * The HTTP side of the workspace: `/api/<method>`, uploads, response_urls, and the page.
 *
 * Every request must name this server in `Host` (a foreign name that resolves to the loopback address is refused), and a page
 * of another origin may not post.
 */
export function createHttpServer(input: {
  answerCall: (call: HttpCall) => Promise<HttpAnswer>;
  services: Services;
  ledger: Ledger;
  faults: FaultPlan;
  page: Hono;
  isAllowedHost: (host: string | undefined) => boolean;
  signal: AbortSignal;
}): Server {
  const { services, ledger, faults } = input;
  const hono = new Hono<Bindings>();

  hono.use(async (c, next) => {
    if (!input.isAllowedHost(c.req.header('host')))
      return c.text('This server answers to its own loopback address only.', 403);
    const origin = c.req.header('origin');
    if (origin !== undefined && !input.isAllowedHost(origin.replace(/^http:\/\//, '')))
      return c.text('Another page may not use this workspace.', 403);
    return next();
  });
  hono.use('/upload/*', bodyLimit({ maxSize: mostUploadBytes, onError: (c) => tooLarge(c, 'The file is too large.') }));
  for (const path of ['/api/*', '/response/*', '/page/*']) {
    hono.use(path, bodyLimit({ maxSize: mostCallBytes, onError: (c) => tooLarge(c, 'The request is too large.') }));
  }

  hono.all('/api/:method', async (c) => {
    const query = new URL(c.req.url).search.slice(1);
    const body = c.req.method === 'GET' ? query : await c.req.text();
    const answer = await input.answerCall({
      method: c.req.param('method'),
      contentType: c.req.header('content-type') ?? 'application/x-www-form-urlencoded',
      authorization: c.req.header('authorization'),
      body,
    });
    if (answer.kind === 'sent')
      return new Response(answer.body, { status: answer.status, headers: { ...answer.headers } });
    c.env.outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  });

  /** The delay and the failure of an armed fault. `done` runs first when the fault strikes after processing. */
  const strike = async (fault: Fault | undefined, done: () => void): Promise<Response | 'reset' | undefined> => {
    if (fault === undefined) return undefined;
    if (fault.delayMs !== undefined)
      await sleep(fault.delayMs, undefined, { signal: input.signal, ref: false }).catch(() => undefined);
    const failure = faultAnswer(fault);
    if (failure === undefined && !fault.reset) return undefined;
    if (fault.afterProcessing) done();
    if (fault.reset || failure === undefined) return 'reset';
    const headers = failure.retryAfterSeconds === undefined ? {} : { 'retry-after': String(failure.retryAfterSeconds) };
    return new Response(failure.body, { status: failure.status, headers });
  };

  hono.post('/response/:id', async (c) => {
    const text = await c.req.text();
    const body = parseJson(text) ?? text;
    const struck = await strike(faults.next('response_url'), () => useResponseUrl(services, c.req.param('id'), body));
    if (struck !== undefined) {
      const status = struck === 'reset' ? 0 : struck.status;
      ledger.record({ kind: 'response-url', use: 0, body, status, answer: null, fault: 'failed' });
      if (struck !== 'reset') return struck;
      c.env.outgoing.destroy();
      return RESPONSE_ALREADY_SENT;
    }
    const { status, use, answer } = useResponseUrl(services, c.req.param('id'), body);
    ledger.record({ kind: 'response-url', use, body, status, answer });
    return new Response(JSON.stringify(answer), {
      status,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
  });

  hono.post('/upload/:id', async (c) => {
    const file = c.req.param('id');
    const content = await uploadedBytes(c.req.raw);
    const store = (): 'stored' | 'unknown' | 'wrong-size' => services.files.receive(file, content);
    const struck = await strike(faults.next('upload'), store);
    if (struck !== undefined) {
      ledger.record({
        kind: 'upload',
        file,
        bytes: content.byteLength,
        status: struck === 'reset' ? 0 : struck.status,
        fault: 'failed',
      });
      if (struck !== 'reset') return struck;
      c.env.outgoing.destroy();
      return RESPONSE_ALREADY_SENT;
    }
    const outcome = store();
    const status = outcome === 'stored' ? 200 : outcome === 'unknown' ? 404 : 400;
    ledger.record({ kind: 'upload', file, bytes: content.byteLength, status });
    if (outcome === 'stored') return c.text(`OK - ${content.byteLength}`);
    return c.text(
      outcome === 'unknown' ? 'There is no such upload.' : 'The number of bytes is not the announced one.',
      status === 404 ? 404 : 400,
    );
  });

  hono.route('/', input.page);
  hono.notFound((c) => c.text('There is nothing here.', 404));
  hono.onError((error, c) => c.text(`The local workspace failed: ${error.message}`, 500));

  // Created without HTTP/2 options, so it is a plain HTTP server.
  return createAdaptorServer({ fetch: hono.fetch, hostname: '127.0.0.1' }) as Server;
}

/** The rest of the body is not read, so the connection cannot be used again. */
function tooLarge(c: Context, text: string): Response {
  return c.text(`${text} Nothing was done.`, 413, { connection: 'close' });
}

/** The bytes of an upload: the first file of a multipart form (what `filesUploadV2` sends), or the bare body. */
async function uploadedBytes(request: Request): Promise<Uint8Array> {
  if (!(request.headers.get('content-type') ?? '').startsWith('multipart/form-data'))
    return new Uint8Array(await request.arrayBuffer());
  const form = await request.formData();
  for (const value of form.values()) if (typeof value !== 'string') return new Uint8Array(await value.arrayBuffer());
  return new Uint8Array();
}
