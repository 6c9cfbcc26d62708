import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftEvent } from '../../../src/core/journal/chain.ts';
import { notificationKey, readAlertmanagerWebhook } from '../../../src/core/signal/alertmanager.ts';
import { type AlertGroupSignal, signalSchema } from '../../../src/core/signal/signal.ts';
import { ended, firing, webhookBody } from '../../support/alertmanager-bodies.ts';

const keep = (text: string) => text;
function signalOf(body: unknown, redact = keep): AlertGroupSignal {
  const read = readAlertmanagerWebhook(body, redact);
  if (!read.ok) throw new Error(read.error.sentence);
  return read.value;
}

describe('readAlertmanagerWebhook', () => {
  it('reads a notification as the source sent it', () => {
    expect(signalOf(webhookBody())).toMatchObject({
      kind: 'alert-group',
      status: 'firing',
      alerts: [
        { fingerprint: '14fdf3c63e66b5e9', status: 'firing', startsAt: '2026-11-21T03:00:00.123Z', endsAt: null },
      ],
      truncatedAlerts: 0,
    });
  });

  it('reads one in which some alerts have ended: the group fires', () => {
    const { status, alerts } = signalOf(webhookBody({ alerts: [firing(), ended({ fingerprint: 'b' })] }));
    expect([status, alerts.map((it) => [it.status, it.endsAt])]).toEqual([
      'firing',
      [
        ['firing', null],
        ['resolved', '2026-11-21T03:20:00.000Z'],
      ],
    ]);
  });

  it('counts what it does not keep, besides what the source left out', () => {
    const alerts = Array.from({ length: 140 }, (_, n) => firing({ fingerprint: `f${n}` }));
    const { alerts: kept, truncatedAlerts } = signalOf(webhookBody({ alerts, truncatedAlerts: 7 }));
    expect([kept.length, truncatedAlerts]).toEqual([100, 47]);
  });

  it('hears a newer version that adds fields', () => {
    const more = { routeID: 'x', notification_reason: 'first', routeLabels: { team: 'sre' } };
    expect(signalOf(webhookBody({ ...more, alerts: [firing({ silenceURL: 'x' })] })).alerts).toHaveLength(1);
  });

  it('does without what may be missing', () => {
    const { version, groupKey, status } = webhookBody();
    const alerts = [{ status, labels: { alertname: 'X' }, startsAt: '2026-11-21T03:00:00Z' }];
    expect(signalOf({ version, groupKey, status, alerts })).toMatchObject({
      alerts: [{ fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/), annotations: {}, generatorUrl: '' }],
    });
  });

  it('is about the same group whatever its alerts are, and about another for another key', () => {
    const group = (more: Record<string, unknown>) => signalOf(webhookBody(more)).group;
    expect(group({ alerts: [ended()], status: 'resolved' })).toBe(group({}));
    expect(group({ groupKey: 'other' })).not.toBe(group({}));
  });

  it.each<[what: string, body: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'firing'],
    ['a list', []],
    ['another version', webhookBody({ version: '3' })],
    ['a number for a version', webhookBody({ version: 4 })],
    ['no version', { ...webhookBody(), version: undefined }],
    ['no group key', webhookBody({ groupKey: '' })],
    ['another status', webhookBody({ status: 'pending' })],
    ['no alerts', webhookBody({ alerts: [] })],
    ['alerts that are none', webhookBody({ alerts: ['x'] })],
    ['labels that are no texts', webhookBody({ alerts: [firing({ labels: { a: 1 } })] })],
    ['a start that is no time', webhookBody({ alerts: [firing({ startsAt: 'yesterday' })] })],
    ['a start that is Go’s zero', webhookBody({ alerts: [firing({ startsAt: '0001-01-01T00:00:00Z' })] })],
    [
      'a start that no calendar reaches',
      webhookBody({ alerts: [firing({ startsAt: '+275760-09-13T00:00:00.000Z' })] }),
    ],
    ['a negative count', webhookBody({ truncatedAlerts: -1 })],
    ['half a character in a label', webhookBody({ alerts: [firing({ labels: { a: '\ud800' } })] })],
    ['half a character in the name of a label', webhookBody({ commonLabels: { '\udc00': 'x' } })],
    ['half a character in the group key', webhookBody({ groupKey: 'x\ud83d' })],
    ['a custom payload', { text: 'an alert fires' }],
  ])('refuses %s, in one sentence', (_what, body) => {
    const read = readAlertmanagerWebhook(body, keep);
    expect(read).toMatchObject({
      ok: false,
      error: { code: 'webhook.malformed', sentence: expect.stringMatching(/Nothing was stored/) },
    });
  });

  it('redacts labels, annotations and addresses', () => {
    const secret = { token: 'hunter2' };
    const alerts = [firing({ labels: secret, annotations: secret, generatorURL: 'http://x/?hunter2' })];
    const body = webhookBody({
      alerts,
      commonLabels: secret,
      groupLabels: secret,
      commonAnnotations: secret,
      externalURL: 'http://hunter2@x',
    });
    expect(JSON.stringify(signalOf(body, (text) => text.replaceAll('hunter2', '…')))).not.toContain('hunter2');
  });

  it('cuts long texts, never within a character', () => {
    for (const length of [3_998, 3_999, 4_000, 4_001]) {
      const text = `${'x'.repeat(length)}🔥🔥`;
      const { annotations } = signalOf(webhookBody({ alerts: [firing({ annotations: { text } })] })).alerts[0] ?? {};
      expect(annotations?.text?.length).toBeLessThanOrEqual(4_000);
      expect(annotations?.text?.isWellFormed()).toBe(true);
    }
  });

  it('whatever it accepts can be stored and read back', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const labels = fc.dictionary(text, text);
    const alerts = fc.array(
      fc.record({
        status: fc.constantFrom('firing', 'resolved'),
        labels,
        annotations: labels,
        startsAt: fc.oneof(text, fc.constant('2026-11-21T03:00:00Z')),
        endsAt: text,
        fingerprint: text,
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(alerts, labels, text, (alerts, commonLabels, groupKey) => {
        const read = readAlertmanagerWebhook(webhookBody({ alerts, commonLabels, groupKey }), keep);
        if (!read.ok) return;
        expect(signalSchema.safeParse(read.value).success).toBe(true);
        const event = {
          type: 'signal-received',
          actor: { kind: 'bot' },
          cause: 0,
          occurredAt: '2026-11-21T03:00:00.000Z',
          body: { signal: read.value },
        } as const;
        expect(() => draftEvent(event)).not.toThrow();
      }),
    );
  });
});

describe('notificationKey', () => {
  const key = (more: Record<string, unknown> = {}) => notificationKey(signalOf(webhookBody(more)));
  it('is the same for the same notification, in whatever order its alerts come', () => {
    const [a, b] = [firing({ fingerprint: 'a' }), firing({ fingerprint: 'b' })];
    expect(key({ alerts: [a, b] })).toBe(key({ alerts: [b, a] }));
  });
  it.each<[what: string, more: Record<string, unknown>]>([
    ['another group', { groupKey: 'other' }],
    ['another status', { status: 'resolved' }],
    ['an alert that ended', { alerts: [ended()] }],
    ['another alert', { alerts: [firing({ fingerprint: 'b' })] }],
    ['one alert more', { alerts: [firing(), firing({ fingerprint: 'b' })] }],
    ['another occurrence', { alerts: [firing({ startsAt: '2026-11-21T04:00:00Z' })] }],
  ])('is another for %s', (_what, more) => {
    expect(key(more)).not.toBe(key());
  });
});
