import { Agent, request } from 'node:https';

/** An answer of the API server: status code, the body parsed when it is JSON, and the text as it came. */
type ApiAnswer<T = unknown> = { readonly status: number; readonly body: T; readonly text: string };

/**
 * A bare client of the real API server, for what tests do to the cluster from outside.
 *
 * Deliberately not the adapter of the product: a test must not prove the adapter with itself.
 */
export type ApiClient = {
  /** Sends one request. Any status is an answer; throws when the server cannot be reached or takes over 15 s. */
  request<T = unknown>(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer<T>>;
  /** As `request`, and throws with method, path, status and the server's sentence when the status is not 2xx. */
  send<T = unknown>(method: string, path: string, body?: unknown, contentType?: string): Promise<T>;
  get<T = unknown>(path: string): Promise<T>;
  close(): void;
};

const requestTimeoutMs = 15_000;

export function createApiClient({ url, ca, token }: { url: string; ca: string; token: string }): ApiClient {
  const agent = new Agent({ keepAlive: true, ca });
  const ask: ApiClient['request'] = <T>(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ) =>
    new Promise<ApiAnswer<T>>((resolve, reject) => {
      const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
      const payload = body === undefined ? undefined : JSON.stringify(body);
      if (payload !== undefined) {
        headers['content-type'] = contentType;
        headers['content-length'] = String(Buffer.byteLength(payload));
      }
      const call = request(new URL(path, url), { method, agent, headers, timeout: requestTimeoutMs }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          // The caller names the wire type it asked for; the API server's own schema is what vouches for it.
          resolve({ status: response.statusCode ?? 0, body: parsed(text) as T, text });
        });
      });
      call.once('timeout', () => call.destroy(new Error(`${method} ${path} took over ${requestTimeoutMs / 1000} s`)));
      call.once('error', reject);
      call.end(payload);
    });
  const send: ApiClient['send'] = async <T>(method: string, path: string, body?: unknown, contentType?: string) => {
    const answer = await ask<T>(method, path, body, contentType);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(
      `${method} ${path} was answered with ${answer.status}: ${messageOf(answer.body) ?? answer.text.slice(0, 300)}`,
    );
  };
  return { request: ask, send, get: (path) => send('GET', path), close: () => agent.destroy() };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(body: unknown): string | undefined {
  const hasMessage = typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string';
  return hasMessage ? (body.message as string) : undefined;
}
