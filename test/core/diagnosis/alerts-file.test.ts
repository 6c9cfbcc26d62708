import { describe, expect, it } from 'vitest';
import { chooseAlert, readAlerts } from '../../../src/core/diagnosis/alerts-file.ts';

const labels = { alertname: 'KubePodCrashLooping', namespace: 'shop' };
const annotations = { summary: 'crashes', description: 'again', runbook_url: 'https://runbooks.example/x' };

describe('readAlerts', () => {
  it.each<[what: string, document: unknown, firing: boolean]>([
    ['a webhook body', { version: '4', alerts: [{ status: 'firing', labels, annotations, fingerprint: 'f1' }] }, true],
    [
      'a resolved webhook body',
      { version: '4', alerts: [{ status: 'resolved', labels, annotations, fingerprint: 'f1' }] },
      false,
    ],
    ['a list of API v2', [{ labels, annotations, fingerprint: 'f1', status: { state: 'active' } }], true],
    ['a silenced alert of API v2', [{ labels, annotations, fingerprint: 'f1', status: { state: 'suppressed' } }], true],
    [
      'an answer of Prometheus',
      { status: 'success', data: { alerts: [{ labels, annotations, fingerprint: 'f1', state: 'firing' }] } },
      true,
    ],
    ['one alert', { labels, annotations, fingerprint: 'f1' }, true],
  ])('reads %s', (_what, document, firing) => {
    expect(readAlerts(document)).toEqual([
      {
        firing,
        alert: { name: 'KubePodCrashLooping', labels, fingerprint: 'f1' },
        summary: 'crashes',
        description: 'again',
        runbookUrl: 'https://runbooks.example/x',
        expression: undefined,
        startsAt: undefined,
        endsAt: undefined,
      },
    ]);
  });

  it('reads the expression behind an alert, and since when it fires', () => {
    const generatorURL = `https://prometheus.example/graph?g0.expr=${encodeURIComponent('up{job="x"} == 0')}&g0.tab=1`;
    const times = { startsAt: '2026-11-21T09:50:00Z', endsAt: '0001-01-01T00:00:00Z' };
    expect(readAlerts([{ labels, generatorURL, ...times }])).toMatchObject([
      { expression: 'up{job="x"} == 0', startsAt: Date.parse('2026-11-21T09:50:00Z'), endsAt: undefined },
    ]);
    expect(readAlerts([{ labels, generatorURL: 'not a url' }])).toMatchObject([{ expression: undefined }]);
  });

  it.each([[undefined], [null], ['alert'], [{}], [{ alerts: 'x' }]])('finds no alerts in %j', (document) => {
    expect(readAlerts(document)).toBeUndefined();
  });

  it('leaves out what has no name', () => {
    expect(readAlerts([null, 5, { labels: { alertname: 5 } }, { labels: {} }])).toEqual([]);
  });
});

describe('chooseAlert', () => {
  const alerts = (...given: [name: string, status: string][]) =>
    readAlerts(given.map(([alertname, status]) => ({ labels: { alertname }, status }))) ?? [];

  it('takes the first that fires and is no heartbeat', () => {
    expect(chooseAlert(alerts(['Watchdog', 'firing'], ['Old', 'resolved'], ['Now', 'firing']))?.alert.name).toBe('Now');
    expect(chooseAlert(alerts(['Old', 'resolved']))?.alert.name).toBe('Old');
    expect(chooseAlert(alerts(['Watchdog', 'firing']))).toBeUndefined();
  });
});
