import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AlertRule, type AlertSource, createAlertSource } from '../../../src/sandbox/monitoring/alert-source.ts';

type Received = { authorization: string | undefined; body: ReturnType<typeof JSON.parse> };

describe('createAlertSource', () => {
  let receiver: Server;
  let received: Received[];
  let answers: number[];
  let active: Record<string, string>[];
  let source: AlertSource | undefined;

  beforeEach(async () => {
    received = [];
    answers = [];
    active = [];
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { authorization } = request.headers;
        received.push({ authorization, body: JSON.parse(Buffer.concat(chunks).toString()) });
        const code = answers.shift() ?? 200;
        if (code === 0) request.socket.destroy();
        else response.writeHead(code).end();
      });
    });
    receiver.listen(0, '127.0.0.1');
    await new Promise((resolve) => receiver.once('listening', resolve));
  });
  afterEach(async () => {
    await source?.stop();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const rule = (more: Partial<AlertRule> = {}): AlertRule => ({
    alert: 'Broken',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'It is broken.',
      description: '{{ $labels.pod }} in {{ $labels.namespace }}',
      runbook_url: 'https://runbooks.example/broken',
    },
    active: () => active,
    ...more,
  });

  function startSource(more: Partial<Parameters<typeof createAlertSource>[0]> = {}): void {
    const { port } = receiver.address() as AddressInfo;
    source = createAlertSource({
      webhookUrl: `http://127.0.0.1:${port}/hook`,
      token: 'secret',
      rules: [rule()],
      groupWaitMs: 30,
      groupIntervalMs: 60,
      evaluateEveryMs: 10,
      retryAfterMs: 20,
      ...more,
    });
    source.start();
  }

  async function receivedCount(count: number): Promise<void> {
    const deadline = performance.now() + 3000;
    while (received.length < count) {
      if (performance.now() > deadline) throw new Error(`only ${received.length} of ${count} webhooks came`);
      await sleep(5);
    }
  }

  it('sends a version 4 body when an alert begins, and another when it ends', async () => {
    active = [{ namespace: 'shop', pod: 'web-1' }];
    startSource();
    await receivedCount(1);
    active = [];
    await receivedCount(2);
    const [firing, resolved] = received;
    expect(firing?.authorization).toBe('Bearer secret');
    const labels = { alertname: 'Broken', namespace: 'shop', pod: 'web-1', severity: 'warning' };
    const annotations = {
      summary: 'It is broken.',
      description: 'web-1 in shop',
      runbook_url: 'https://runbooks.example/broken',
    };
    expect(firing?.body).toEqual({
      receiver: 'sre-copilot',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels,
          annotations,
          startsAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: expect.stringContaining('/graph?g0.expr='),
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
      ],
      groupLabels: { alertname: 'Broken', namespace: 'shop' },
      commonLabels: labels,
      commonAnnotations: annotations,
      externalURL: 'http://alertmanager.invalid:9093',
      version: '4',
      groupKey: '{}:{alertname="Broken", namespace="shop"}',
      truncatedAlerts: 0,
      routeLabels: {},
      notification_reason: 'first notification',
    });
    expect(resolved?.body).toMatchObject({
      status: 'resolved',
      groupKey: firing?.body.groupKey,
      notification_reason: 'all alerts resolved',
    });
    const [before] = firing?.body.alerts ?? [];
    const [after] = resolved?.body.alerts ?? [];
    expect(after).toMatchObject({ status: 'resolved', fingerprint: before.fingerprint, startsAt: before.startsAt });
    expect(Date.parse(after.endsAt)).toBeGreaterThanOrEqual(Date.parse(before.startsAt));
    await sleep(150);
    expect(received).toHaveLength(2);
  });

  it('puts alerts of one name and namespace into one group, and says what joined and what left', async () => {
    active = [{ namespace: 'shop', pod: 'a' }];
    startSource();
    await receivedCount(1);
    active = [
      { namespace: 'shop', pod: 'a' },
      { namespace: 'shop', pod: 'b' },
    ];
    await receivedCount(2);
    active = [{ namespace: 'shop', pod: 'b' }];
    await receivedCount(3);
    expect(received.map(({ body }) => [body.status, body.notification_reason, body.alerts.length])).toEqual([
      ['firing', 'first notification', 1],
      ['firing', 'new alerts added', 2],
      ['firing', 'some alerts resolved', 2],
    ]);
    expect(received[1]?.body.commonLabels).toEqual({ alertname: 'Broken', namespace: 'shop', severity: 'warning' });
  });

  it('makes groups by namespace, and leaves out a label that an alert lacks', async () => {
    active = [{ namespace: 'shop' }, { namespace: 'staging' }, {}];
    startSource();
    await receivedCount(3);
    expect(received.map(({ body }) => body.groupKey).toSorted()).toEqual([
      '{}:{alertname="Broken", namespace="shop"}',
      '{}:{alertname="Broken", namespace="staging"}',
      '{}:{alertname="Broken"}',
    ]);
  });

  it.each([
    ['a server error', [500, 503, 200]],
    ['a broken connection', [0, 0, 200]],
  ])('tries again after %s until it is accepted', async (_what, codes) => {
    answers = [...codes];
    active = [{ namespace: 'shop' }];
    startSource({ groupIntervalMs: 5000 });
    await receivedCount(3);
    await sleep(100);
    expect(received).toHaveLength(3);
    expect(source?.deliveries().map(({ code }) => code)).toEqual(codes.map((code) => (code === 0 ? undefined : code)));
  });

  it.each([400, 401, 429])(
    'gives up the round after a %i, and sends the group anew at the next interval',
    async (code) => {
      answers = [code, code];
      active = [{ namespace: 'shop' }];
      startSource({ groupIntervalMs: 150 });
      await receivedCount(1);
      await sleep(80);
      expect(received).toHaveLength(1);
      await receivedCount(3);
      expect(received.map(({ body }) => body.notification_reason)).toEqual(Array(3).fill('first notification'));
    },
  );

  it('never tells of an alert that ended before anybody was told that it began', async () => {
    answers = [400];
    active = [{ namespace: 'shop' }];
    startSource();
    await receivedCount(1);
    active = [];
    await sleep(200);
    expect(received).toHaveLength(1);
  });

  it('repeats what goes on after the repeat interval, and not before', async () => {
    active = [{ namespace: 'shop' }];
    startSource({ repeatIntervalMs: 200 });
    await receivedCount(1);
    await sleep(120);
    expect(received).toHaveLength(1);
    await receivedCount(2);
    expect(received[1]?.body.notification_reason).toBe('repeat interval elapsed');
  });

  it('waits until the condition has held for its time, and forgets one that did not', async () => {
    active = [{ namespace: 'shop' }];
    startSource({ rules: [rule({ forMs: 150 })] });
    await sleep(100);
    active = [];
    await sleep(150);
    expect(received).toEqual([]);
    active = [{ namespace: 'shop' }];
    await receivedCount(1);
    expect(source?.firing()).toHaveLength(1);
  });

  it('gives the same labels a new occurrence when they fire again', async () => {
    active = [{ namespace: 'shop' }];
    startSource();
    await receivedCount(1);
    active = [];
    await receivedCount(2);
    active = [{ namespace: 'shop' }];
    await receivedCount(3);
    const [first, , again] = received.map(({ body }) => body.alerts[0]);
    expect(again).toMatchObject({ status: 'firing', fingerprint: first.fingerprint });
    expect(again.startsAt).not.toBe(first.startsAt);
  });

  it('stops while it is trying', async () => {
    answers = Array(100).fill(500);
    active = [{ namespace: 'shop' }];
    startSource({ retryAfterMs: 5 });
    await receivedCount(2);
    await source?.stop();
    const count = received.length;
    await sleep(80);
    expect(received).toHaveLength(count);
  });
});
