import { describe, expect, it } from 'vitest';
import { apply } from '../../../src/core/incident/apply.ts';
import { flapsOf, groupOfDetection, timesOf } from '../../../src/core/incident/detections.ts';
import { readIncidentEvent } from '../../../src/core/incident/events.ts';
import type { IncidentState } from '../../../src/core/incident/state.ts';
import type { Desk, Taken } from '../../../src/core/signal/desk.ts';
import { detectionSignal } from '../../../src/core/signal/detection.ts';
import { type DetectionSignal, type Signal, signalSchema } from '../../../src/core/signal/signal.ts';
import { takeSignal } from '../../../src/core/signal/take-signal.ts';
import { alert, alertGroup, ann, investigation } from '../../support/incident-facts.ts';
import { opened } from '../../support/incident-story.ts';

const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' } as const;
const fingerprint = 'ab'.repeat(16);
const group = groupOfDetection(fingerprint);
const start = Date.parse('2026-11-21T04:00:00.000Z');
const instant = (minutes: number) => new Date(start + minutes * 60_000).toISOString();

function detection(more: Partial<DetectionSignal> = {}): DetectionSignal {
  return {
    kind: 'detection',
    source: 'scan',
    rule: 'pod-crash-looping',
    object,
    namespace: 'shop',
    related: [],
    severity: 'warning',
    summary: 'Pod shop/checkout-x: container app ended 5 times.',
    fingerprint,
    status: 'firing',
    at: instant(0),
    since: instant(-3),
    occurrences: 1,
    ...more,
  };
}

/** Incidents as they come to be when signals are taken one after the other, as the inbox does. */
function desk(incidents: IncidentState[] = []) {
  const states = new Map(incidents.map((state) => [state.reference, state]));
  let signals = 0;
  let next = incidents.length + 1;
  const settings = (): Desk => ({
    incidents: [...states.values()],
    nextReference: `INC-${next}`,
    cluster: 'test',
    heartbeats: ['Watchdog'],
    reopenWithinMs: 1_800_000,
    escalation: { afterMs: 1_800_000, times: 3, windowMs: 6 * 3_600_000 },
    routeOf: (labels) => ({
      channel: labels.severity === 'critical' ? 'C-LOUD' : 'C-OPS',
      approvers: ['sre-leads'],
      autonomy: 'assist',
    }),
  });
  function tell(reference: string, type: string, body: unknown, minutes: number): void {
    const state = states.get(reference);
    const at = instant(minutes);
    const placed = {
      v: 1,
      type,
      body,
      incident: reference,
      seq: (state?.seq ?? 0) + 1,
      recordedAt: at,
      occurredAt: at,
      cause: 'x',
      actor: { kind: 'bot' as const },
      prev: '',
      hash: '',
    };
    states.set(reference, apply(state, readIncidentEvent(placed as Parameters<typeof readIncidentEvent>[0])));
  }
  return {
    get: (reference: string) => {
      const state = states.get(reference);
      if (state === undefined) throw new Error(`no ${reference}`);
      return state;
    },
    count: () => states.size,
    tell,
    resolve: (reference: string, minutes: number) =>
      tell(reference, 'incident-resolved', { signalId: null, by: 'source', summary: 'Over.' }, minutes),
    take(signal: Signal, minutes = 0): string {
      signals += 1;
      const taken: Taken = takeSignal(
        signalSchema.parse(signal),
        `signal-new-${signals}`,
        new Date(start + minutes * 60_000),
        settings(),
      );
      if (taken.take === 'ignore') return `ignore: ${taken.why}`;
      for (const { type, body } of taken.events) tell(taken.reference, type, body, minutes);
      if (taken.opens) next += 1;
      return `${taken.reference} ${taken.events.map(({ type }) => type).join(' ')}`;
    },
  };
}

const ended = (more: Partial<DetectionSignal> = {}) => detection({ status: 'resolved', occurrences: 0, ...more });

describe('a detection', () => {
  it('opens an incident as an alert would, routed by its labels, about its object', () => {
    const { take, get } = desk();
    expect(take(detection({ severity: 'critical' }))).toBe('INC-1 incident-opened detection-noted');
    expect(get('INC-1')).toMatchObject({
      group,
      opened: {
        source: 'detection',
        title: 'pod-crash-looping: Deployment shop/checkout',
        severity: 'critical',
        route: { channel: 'C-LOUD' },
        requester: null,
        scope: {
          cluster: 'test',
          namespace: 'shop',
          object,
          alert: {
            name: 'pod-crash-looping',
            labels: {
              alertname: 'pod-crash-looping',
              namespace: 'shop',
              kind: 'Deployment',
              name: 'checkout',
              cluster: 'test',
              severity: 'critical',
            },
          },
        },
      },
      alerts: [{ fingerprint, status: 'firing', startsAt: instant(-3), endsAt: null }],
      escalation: { at: instant(30), times: 3 },
      sourceResolvedAt: null,
    });
  });

  it('is known once it was told, and ends its incident when it ends', () => {
    const { take, get } = desk();
    take(detection());
    expect(take(detection({ occurrences: 0 }), 1)).toBe('ignore: it is known');
    expect(take(ended(), 2)).toBe('INC-1 signal-joined');
    expect(get('INC-1').sourceResolvedAt).not.toBeNull();
    expect(take(ended(), 3)).toBe('ignore: its end is known');
  });

  it('that ends without having begun is ignored', () => {
    expect(desk().take(ended())).toBe('ignore: no open incident belongs to it');
  });

  it('that comes back soon reopens its incident, and later opens a new one that names the old', () => {
    const { take, get, resolve } = desk();
    take(detection());
    take(ended(), 5);
    resolve('INC-1', 5);
    expect(take(detection({ at: instant(20) }), 20)).toBe('INC-1 incident-reopened detection-noted');
    expect(get('INC-1')).toMatchObject({
      phase: 'open',
      sources: { [group]: { status: 'firing' } },
      sourceResolvedAt: null,
    });
    take(ended(), 25);
    resolve('INC-1', 25);
    expect(take(detection({ at: instant(90) }), 90)).toBe('INC-2 incident-opened detection-noted');
    expect(get('INC-2').opened.previous).toBe('INC-1');
  });

  it('counts how often it flapped here and how often it began altogether, within the window', () => {
    const { take, get, resolve } = desk();
    take(detection());
    take(ended(), 5);
    take(detection({ occurrences: 4 }), 10);
    expect([flapsOf(get('INC-1').detections), timesOf(get('INC-1').detections)]).toEqual([4, 5]);
    take(ended(), 15);
    resolve('INC-1', 15);
    take(detection(), 100);
    expect([flapsOf(get('INC-2').detections), timesOf(get('INC-2').detections)]).toEqual([0, 6]);
    take(ended(), 105);
    resolve('INC-2', 105);
    take(detection(), 24 * 60);
    expect([flapsOf(get('INC-3').detections), timesOf(get('INC-3').detections)]).toEqual([0, 1]);
  });

  it('counts a telling of what a person closed as no new beginning where it is known', () => {
    const { take, get, resolve } = desk();
    take(detection());
    resolve('INC-1', 5);
    expect(take(detection({ occurrences: 0 }), 10)).toBe('INC-1 incident-reopened detection-noted');
    expect(timesOf(get('INC-1').detections)).toBe(1);
  });
});

describe('one problem, one thread', () => {
  const alertOf = (name = 'checkout') =>
    alertGroup({
      group: `group-${name}`,
      commonLabels: { alertname: 'X', namespace: 'shop', deployment: name },
      alerts: [alert({ labels: {} })],
    });

  it.each<[what: string, more: Partial<DetectionSignal>, joins: boolean]>([
    ['on the object of the alert', {}, true],
    [
      'on a pod of it',
      { object: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'checkout-7d9c5b6f4-x2x8k' } },
      true,
    ],
    [
      'on a Service that it stands behind',
      { object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web' }, related: [object] },
      true,
    ],
    ['on another object', { object: { ...object, name: 'cart' } }, false],
    ['on the same name elsewhere', { object: { ...object, namespace: 'bank' } }, false],
  ])('a detection %s joins its open incident: %s', (_what, more, joins) => {
    const { take, count } = desk();
    take(alertOf());
    expect(take(detection(more))).toBe(
      joins ? 'INC-1 signal-joined detection-noted' : 'INC-2 incident-opened detection-noted',
    );
    expect(count()).toBe(joins ? 1 : 2);
  });

  it('a detection joins the incident whose finding names its object', () => {
    const { take, tell } = desk();
    const labels = { alertname: 'SlowCheckout', namespace: 'shop' };
    take(alertGroup({ commonLabels: labels, alerts: [alert({ labels })] }));
    tell('INC-1', 'investigation-finished', { investigation: investigation(), chosen: null, why: 'none fits.' }, 0);
    expect(take(detection())).toBe('INC-1 signal-joined detection-noted');
  });

  it('an alert for an object that was detected joins, and does not open a second thread', () => {
    const { take, get } = desk();
    take(detection());
    expect(take(alertOf())).toBe('INC-1 signal-joined');
    expect(take(alertOf('cart'))).toBe('INC-2 incident-opened');
    expect(get('INC-1').alerts.map(({ labels }) => labels.alertname ?? 'X')).toEqual(['pod-crash-looping', 'X']);
  });

  it.each<[first: 'alert' | 'detection']>([['alert'], ['detection']])(
    'an incident with both is over when both have ended, the %s first',
    (first) => {
      const { take, get } = desk();
      take(detection());
      take(alertOf());
      const ends = [() => take({ ...alertOf(), status: 'resolved' }, 5), () => take(ended(), 5)];
      const [one, other] = first === 'alert' ? ends : ends.toReversed();
      one?.();
      expect(get('INC-1').sourceResolvedAt).toBeNull();
      other?.();
      expect(get('INC-1').sourceResolvedAt).not.toBeNull();
    },
  );

  it('a person who asks about what was detected is led to its thread', () => {
    const { take } = desk();
    take(detection());
    const command = {
      kind: 'command',
      source: 'slack',
      verb: 'investigate',
      text: 'Deployment/shop/checkout',
      person: ann,
      channel: 'C',
    } as const;
    expect(take(command)).toBe('INC-1 investigation-requested');
  });

  it('does not join what is over', () => {
    const { take, resolve } = desk();
    take(alertOf());
    resolve('INC-1', 1);
    expect(take(detection(), 2)).toBe('INC-2 incident-opened detection-noted');
  });
});

describe('a decision over the HTTP API', () => {
  const command = (verb: 'ack' | 'resolve', text: string) =>
    ({ kind: 'command', source: 'api', verb, text, person: ann, channel: 'C', incident: 'INC-1' }) as const;
  it.each([
    ['ack', 'on it', 'INC-1 incident-acknowledged comment-added'],
    ['ack', '', 'INC-1 incident-acknowledged'],
    ['resolve', 'restarted by hand', 'INC-1 comment-added incident-resolved'],
  ] as const)('%s with the comment %j', (verb, text, expected) => {
    expect(desk([opened().state()]).take(command(verb, text))).toBe(expected);
  });
});

describe('the signal of a detection', () => {
  const build = (more: object) => {
    const { kind: _kind, ...rest } = detection();
    return detectionSignal({ ...rest, ...more }, (text) => text.replaceAll('hunter2', '[masked]'));
  };
  it.each<[what: string, more: object, part: object]>([
    ['a secret', { summary: 'password=hunter2' }, { summary: 'password=[masked]' }],
    ['half a surrogate pair', { summary: 'a\ud83d' }, { summary: 'a\ufffd' }],
    ['a very long text', { summary: 'x'.repeat(1_000_000) }, { summary: 'x'.repeat(1_000) }],
    ['no text at all', { summary: '' }, { summary: 'Nothing is known beyond that.' }],
    [
      'a name that no API would allow',
      { object: { ...object, name: 'n'.repeat(9_999) } },
      { object: { ...object, name: 'n'.repeat(300) } },
    ],
    [
      'a thousand related objects',
      { related: Array.from({ length: 1_000 }, () => object) },
      { related: Array.from({ length: 10 }, () => object) },
    ],
  ])('holds %s safely', (_what, more, part) => {
    const signal = build(more);
    expect(signal).toMatchObject(part);
    expect(signalSchema.safeParse(signal).success).toBe(true);
    expect(JSON.stringify(signal).isWellFormed()).toBe(true);
  });
});
