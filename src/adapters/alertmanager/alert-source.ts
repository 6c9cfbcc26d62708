import { readAlerts } from '../../core/diagnosis/alerts-file.ts';
import { fail, ok, problem } from '../../core/result.ts';
import type { AlertSource } from '../../ports/alert-source.ts';

const maxAnswerChars = 20 * 2 ** 20;

/** Alerts over Alertmanager's HTTP API v2 (`GET /api/v2/alerts`). `url` is its base, with its path prefix if it has one; `headers` carry credentials. */
export function createAlertmanagerSource(dependencies: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}): AlertSource {
  const { url, headers = {}, fetch: send = fetch, timeoutMs = 5000 } = dependencies;
  const address = `${url.replace(/\/+$/, '')}/api/v2/alerts?active=true&silenced=true&inhibited=true`;
  return {
    async list(signal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const response = await send(address, {
          headers: { ...headers, accept: 'application/json' },
          // Credentials go to the server that was named and to no other.
          redirect: 'error',
          signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          return fail(
            problem(
              'alerts.refused',
              `Alertmanager answered ${response.status}. Its alerts were not read. Check its URL and credentials.`,
            ),
          );
        }
        const text = await response.text();
        const alerts = text.length > maxAnswerChars ? undefined : readAlerts(parse(text));
        return alerts === undefined
          ? fail(
              problem(
                'alerts.bad-answer',
                'Alertmanager gave an answer that is no list of alerts. They were not read. Check that the URL is an Alertmanager.',
              ),
            )
          : ok(alerts);
      } catch {
        if (deadline.aborted || signal?.aborted === true)
          return fail(
            problem('alerts.timeout', `Alertmanager did not answer within ${timeoutMs} ms. Its alerts were not read.`),
          );
        return fail(
          problem(
            'alerts.unreachable',
            'Alertmanager cannot be reached. Its alerts were not read. Check its URL and that it runs.',
          ),
        );
      }
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
