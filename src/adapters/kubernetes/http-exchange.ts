import http from 'node:http';
import https from 'node:https';
import { createGunzip } from 'node:zlib';
import { sha256 } from '../../core/digest.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { openStream, type StreamAnswer, type StreamQuestion } from './http-stream.ts';
import { toError } from './to-error.ts';

/** One request to the API server. `path` begins with `/` and is sent as it is: escape its segments before. */
export type HttpQuestion = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly timeoutMs: number;
  /** Longest answer in bytes, after decompression. */
  readonly maxBytes: number;
  /** What to do with more than that: refuse it, or keep its beginning (logs). */
  readonly whenTooLarge?: 'fail' | 'cut';
  readonly signal?: AbortSignal | undefined;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isCut: boolean;
};

/**
 * Why there is no answer. `sent: false` is certain: nothing of the request reached the API server (no credentials, no connection, no TLS).
 * `detail` is a code of the system such as `ECONNREFUSED`, never text from the other side.
 */
export type HttpFailure = {
  readonly kind: 'no-credentials' | 'no-connection' | 'timeout' | 'aborted' | 'broken-off' | 'too-large';
  readonly sent: boolean;
  readonly detail: string;
};

export interface HttpExchange {
  /** Any status is an answer. Never throws for what server or network does. Nothing is ever sent twice. */
  request(question: HttpQuestion): Promise<Result<HttpAnswer, HttpFailure>>;
  close(): void;
}

export interface HttpStreams {
  /** An answer that goes on, such as a watch, over a connection of its own. Any status is an answer. Never throws for what server or network does. */
  stream(question: StreamQuestion): Promise<Result<StreamAnswer, HttpFailure>>;
}

type Prepared = https.RequestOptions;

/** How long credentials are taken as they are, before files and plugins are asked again (client-node caches tokens by their own expiry). */
const credentialsMs = 5000;
const keepAliveMs = 30_000;
const maxSockets = 16;

/**
 * Requests to one server with the credentials that `credentials` puts into options (headers, certificates, agent). Connections are kept alive, except through
 * a proxy: there the agent is client-node's own. One agent per set of TLS options, so that a renewed certificate gets new connections.
 */
export function createHttpExchange(dependencies: {
  readonly server: URL;
  readonly hasProxy: boolean;
  readonly credentials: (options: Prepared) => Promise<void>;
}): HttpExchange & HttpStreams {
  const { server, hasProxy, credentials } = dependencies;
  const isTls = server.protocol === 'https:';
  const basePath = server.pathname.replace(/\/$/, '');
  let agent: { readonly key: string; readonly agent: http.Agent } | undefined;
  let prepared: { readonly options: Promise<Prepared>; readonly at: number } | undefined;

  const prepare = (): Promise<Prepared> => {
    const now = performance.now();
    if (prepared !== undefined && now - prepared.at < credentialsMs) return prepared.options;
    const options = build();
    prepared = { options, at: now };
    // A plugin that failed is asked again by the next request.
    options.catch(() => {
      if (prepared?.options === options) prepared = undefined;
    });
    return options;
  };

  const build = async (): Promise<Prepared> => {
    const options: Prepared = { headers: {} };
    await credentials(options);
    if (hasProxy) return options;
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const tls: https.AgentOptions = isTls
      ? defined({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername })
      : {};
    const agentKey = sha256(JSON.stringify(Object.entries(tls).map(([name, value]) => [name, String(value)])));
    if (agent?.key !== agentKey) {
      agent?.agent.destroy();
      const pool = { keepAlive: true, keepAliveMsecs: keepAliveMs, maxSockets };
      agent = { key: agentKey, agent: isTls ? new https.Agent({ ...pool, ...tls }) : new http.Agent(pool) };
    }
    return { ...options, agent: agent.agent };
  };

  return {
    async request(question) {
      const deadline = AbortSignal.timeout(question.timeoutMs);
      const signal = question.signal === undefined ? deadline : AbortSignal.any([question.signal, deadline]);
      const gaveUp = (sent: boolean): Result<never, HttpFailure> =>
        deadline.aborted
          ? fail({ kind: 'timeout', sent, detail: `${question.timeoutMs} ms` })
          : fail({ kind: 'aborted', sent, detail: 'aborted' });
      if (signal.aborted) return gaveUp(false);
      let options: Prepared;
      try {
        options = await raceAbort(prepare(), signal);
      } catch (cause) {
        if (signal.aborted) return gaveUp(false);
        const { code, name } = toError(cause);
        return fail({ kind: 'no-credentials', sent: false, detail: code ?? name });
      }
      const answer = await send({ question, options, signal, server, isTls, path: basePath + question.path });
      // Rejected credentials are looked up anew by the next request.
      if (answer.ok && answer.value.status === 401) prepared = undefined;
      return !answer.ok && signal.aborted ? gaveUp(answer.error.sent) : answer;
    },
    async stream(question) {
      let options: Prepared;
      try {
        options = await raceAbort(prepare(), question.signal);
      } catch (cause) {
        if (question.signal.aborted) return fail({ kind: 'aborted', sent: false, detail: 'aborted' });
        const { code, name } = toError(cause);
        return fail({ kind: 'no-credentials', sent: false, detail: code ?? name });
      }
      const answer = await openStream({ question, options, hasProxy, server, path: basePath + question.path });
      if (answer.ok && answer.value.status === 401) prepared = undefined;
      return answer;
    },
    close() {
      agent?.agent.destroy();
      agent = undefined;
    },
  };
}

function send(input: {
  readonly question: HttpQuestion;
  readonly options: Prepared;
  readonly signal: AbortSignal;
  readonly server: URL;
  readonly isTls: boolean;
  readonly path: string;
}): Promise<Result<HttpAnswer, HttpFailure>> {
  const { question, options, signal, server, isTls, path } = input;
  return new Promise((resolve) => {
    let connected = false;
    const request = (isTls ? https : http).request({
      ...options,
      protocol: server.protocol,
      host: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? (isTls ? 443 : 80) : Number(server.port),
      path,
      method: question.method,
      signal,
      headers: {
        ...options.headers,
        accept: question.accept ?? 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': 'sre-copilot',
        ...(question.contentType === undefined ? {} : { 'content-type': question.contentType }),
        ...(question.body === undefined ? {} : { 'content-length': Buffer.byteLength(question.body) }),
      },
    });
    request.on('socket', (socket) => {
      // A kept connection is ready at once; a new one carries the request only when TLS, or else TCP, is up.
      if (request.reusedSocket || !socket.connecting) connected = true;
      else socket.once(isTls ? 'secureConnect' : 'connect', () => (connected = true));
    });
    request.on('error', (error) => {
      const { code, name } = toError(error);
      resolve(fail({ kind: connected ? 'broken-off' : 'no-connection', sent: connected, detail: code ?? name }));
    });
    request.on('response', (response) => {
      readBody(response, question).then(resolve);
    });
    request.end(question.body);
  });
}

async function readBody(
  response: http.IncomingMessage,
  question: HttpQuestion,
): Promise<Result<HttpAnswer, HttpFailure>> {
  const isGzip = response.headers['content-encoding'] === 'gzip';
  const stream = isGzip ? response.pipe(createGunzip()) : response;
  // A pipe passes data on, not errors: without this, a connection that breaks would leave the reader waiting.
  if (isGzip) response.once('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isCut = false;
  try {
    for await (const chunk of stream) {
      const data = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      const room = question.maxBytes - bytes;
      if (data.length > room) {
        if (question.whenTooLarge !== 'cut') {
          response.destroy();
          return fail({ kind: 'too-large', sent: true, detail: `more than ${question.maxBytes} bytes` });
        }
        chunks.push(data.subarray(0, room));
        isCut = true;
        response.destroy();
        break;
      }
      chunks.push(data);
      bytes += data.length;
    }
  } catch (error) {
    const { code, name } = toError(error);
    return fail({ kind: 'broken-off', sent: true, detail: code ?? name });
  }
  const headers = Object.fromEntries(
    Object.entries(response.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
  return ok({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8'), isCut });
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

type TlsFields = 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername';

// An agent takes a field that is there and undefined for a setting.
function defined(options: { readonly [Field in TlsFields]: Prepared[Field] }): https.AgentOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));
}
