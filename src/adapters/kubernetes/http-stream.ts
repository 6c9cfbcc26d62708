import http from 'node:http';
import https from 'node:https';
import { fail, ok, type Result } from '../../core/result.ts';
import { toError } from './to-error.ts';

/** A GET whose answer goes on: `path` is sent as it is. `openTimeoutMs` bounds the time to the answer's head, `idleMs` each silence after it. */
export type StreamQuestion = {
  readonly path: string;
  readonly openTimeoutMs: number;
  readonly idleMs: number;
  /** Longest line in bytes; a longer one ends the stream. */
  readonly maxLineBytes: number;
  readonly signal: AbortSignal;
};

/** `lines` ends when the server ends the answer, when the connection breaks or stays silent too long, and when it is aborted: what is missing, the next request finds out. */
export type StreamAnswer = { readonly status: number; readonly lines: AsyncIterable<string> };

/** Why there is no answer: one of the failures of http-exchange.ts. A GET may have been sent all the same, and did nothing then. */
export type StreamFailure = {
  readonly kind: 'no-connection' | 'timeout' | 'aborted';
  readonly sent: boolean;
  readonly detail: string;
};

/** Opens a stream with prepared credentials. A connection of its own, so that streams never wait for each other or hold up requests. */
export function openStream(input: {
  readonly question: StreamQuestion;
  readonly options: https.RequestOptions;
  readonly hasProxy: boolean;
  readonly server: URL;
  readonly path: string;
}): Promise<Result<StreamAnswer, StreamFailure>> {
  const { question, options, hasProxy, server, path } = input;
  const { signal, openTimeoutMs } = question;
  const isTls = server.protocol === 'https:';
  const deadline = AbortSignal.timeout(openTimeoutMs);
  return new Promise((resolve) => {
    const request = (isTls ? https : http).request({
      ...options,
      agent: hasProxy ? options.agent : false,
      protocol: server.protocol,
      host: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? (isTls ? 443 : 80) : Number(server.port),
      path,
      method: 'GET',
      signal,
      headers: {
        ...options.headers,
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'sre-copilot',
      },
    });
    const onDeadline = () => request.destroy(new Error('the answer took too long'));
    deadline.addEventListener('abort', onDeadline, { once: true });
    request.on('error', (error) => {
      const { code, name } = toError(error);
      const kind = signal.aborted ? 'aborted' : deadline.aborted ? 'timeout' : 'no-connection';
      resolve(
        fail({
          kind,
          sent: false,
          detail: kind === 'timeout' ? `${openTimeoutMs} ms` : kind === 'aborted' ? 'aborted' : (code ?? name),
        }),
      );
    });
    request.on('response', (response) => {
      deadline.removeEventListener('abort', onDeadline);
      // A silent connection may be dead: the server sends a bookmark at least every minute or so.
      response.setTimeout(question.idleMs, () => response.destroy());
      resolve(ok({ status: response.statusCode ?? 0, lines: linesOf(response, question.maxLineBytes) }));
    });
    request.end();
  });
}

async function* linesOf(response: http.IncomingMessage, maxLineBytes: number): AsyncIterable<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      let rest = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
        parts = [];
        bytes = 0;
        rest = rest.subarray(end + 1);
        yield line;
      }
      bytes += rest.length;
      if (bytes > maxLineBytes) return;
      if (rest.length > 0) parts.push(rest);
    }
  } catch {
    // Broken off: as good as ended for whoever reads lines.
  } finally {
    response.destroy();
  }
}
