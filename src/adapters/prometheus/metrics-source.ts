import {
  badAnswer,
  type MetricAnswerProblem,
  readPrometheusAnswer,
  readPrometheusSeries,
  tooSlow,
} from '../../core/evidence/prometheus-answer.ts';
import { fail, problem, type Result } from '../../core/result.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import { readLimited } from './read-limited.ts';

const maxAnswerBytes = 10 * 2 ** 20;

/**
 * Queries over the Prometheus HTTP API (`POST /api/v1/query`, `/api/v1/query_range`), also as Thanos, Mimir and VictoriaMetrics serve it.
 *
 * `url` is the server's base, with its path prefix if it has one; `headers` carry credentials. Vectors and scalars are samples; a value may be NaN or infinite, as
 * Prometheus says it. A matrix or a text is a bad answer: ask for an instant value.
 */
export function createPrometheusSource(dependencies: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}): MetricsSource {
  const { url, headers = {}, fetch: send = fetch, timeoutMs = 5000 } = dependencies;
  const base = `${url.replace(/\/+$/, '')}/api/v1`;

  const ask = async <T>(
    path: string,
    form: Readonly<Record<string, string>>,
    read: (status: number, answer: unknown) => Result<T, MetricAnswerProblem>,
    signal: AbortSignal | undefined,
  ): Promise<Result<T, MetricAnswerProblem>> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response = await send(`${base}/${path}`, {
        method: 'POST',
        headers: { ...headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...form, timeout: `${timeoutMs}ms` }),
        // Credentials go to the server that was named and to no other.
        redirect: 'error',
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      const body = await readLimited(response, maxAnswerBytes);
      if (body === undefined) return fail(badAnswer(`it is larger than ${maxAnswerBytes} bytes`));
      return read(response.status, parse(body));
    } catch {
      if (deadline.aborted) return fail(tooSlow(`within ${timeoutMs} ms`));
      if (signal?.aborted === true) return fail(tooSlow('before it was called off'));
      return fail(
        problem(
          'metrics.unreachable',
          'The metrics server cannot be reached. Nothing was measured. Check its URL and that it runs.',
        ),
      );
    }
  };

  return {
    query: (promql, signal) => ask('query', { query: promql }, readPrometheusAnswer, signal),
    queryRange: (promql, { fromMs, toMs, stepMs }, signal) =>
      ask(
        'query_range',
        {
          query: promql,
          start: String(fromMs / 1000),
          end: String(toMs / 1000),
          step: String(Math.max(1, stepMs / 1000)),
        },
        readPrometheusSeries,
        signal,
      ),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
