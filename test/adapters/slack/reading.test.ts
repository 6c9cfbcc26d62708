import { describe, expect, it } from 'vitest';
import { chooseIncident } from '../../../src/adapters/slack/commands/choose-incident.ts';
import { createOnce } from '../../../src/adapters/slack/once.ts';
import { createPace } from '../../../src/adapters/slack/pace.ts';
import { readMention } from '../../../src/adapters/slack/payloads.ts';
import { plainWords, wordsAfterMention } from '../../../src/adapters/slack/plain-words.ts';
import { createPostedBook, type PostedMessages } from '../../../src/adapters/slack/posted-messages.ts';
import { slackFault } from '../../../src/adapters/slack/slack-fault.ts';
import type { IncidentState } from '../../../src/core/incident/state.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('what a person wrote', () => {
  it.each([
    ['investigate `deployment/shop/checkout`', 'investigate deployment/shop/checkout'],
    ['investigate “shop/checkout”', 'investigate shop/checkout'],
    ['investigate\u00a0shop/checkout\n', 'investigate shop/checkout'],
    ['investigate <http://shop.example|shop.example>', 'investigate shop.example'],
    ['investigate <https://shop.example/x>', 'investigate shop.example/x'],
    ['run a &amp;&lt;b&gt;', 'run a &<b>'],
    ['status <@U0LEE> <!here>', 'status'],
    ['', ''],
  ])('%j is read as %j', (text, words) => {
    expect(plainWords(text)).toBe(words);
  });

  it.each([
    ['<@U0COPILOT> status', 'status'],
    ['hey <@U0COPILOT|sre-copilot>, stop INC-3', 'stop INC-3'],
    ['<@U0COPILOT>: status <@U0COPILOT>', 'status'],
    ['<@U0OTHER> <@U0COPILOT> help', 'help'],
    ['<@U0COPILOT>', ''],
  ])('after the mention in %j stands %j', (text, words) => {
    expect(wordsAfterMention(text, 'U0COPILOT')).toBe(words);
  });
});

describe('a mention', () => {
  const mention = (event: object) =>
    readMention({
      event_id: 'Ev1',
      team_id: 'T1',
      event: { type: 'app_mention', channel: 'C1', ts: '1.0', text: 'x', ...event },
    });

  it.each([
    ['a person', { user: 'U1', team: 'T1' }, { id: 'U1', name: '', teamId: 'T1' }],
    [
      'a person of another workspace',
      { user: 'U1', team: 'T1', user_team: 'T2' },
      { id: 'U1', name: '', teamId: 'T2' },
    ],
    ['a bot with a user', { user: 'U2', bot_id: 'B2' }, null],
    ['a bot without', { bot_id: 'B2' }, null],
    ['nobody', {}, null],
  ])('is written by %s', (_who, event, actor) => {
    expect(mention(event).actor).toEqual(actor);
  });
});

describe('what Slack threw', () => {
  it.each<[string, unknown, object]>([
    [
      'a refusal',
      { data: { ok: false, error: 'channel_not_found' } },
      { code: 'channel_not_found', passing: false, ambiguous: false },
    ],
    ['its own trouble', { data: { ok: false, error: 'internal_error' } }, { passing: true, ambiguous: true }],
    ['a rate limit', { retryAfter: 7 }, { code: 'rate_limited', retryAfterMs: 7_000, passing: true, ambiguous: false }],
    ['a rate limit without a time', { data: { error: 'ratelimited' } }, { code: 'rate_limited', retryAfterMs: 1_000 }],
    ['a rate limit of a day', { retryAfter: 86_400 }, { retryAfterMs: 120_000 }],
    [
      'an error page as an answer',
      { data: { error: '<html>Bad gateway</html>' } },
      { code: 'server_error', passing: true, ambiguous: true },
    ],
    ['a server error', { statusCode: 502 }, { code: 'server_error', ambiguous: true }],
    ['no answer', new Error('fetch failed'), { code: 'unreachable', passing: true, ambiguous: true }],
    ['nothing', undefined, { code: 'unreachable' }],
    ['a word', 'no', { code: 'unreachable' }],
  ])('is read as what it means: %s', (_what, thrown, expected) => {
    expect(slackFault(thrown)).toMatchObject(expected);
    expect(slackFault(thrown).sentence).not.toContain('<html>');
  });
});

describe('doing once', () => {
  it('gives the same outcome to all who ask with one key, for ten minutes', async () => {
    const clock = createFakeClock();
    const once = createOnce<number>(clock);
    let count = 0;
    const work = async () => ++count;
    expect([once('a', work), once('a', work)].map(({ isFirst }) => isFirst)).toEqual([true, false]);
    expect(await once('a', work).outcome).toBe(1);
    await clock.advance(10 * 60_000 + 1);
    expect(await once('a', work).outcome).toBe(2);
  });

  it('lets work that broke be tried again', async () => {
    const once = createOnce<number>(createFakeClock());
    await expect(once('a', () => Promise.reject(new Error('no'))).outcome).rejects.toThrow('no');
    expect(await once('a', async () => 1).outcome).toBe(1);
  });
});

describe('the pace', () => {
  it('allows a burst, then one in each interval, each place by itself', async () => {
    const clock = createFakeClock();
    const pace = createPace({ post: { burst: 2, everyMs: 1_000 } }, () => clock.monotonicMs());
    expect([1, 2, 3].map(() => pace.take('post', 'C1'))).toEqual([0, 0, 1_000]);
    expect(pace.take('post', 'C2')).toBe(0);
    await clock.advance(400);
    expect(pace.take('post', 'C1')).toBe(600);
    await clock.advance(600);
    expect([pace.take('post', 'C1'), pace.take('post', 'C1')]).toEqual([0, 1_000]);
  });

  it('rests as long as Slack asks, and comes back without a burst', async () => {
    const clock = createFakeClock();
    const pace = createPace({ post: { burst: 5, everyMs: 1_000 } }, () => clock.monotonicMs());
    pace.pause('post', 'C1', 5_000);
    expect(pace.take('post', 'C1')).toBe(5_000);
    pace.prune();
    expect(pace.take('post', 'C1')).toBe(5_000);
    await clock.advance(5_000);
    expect(pace.take('post', 'C1')).toBe(0);
  });
});

describe('the book of posted messages', () => {
  it('keeps keys with slashes apart from incidents, and forgets incidents whole', () => {
    let saved: PostedMessages = {
      'INC-1/card/a': { channel: 'C', ts: '1', digest: 'd' },
      'INC-10/root': { channel: 'C', ts: '2', digest: 'd' },
    };
    const book = createPostedBook({
      load: (schema) => schema.parse(saved),
      save: (posted) => {
        saved = posted;
      },
    });
    expect(book.get('INC-1', 'card/a')?.ts).toBe('1');
    book.set('INC-1', 'root', { channel: 'C', ts: '3', digest: '' });
    book.prune((incident) => incident === 'INC-1');
    expect(saved).toEqual({ 'INC-10/root': { channel: 'C', ts: '2', digest: 'd' } });
    expect(book.size()).toBe(1);
  });
});

describe('the incident of a command', () => {
  const incident = (reference: string, channel: string, ts: string, phase = 'open') =>
    ({
      reference,
      phase,
      posts: { root: { channel, ts }, caseFile: null },
      route: { channel },
    }) as unknown as IncidentState;
  const a = incident('INC-1', 'C1', '1');
  const b = incident('INC-2', 'C2', '2');
  const c = incident('INC-3', 'C2', '3');
  const over = incident('INC-4', 'C1', '4', 'resolved');
  const open = ({ phase }: IncidentState) => phase !== 'resolved';

  it.each<[string, IncidentState[], string | null, string, string | null, unknown]>([
    ['is the named one', [a, b], 'INC-2', 'C1', '1', { chosen: 'one', incident: b }],
    ['is the named one, also when it is over', [a, over], 'INC-4', 'C1', null, { chosen: 'one', incident: over }],
    ['is not known', [a], 'INC-9', 'C1', null, { chosen: 'unknown', reference: 'INC-9' }],
    ['is the thread’s', [a, b, c], null, 'C2', '3', { chosen: 'one', incident: c }],
    ['is the thread’s, also when it is over', [a, over], null, 'C1', '4', { chosen: 'one', incident: over }],
    ['is the only one of the channel', [a, b, c], null, 'C1', null, { chosen: 'one', incident: a }],
    ['is the only one', [a, over], null, 'C9', '77', { chosen: 'one', incident: a }],
    ['must be said where several are in the channel', [a, b, c], null, 'C2', null, { chosen: 'ask', among: [b, c] }],
    ['must be said where several are elsewhere', [a, b], null, 'C9', null, { chosen: 'ask', among: [a, b] }],
    ['is none', [over], null, 'C1', null, { chosen: 'none' }],
  ])('%s', (_what, all, reference, channel, threadTs, expected) => {
    expect(chooseIncident(all, reference, { channel, threadTs }, open)).toEqual(expected);
  });
});
