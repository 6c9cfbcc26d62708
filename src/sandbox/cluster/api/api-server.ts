import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../../core/result.ts';
import { authenticate } from './authenticate.ts';
import type { User } from './authorize.ts';
import type { Answer, ApiParts } from './exchange.ts';
import { createFaultList, injectedFailure, type RequestPattern } from './faults.ts';
import { handleRequest } from './handle-request.ts';
import { type ApiFailure, statusBody } from './status.ts';

/** One request that reached the server, in order of arrival. `code` is 0 while it is open or when its connection was cut. */
export type LedgerEntry = {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly user: string;
  readonly code: number;
  readonly body?: unknown;
  /** The store differs because of this request. */
  readonly applied: boolean;
};

export type Faults = {
  /** Requests wait this long before they are answered. */
  delay(delayMs: number, pattern?: RequestPattern): void;
  /** Requests are answered with this code and take no effect. */
  fail(fault: RequestPattern & { code: number; times?: number }): void;
  /** Connections break: before the request takes effect, or after it, so that only the answer is lost. */
  cutConnection(fault?: RequestPattern & { when?: 'before' | 'after'; times?: number }): void;
  /** Breaks the watches that are open now. */
  cutOpenWatches(): void;
  /** The server stops listening and drops every connection (`true`), or comes back on the same port. */
  down(isDown: boolean): Promise<void>;
  clear(): void;
};

export type ApiServer = {
  start(): Promise<{ port: number }>;
  stop(): Promise<void>;
  requests(): readonly LedgerEntry[];
  readonly faults: Faults;
};

// The API server's own limit on a request body.
const maxBodyBytes = 3 * 1024 * 1024;

type Exchange = {
  entry: { -readonly [K in keyof LedgerEntry]: LedgerEntry[K] };
  request: IncomingMessage;
  response: ServerResponse;
};

/** The HTTP front of the simulated cluster, on the loopback address only. */
export function createApiServer(
  parts: ApiParts & { port?: number; users: () => ReadonlyMap<string, User> },
): ApiServer {
  const ledger: LedgerEntry[] = [];
  const faults = createFaultList();
  const openWatches = new Set<ServerResponse>();
  let server: Server | undefined;
  let port = parts.port ?? 0;

  async function listen(): Promise<void> {
    const created = createServer((request, response) => {
      // Whatever goes wrong in here is a defect of the sandbox: say it as the API server would say a panic.
      serve(request, response).catch((error: unknown) => {
        if (!response.headersSent)
          answerFailure(response, { code: 500, reason: 'InternalError', message: String(error) });
        else response.destroy();
      });
    });
    created.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      created.once('error', reject);
      created.listen(port, '127.0.0.1', resolve);
    });
    created.unref();
    // Listening on a TCP port, so the address is never a path.
    port = (created.address() as AddressInfo).port;
    server = created;
  }

  async function close(): Promise<void> {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
    closing.closeAllConnections();
    await closed;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(`http://cluster${request.url ?? '/'}`);
    const method = request.method ?? 'GET';
    const entry: Exchange['entry'] = {
      at: new Date(parts.now()).toISOString(),
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      user: '',
      code: 0,
      applied: false,
    };
    ledger.push(entry);
    const struck = faults.strike(method, url.pathname);
    for (const plan of struck) if (plan.type === 'delay') await sleep(plan.delayMs, undefined, { ref: false });
    if (struck.some((plan) => plan.type === 'cut' && plan.when === 'before')) return void request.socket.destroy();
    const failure = struck.find((plan) => plan.type === 'fail');
    if (failure?.type === 'fail') {
      request.resume();
      entry.code = failure.code;
      return answerFailure(response, injectedFailure(failure.code));
    }
    const isCutAfter = struck.some((plan) => plan.type === 'cut' && plan.when === 'after');
    await answer({ entry, request, response }, url, isCutAfter);
  }

  async function answer({ entry, request, response }: Exchange, url: URL, isCutAfter: boolean): Promise<void> {
    const refuse = (failure: ApiFailure): void => {
      entry.code = failure.code;
      answerFailure(response, failure);
    };
    const { headers } = request;
    const impersonated = headers['impersonate-user'];
    const user = authenticate(parts.users(), {
      authorization: headers.authorization,
      impersonate: {
        user: Array.isArray(impersonated) ? impersonated[0] : impersonated,
        groups: headers['impersonate-group'] !== undefined,
        other: Object.keys(headers).some((name) => name === 'impersonate-uid' || name.startsWith('impersonate-extra-')),
      },
    });
    if (!user.ok) {
      request.resume();
      return refuse(user.error);
    }
    entry.user = user.value.name;
    const body = await readBody(request);
    if (!body.ok) return refuse(body.error);
    if (body.value !== undefined) entry.body = parsedOrText(body.value);
    const handled = handleRequest(parts, {
      method: entry.method,
      path: url.pathname,
      query: url.searchParams,
      accept: headers.accept ?? '',
      contentType: headers['content-type'] ?? '',
      user: user.value,
      body: body.value,
    });
    if (handled.ok && 'applied' in handled.value) entry.applied = true;
    if (isCutAfter) return void request.socket.destroy();
    if (!handled.ok) return refuse(handled.error);
    if ('watch' in handled.value) {
      entry.code = 200;
      openWatches.add(response);
      response.on('close', () => openWatches.delete(response));
      handled.value.watch(response);
      return;
    }
    entry.code = handled.value.code;
    send(response, handled.value);
  }

  return {
    async start() {
      if (server === undefined) await listen();
      return { port };
    },
    stop: close,
    requests: () => ledger.map((entry) => ({ ...entry })),
    faults: {
      delay: (delayMs, pattern = {}) => faults.add(pattern, { type: 'delay', delayMs }),
      fail: ({ code, times, ...pattern }) => faults.add(pattern, { type: 'fail', code }, times),
      cutConnection: ({ times, when = 'before', ...pattern } = {}) => faults.add(pattern, { type: 'cut', when }, times),
      cutOpenWatches() {
        for (const response of openWatches) response.destroy();
      },
      async down(isDown) {
        if (isDown) await close();
        else if (server === undefined) await listen();
      },
      clear: () => faults.clear(),
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Result<string | undefined, ApiFailure>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    // Read on without keeping: an answer before the end of the request would reach the client as a broken connection.
    if (bytes <= maxBodyBytes) chunks.push(part);
  }
  if (bytes > maxBodyBytes) {
    const message = `Request entity too large: limit is ${maxBodyBytes}`;
    return fail({ code: 413, reason: 'RequestEntityTooLarge', message, details: {} });
  }
  return ok(bytes === 0 ? undefined : Buffer.concat(chunks).toString());
}

function parsedOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function send(response: ServerResponse, { body, code, contentType, headers = {} }: Answer): void {
  const type = contentType ?? 'application/json';
  response.writeHead(code, { ...headers, 'Content-Type': type, 'Cache-Control': 'no-cache, private' });
  if (code === 204) response.end();
  else response.end(contentType === undefined ? JSON.stringify(body) : String(body));
}

function answerFailure(response: ServerResponse, failure: ApiFailure): void {
  send(response, {
    code: failure.code,
    body: statusBody(failure),
    ...(failure.headers === undefined ? {} : { headers: failure.headers }),
  });
}
