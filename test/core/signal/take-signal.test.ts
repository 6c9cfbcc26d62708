import { describe, expect, it } from 'vitest';
import type { CommandSignal } from '../../../src/core/signal/signal.ts';
import { type Desk, type Taken, takeSignal } from '../../../src/core/signal/take-signal.ts';
import { alert, alertGroup, ann, openedBody } from '../../support/incident-facts.ts';
import { createStory, opened, planned, runId, type Story } from '../../support/incident-story.ts';

const now = new Date('2026-11-21T04:00:00.000Z');
function desk(...stories: Story[]): Desk {
  return {
    incidents: stories.map((story) => story.state()),
    nextReference: 'INC-9',
    cluster: 'test',
    heartbeats: ['Watchdog', 'InfoInhibitor'],
    reopenWithinMs: 1_800_000,
    routeOf: (labels) => ({
      channel: labels.namespace === 'shop' ? 'C-SHOP' : 'C-ALL',
      approvers: [],
      autonomy: 'assist',
    }),
  };
}
const take = (signal = alertGroup(), ...stories: Story[]) => takeSignal(signal, 'signal-new', now, desk(...stories));
const resolvedAt = (at: string) => {
  const story = opened();
  const afterMs = Date.parse(at) - story.now().getTime();
  return story.tell({ type: 'incident-resolved', body: { signalId: null, by: 'source', summary: 'x' } }, { afterMs });
};
const command = (more: Partial<CommandSignal> = {}): CommandSignal => ({
  kind: 'command',
  source: 'slack',
  verb: 'investigate',
  text: 'Deployment/shop/checkout',
  person: ann,
  channel: 'C-ROOM',
  ...more,
});
const briefly = (taken: Taken) =>
  taken.take === 'ignore'
    ? `ignore: ${taken.why}`
    : `${taken.reference} ${taken.events.map(({ type }) => type).join(' ')}`;
const watchdog = { alertname: 'Watchdog' };
const heartbeat = (status: 'firing' | 'resolved' = 'firing') => alert({ labels: watchdog, status, fingerprint: 'w' });

describe('an alert group', () => {
  it.each<[what: string, taken: () => Taken, expected: string]>([
    ['opens an incident', () => take(), 'INC-9 incident-opened'],
    ['joins its open one', () => take(alertGroup(), opened()), 'INC-1 signal-joined'],
    ['joins it when it ends', () => take(alertGroup({ status: 'resolved' }), opened()), 'INC-1 signal-joined'],
    ['of another key opens another', () => take(alertGroup({ group: 'group-2' }), opened()), 'INC-9 incident-opened'],
    [
      'that ends without having begun is ignored',
      () => take(alertGroup({ status: 'resolved' })),
      'ignore: no open incident belongs to it',
    ],
    [
      'that ends after its incident ended is ignored',
      () => take(alertGroup({ status: 'resolved' }), resolvedAt('2026-11-21T03:59:00.000Z')),
      'ignore: no open incident belongs to it',
    ],
    [
      'reopens it within the time',
      () => take(alertGroup(), resolvedAt('2026-11-21T03:30:00.000Z')),
      'INC-1 incident-reopened',
    ],
    [
      'opens a new one a millisecond later',
      () => take(alertGroup(), resolvedAt('2026-11-21T03:29:59.999Z')),
      'INC-9 incident-opened',
    ],
    ['is taken once', () => takeSignal(alertGroup(), 'signal-1', now, desk(opened())), 'ignore: it was taken before'],
  ])('%s', (_what, taken, expected) => {
    expect(briefly(taken())).toBe(expected);
  });

  it('names the incident before, when it comes back later', () => {
    const taken = take(alertGroup(), resolvedAt('2026-11-21T03:10:00.000Z'));
    expect(taken).toMatchObject({ opens: true, events: [{ body: { previous: 'INC-1' } }] });
  });

  it('joins what a person already asks about, and gives it its group', () => {
    const asked = createStory().tell({
      type: 'incident-opened',
      body: openedBody({
        group: null,
        alerts: [],
        source: 'command',
        requester: ann,
        scope: {
          cluster: 'test',
          namespace: 'shop',
          object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        },
      }),
    });
    expect(take(alertGroup(), asked)).toMatchObject({
      reference: 'INC-1',
      events: [{ type: 'signal-joined', body: { group: 'group-1' } }],
    });
    const elsewhere = alertGroup({
      commonLabels: { alertname: 'X', namespace: 'shop', deployment: 'cart' },
      alerts: [alert({ labels: {} })],
    });
    expect(briefly(take(elsewhere, asked))).toBe('INC-9 incident-opened');
  });

  it('takes severity, words, runbook and route from its labels and annotations', () => {
    const annotations = { summary: 's', description: 'd', runbook_url: 'https://runbooks.example/x' };
    const taken = take(alertGroup({ commonAnnotations: annotations }));
    expect(taken).toMatchObject({
      events: [
        {
          body: {
            severity: 'warning',
            summary: 's',
            description: 'd',
            runbookUrl: 'https://runbooks.example/x',
            route: { channel: 'C-SHOP' },
            requester: null,
          },
        },
      ],
    });
  });
});

describe('a heartbeat', () => {
  it('never opens one', () => {
    const signal = alertGroup({ groupLabels: watchdog, commonLabels: watchdog, alerts: [heartbeat()] });
    expect(briefly(take(signal))).toBe('ignore: Watchdog is a heartbeat');
  });

  it.each(['first', 'last'])('does not hide a real alert of the same group, as the %s of them', (place) => {
    const alerts = place === 'first' ? [heartbeat(), alert()] : [alert(), heartbeat()];
    const taken = take(alertGroup({ groupLabels: {}, commonLabels: {}, commonAnnotations: {}, alerts }));
    expect(taken).toMatchObject({ take: 'append', opens: true });
    expect(JSON.stringify(taken)).not.toContain('Watchdog');
    expect(taken).toMatchObject({
      events: [{ body: { title: expect.stringMatching(/^KubeDeploymentRolloutStuck/) } }],
    });
  });

  it('does not keep an incident open whose real alerts have ended', () => {
    const alerts = [heartbeat(), alert({ status: 'resolved' })];
    const taken = take(alertGroup({ groupLabels: {}, commonLabels: {}, alerts }), opened());
    expect(taken).toMatchObject({ events: [{ type: 'signal-joined', body: { status: 'resolved' } }] });
  });

  it('does not end one when alerts were left out of the notification', () => {
    const alerts = [heartbeat(), alert({ status: 'resolved' })];
    const taken = take(alertGroup({ groupLabels: {}, commonLabels: {}, alerts, truncatedAlerts: 3 }), opened());
    expect(taken).toMatchObject({ events: [{ type: 'signal-joined', body: { status: 'firing' } }] });
  });
});

describe('a command', () => {
  it.each<[what: string, more: Partial<CommandSignal>, stories: () => Story[], expected: string]>([
    ['investigate opens an incident where it was said', {}, () => [], 'INC-9 incident-opened'],
    ['investigate about what is open joins it', {}, () => [opened()], 'INC-1 investigation-requested'],
    [
      'investigate by the name of an open alert joins it',
      { text: 'KubeDeploymentRolloutStuck' },
      () => [opened()],
      'INC-1 investigation-requested',
    ],
    [
      'investigate in a thread looks again',
      { text: '', incident: 'INC-1' },
      () => [opened()],
      'INC-1 investigation-requested',
    ],
    [
      'investigate about something else opens another',
      { text: 'Deployment/bank/ledger' },
      () => [opened()],
      'INC-9 incident-opened',
    ],
    ['run', { verb: 'run', text: 'rollout-bad-image a=b', incident: 'INC-1' }, () => [opened()], 'INC-1 run-requested'],
    [
      'run without a runbook',
      { verb: 'run', text: '  ', incident: 'INC-1' },
      () => [opened()],
      'ignore: no runbook was named',
    ],
    [
      'run without an incident',
      { verb: 'run', text: 'x' },
      () => [opened()],
      'ignore: there is no open incident to run it in',
    ],
    ['stop', { verb: 'stop', text: '', incident: 'INC-1' }, () => [planned()], 'INC-1 run-stop-requested'],
    ['ack', { verb: 'ack', text: '', incident: 'INC-1' }, () => [opened()], 'INC-1 incident-acknowledged'],
    [
      'ack of what is over',
      { verb: 'ack', text: '', incident: 'INC-1' },
      () => [resolvedAt('2026-11-21T03:30:00.000Z')],
      'ignore: it is not open any more',
    ],
    ['ack of nothing', { verb: 'ack', text: '' }, () => [], 'ignore: there is no incident to acknowledge'],
    ['resolve', { verb: 'resolve', text: '', incident: 'INC-1' }, () => [opened()], 'INC-1 incident-resolved'],
    [
      'resolve during a run',
      { verb: 'resolve', text: '', incident: 'INC-1' },
      () => [planned()],
      'ignore: a run is under way',
    ],
    [
      'resolve of what is over',
      { verb: 'resolve', text: '', incident: 'INC-1' },
      () => [resolvedAt('2026-11-21T03:30:00.000Z')],
      'ignore: there is no incident to resolve',
    ],
    [
      'stop without a run',
      { verb: 'stop', text: '', incident: 'INC-1' },
      () => [opened()],
      'ignore: no run is under way',
    ],
    [
      'stop of a run that has ended',
      { verb: 'stop', incident: 'INC-1' },
      () => [planned().tell({ type: 'run-ended', body: { run: runId, status: 'stopped', reason: 'x' } })],
      'ignore: no run is under way',
    ],
  ])('%s', (_what, more, stories, expected) => {
    expect(briefly(takeSignal(command(more), 'signal-new', now, desk(...stories())))).toBe(expected);
  });

  it('T7: makes its person the requester', () => {
    const run = takeSignal(command({ verb: 'run', text: 'r', incident: 'INC-1' }), 's', now, desk(opened()));
    expect(run).toMatchObject({ events: [{ body: { requester: ann } }] });
    expect(takeSignal(command(), 's', now, desk())).toMatchObject({
      events: [{ body: { requester: ann, route: { channel: 'C-ROOM' } } }],
    });
  });

  it('gives inputs as words, the first sign of equality parting them', () => {
    const run = takeSignal(
      command({ verb: 'run', text: 'r a=b c=d=e =x y', incident: 'INC-1' }),
      's',
      now,
      desk(opened()),
    );
    expect(run).toMatchObject({ events: [{ body: { runbook: 'r', given: { a: 'b', c: 'd=e' } } }] });
  });
});
