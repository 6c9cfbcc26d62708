import { describe, expect, it } from 'vitest';
import { createAlertmanagerSource } from '../../../src/adapters/alertmanager/alert-source.ts';

const alert = {
  labels: { alertname: 'KubePodCrashLooping', namespace: 'shop' },
  annotations: { summary: 'x' },
  startsAt: '2026-11-21T09:00:00.000Z',
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: 'ab',
  status: { state: 'active', silencedBy: [], inhibitedBy: [] },
};

function source(answer: () => Promise<Response>) {
  const asked: string[] = [];
  const send = async (url: unknown) => {
    asked.push(String(url));
    return answer();
  };
  return {
    asked,
    alerts: createAlertmanagerSource({ url: 'http://127.0.0.1:9093/am/', fetch: send as typeof fetch, timeoutMs: 50 }),
  };
}

describe('the alerts of an Alertmanager', () => {
  it('are read over its API v2, below its path prefix', async () => {
    const { asked, alerts } = source(async () => Response.json([alert, { labels: {} }]));
    expect(await alerts.list()).toMatchObject({
      ok: true,
      value: [
        {
          firing: true,
          alert: { name: 'KubePodCrashLooping' },
          startsAt: Date.parse(alert.startsAt),
          endsAt: undefined,
        },
      ],
    });
    expect(asked).toEqual(['http://127.0.0.1:9093/am/api/v2/alerts?active=true&silenced=true&inhibited=true']);
  });

  it.each<[what: string, answer: () => Promise<Response>, code: string]>([
    ['refuses', async () => new Response('no', { status: 403 }), 'alerts.refused'],
    ['is no Alertmanager', async () => new Response('<html>'), 'alerts.bad-answer'],
    ['answers with something else', async () => Response.json('alerts'), 'alerts.bad-answer'],
    ['is not there', () => Promise.reject(new TypeError('fetch failed')), 'alerts.unreachable'],
  ])('are a problem when it %s', async (_what, answer, code) => {
    expect(await source(answer).alerts.list()).toMatchObject({ ok: false, error: { code } });
  });

  it('are given up when it does not answer in time', async () => {
    const send = (_url: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<Response>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const alerts = createAlertmanagerSource({
      url: 'http://127.0.0.1:1',
      fetch: send as unknown as typeof fetch,
      timeoutMs: 20,
    });
    expect(await alerts.list()).toMatchObject({ ok: false, error: { code: 'alerts.timeout' } });
  });
});
