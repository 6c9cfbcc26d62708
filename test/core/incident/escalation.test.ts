import { describe, expect, it } from 'vitest';
import type { BodyOf, Told } from '../../../src/core/incident/events.ts';
import { next, nextWake } from '../../../src/core/incident/next.ts';
import { timelineOf } from '../../../src/core/timeline/entries.ts';
import { ann } from '../../support/incident-facts.ts';
import { opened, type Story } from '../../support/incident-story.ts';

const fingerprint = 'ab'.repeat(16);
const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
const at = '2026-11-21T03:34:00.000Z';
const note = (more: Partial<BodyOf<'detection-noted'>> = {}): BodyOf<'detection-noted'> => ({
  signalId: 'signal-1',
  fingerprint,
  rule: 'pod-crash-looping',
  source: 'scan',
  object,
  since: '2026-11-21T03:00:00.000Z',
  occurrences: 1,
  earlier: 0,
  escalation: { at, times: 3, windowMs: 3_600_000 },
  ...more,
});
const route = { channel: 'C-OPS', approvers: ['sre-leads'], autonomy: 'assist' as const };
const detected = (more: Partial<BodyOf<'detection-noted'>> = {}) =>
  opened({ source: 'detection', group: `detection:${fingerprint}`, route }).tell({
    type: 'detection-noted',
    body: note(more),
  });
const escalations = (story: Story, when: string) =>
  next(story.state(), new Date(when)).flatMap((effect) =>
    effect.kind === 'record' ? effect.events.filter(({ type }) => type === 'incident-escalated') : [],
  );
const later = '2026-11-21T05:00:00.000Z';
const acknowledged = { type: 'incident-acknowledged', body: { signalId: 's', by: ann } } as const;
const joined = (status: 'firing' | 'resolved'): Told => ({
  type: 'signal-joined',
  body: { signalId: `s-${status}`, status, group: `detection:${fingerprint}`, alerts: [], summary: 'x' },
});

describe('escalation', () => {
  it('waits for its stored instant, and wakes for it', () => {
    const story = detected();
    expect(escalations(story, '2026-11-21T03:33:59.999Z')).toEqual([]);
    expect(escalations(story, at)).toMatchObject([{ body: { why: 'persistent', groups: ['sre-leads'] } }]);
    expect(nextWake(story.state(), new Date('2026-11-21T03:10:00.000Z'))?.toISOString()).toBe(at);
  });

  it('is named again as the same effect until it happened, so that a restart loses nothing and doubles nothing', () => {
    const story = detected();
    const keys = () => next(story.state(), new Date(later)).map(({ key }) => key);
    expect(keys()).toContain('INC-1/escalate');
    expect(keys()).toEqual(keys());
    const [event] = escalations(story, later);
    if (event === undefined) throw new Error('nothing escalates');
    story.tell({ type: event.type, body: event.body } as Parameters<Story['tell']>[0]);
    expect(escalations(story, later)).toEqual([]);
    expect(story.state().escalated).toMatchObject({ why: 'persistent' });
    expect(nextWake(story.state(), new Date('2026-11-21T03:10:00.000Z'))).toBeNull();
  });

  it.each<[what: string, story: () => Story]>([
    ['acknowledged', () => detected().tell(acknowledged)],
    [
      'resolved',
      () => detected().tell({ type: 'incident-resolved', body: { signalId: null, by: 'source', summary: 'x' } }),
    ],
    ['ended at its source', () => detected().tell(joined('resolved'))],
    ['opened by an alert that nobody detected', () => opened({ route })],
    ['never to be told to anybody', () => detected({ escalation: null })],
  ])('does not come to what is %s', (_what, story) => {
    expect(escalations(story(), later)).toEqual([]);
    expect(nextWake(story().state(), new Date('2026-11-21T03:10:00.000Z'))).toBeNull();
  });

  it('comes at once to what recurs', () => {
    const early = '2026-11-21T03:05:00.000Z';
    expect(escalations(detected({ earlier: 1 }), early)).toEqual([]);
    expect(escalations(detected({ earlier: 2 }), early)).toMatchObject([
      { body: { why: 'recurring', summary: 'It began 3 times within 60 min.' } },
    ]);
  });

  it('counts flaps within the window alone', () => {
    const again = (story: Story, afterMs: number) =>
      story
        .tell(joined('resolved'), { afterMs })
        .tell(joined('firing'))
        .tell({ type: 'detection-noted', body: note({ escalation: null }) });
    const quick = again(detected(), 60_000);
    expect(quick.state().detections[fingerprint]).toMatchObject({ flaps: 1, times: 2 });
    const slow = again(detected(), 2 * 3_600_000);
    expect(slow.state().detections[fingerprint]).toMatchObject({ flaps: 0, times: 1 });
  });

  it('stays small, however often something flaps', () => {
    const story = detected();
    for (let index = 0; index < 200; index += 1)
      story.tell({ type: 'detection-noted', body: note({ escalation: null }) }, { afterMs: 10 });
    expect(story.state().detections[fingerprint]?.starts.length).toBeLessThanOrEqual(50);
  });

  it('is told in the timeline, with whom it called', () => {
    const story = detected({ earlier: 2 });
    const [event] = escalations(story, later);
    if (event === undefined) throw new Error('nothing escalates');
    story.tell({ type: event.type, body: event.body } as Parameters<Story['tell']>[0]);
    const told = timelineOf(story.events()).map(({ text, weight }) => `${weight}: ${text}`);
    expect(told.slice(1)).toEqual([
      'step: Seen again: pod-crash-looping on Deployment shop/checkout. It began 3 times lately.',
      'milestone: Escalated. It began 3 times within 60 min. (called: sre-leads)',
    ]);
  });
});
