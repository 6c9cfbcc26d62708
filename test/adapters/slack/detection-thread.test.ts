import { describe, expect, it } from 'vitest';
import { threadOf } from '../../../src/adapters/slack/views/thread.ts';
import type { BodyOf } from '../../../src/core/incident/events.ts';
import { ann } from '../../support/incident-facts.ts';
import { opened, type Story } from '../../support/incident-story.ts';

const fingerprint = 'ab'.repeat(16);
const group = `detection:${fingerprint}`;
const note = (more: Partial<BodyOf<'detection-noted'>> = {}): BodyOf<'detection-noted'> => ({
  signalId: 'signal-1',
  fingerprint,
  rule: 'pod-crash-looping',
  source: 'scan',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  since: '2026-11-21T03:00:00.000Z',
  occurrences: 1,
  earlier: 0,
  escalation: { at: '2026-11-21T03:34:00.000Z', times: 9, windowMs: 3_600_000 },
  ...more,
});
const detected = (more: Partial<BodyOf<'detection-noted'>> = {}) =>
  opened({ source: 'detection', group, summary: 'Container app ended 5 times.' }).tell({
    type: 'detection-noted',
    body: note(more),
  });
const mentionOf = (name: string) => `<!subteam^S1|@${name}>`;
const texts = (story: Story) =>
  threadOf(story.events(), mentionOf).map(({ what, blocks }) => `${what}: ${JSON.stringify(blocks)}`);
const notes = (story: Story) => texts(story).filter((text) => text.startsWith('note'));

describe('the thread of something that was detected', () => {
  it('says that no alert opened it, and does not say twice what it is about', () => {
    expect(texts(detected())[0]).toContain('by the watch of the cluster');
    expect(notes(detected())).toEqual([]);
  });

  it('says when it comes back, and counts in its first message', () => {
    const story = detected().tell({ type: 'detection-noted', body: note({ occurrences: 3, escalation: null }) });
    expect(notes(story)).toHaveLength(1);
    expect(notes(story)[0]).toContain('It began 4 times lately, 3 of them right here.');
    expect(texts(story)[0]).toContain('came and went 3 times');
    expect(texts(detected({ earlier: 4 }))[0]).toContain('began 5 times lately');
  });

  it.each([
    [['sre-leads'], '<!subteam^S1|@sre-leads> please look now.', 1],
    [[], 'the route names no group to call', 0],
  ])('calls the people of the route %j once', (groups, text, mentions) => {
    const body = { why: 'persistent', groups, summary: 'It is still there, and nobody has acknowledged it.' } as const;
    const story = detected().tell({ type: 'incident-escalated', body: { ...body, groups: [...groups] } });
    expect(notes(story).join()).toContain(text);
    expect(texts(story).join().split('<!subteam').length - 1).toBe(mentions);
    expect(texts(story)[0]).toContain('escalated');
  });

  it('shows what somebody wrote over the API, as text and nothing more', () => {
    const body = { signalId: 's', by: { ...ann, name: '<!channel>' }, text: '<!here> *look* <https://x.example|here>' };
    const [said = ''] = notes(detected().tell({ type: 'comment-added', body }));
    expect(said).toContain('&lt;!here&gt;');
    expect(said).not.toMatch(/<!here>|<!channel>|<https/);
  });
});
