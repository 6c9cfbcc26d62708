import { describe, expect, it } from 'vitest';
import { callsOf, createStage, type Stage, type StageOptions, wordsOf } from './support/stage.ts';
import { approvalId, checkOf, granted, jonas, maya, resolved, undone, untilAsked } from './support/story.ts';

type Asked = Parameters<typeof untilAsked>[0];

/** A stage whose incident INC-1 has an open card, and where the card stands. */
async function asked(more: Asked = {}, options: StageOptions = {}) {
  const stage = await createStage(options);
  await stage.happens('INC-1', untilAsked(more));
  const card = await stage.workspace.waitFor(
    () => stage.incidents.get('INC-1')?.approvals[approvalId]?.card ?? undefined,
    5_000,
  );
  return { stage, card };
}

const click = (stage: Stage, card: { channel: string; ts: string }, who: string, what: string) =>
  stage.workspace.as(who).click(card.channel, card.ts, `approval_${what}`);

const whispers = (stage: Stage, who: string) => stage.workspace.ephemerals(who).map(({ text }) => text);
const whisper = (stage: Stage, who: string, count = 1) =>
  stage.workspace.waitFor(
    () => (whispers(stage, who).length >= count ? whispers(stage, who).at(-1) : undefined),
    4_000,
  );
const status = (stage: Stage) => stage.incidents.get('INC-1')?.approvals[approvalId]?.status;
const cardText = (stage: Stage, card: { channel: string; ts: string }, expected: string) =>
  stage.workspace.waitFor((it) => {
    const root = stage.incidents.get('INC-1')?.posts.root;
    const message = root == null ? undefined : it.messages(root.channel, root.ts).find(({ ts }) => ts === card.ts);
    const words = wordsOf(message);
    return words.includes(expected) ? words : undefined;
  }, 4_000);

describe('an approval card', () => {
  it('is decided by an approver: buttons go, facts stay, and the one who clicked is answered in the thread', async () => {
    const { stage, card } = await asked();
    await click(stage, card, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS')).toBe('Approved. It is checked once more and then runs.');
    expect(stage.workspace.ephemerals('U0JONAS')[0]).toMatchObject({
      isShown: true,
      thread_ts: stage.incidents.get('INC-1')?.posts.root?.ts,
    });
    expect(stage.incidents.get('INC-1')?.approvals[approvalId]).toMatchObject({
      status: 'granted',
      given: [{ by: jonas, groups: ['sre-leads'] }],
    });
    const words = await cardText(stage, card, '*Approved* by <@U0JONAS>');
    expect(words).toContain('shop/checkout:v2 → shop/checkout:v1');
    expect(words).not.toContain('Approve this change?');
  });

  it('is rejected by an approver', async () => {
    const { stage, card } = await asked();
    await click(stage, card, 'U0NORA', 'reject');
    expect(await whisper(stage, 'U0NORA')).toContain('Rejected. The run stops');
    await cardText(stage, card, '*Rejected* by <@U0NORA>');
  });

  it.each([
    ['who is in no approver group', 'U0PRIYA', 'Only members of sre-leads can decide this', true],
    ['who is a guest, though the group lists them', 'U0GUEST', 'Guests cannot use the co-pilot', false],
    ['of another workspace, though the group lists them', 'U0FOREIGN', 'You belong to another Slack workspace', false],
  ])('refuses somebody %s, and stays open', async (_who, id, sentence, isJournalled) => {
    const { stage, card } = await asked();
    await click(stage, card, id, 'approve');
    expect(await whisper(stage, id)).toContain(sentence);
    expect(status(stage)).toBe('pending');
    expect(stage.journal.events().some(({ type }) => type === 'approval-refused')).toBe(isJournalled);
  });

  it('does not count the approval of the person who started the run', async () => {
    const { stage, card } = await asked({ requester: jonas });
    await click(stage, card, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS')).toContain('your own approval does not count');
    expect(status(stage)).toBe('pending');
    await click(stage, card, 'U0NORA', 'approve');
    expect(await whisper(stage, 'U0NORA')).toContain('Approved.');
  });

  it('decides nothing while group membership or the person cannot be read', async () => {
    const { stage, card } = await asked();
    stage.workspace.faults.fail('users.info', { status: 500, times: 2 });
    await click(stage, card, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS')).toContain('Who you are cannot be read');
    stage.workspace.faults.fail('usergroups.users.list', { status: 500, times: 2 });
    await click(stage, card, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS', 2)).toContain('cannot be read right now, so nobody can decide');
    expect(status(stage)).toBe('pending');
  });

  it('takes one decision of two that come at the same instant, and answers both', async () => {
    const { stage, card } = await asked();
    await Promise.all([click(stage, card, 'U0JONAS', 'approve'), click(stage, card, 'U0NORA', 'reject')]);
    const answers = [await whisper(stage, 'U0JONAS'), await whisper(stage, 'U0NORA')];
    const decided = stage.journal
      .events()
      .filter(({ type }) => type === 'approval-given' || type === 'approval-rejected');
    expect(decided).toHaveLength(1);
    expect(answers.filter((answer) => /^Already|Your click changed nothing/.test(answer))).toHaveLength(1);
    expect(answers.filter((answer) => /^(Approved|Rejected)\./.test(answer))).toHaveLength(1);
  });

  it('answers the second click of the same person, and decides nothing by it', async () => {
    const { stage, card } = await asked();
    await Promise.all([click(stage, card, 'U0JONAS', 'approve'), click(stage, card, 'U0JONAS', 'approve')]);
    expect(await whisper(stage, 'U0JONAS', 2)).toBeDefined();
    expect(whispers(stage, 'U0JONAS').sort()).toEqual([
      'Already approved by Jonas Example. Your click changed nothing.',
      'Approved. It is checked once more and then runs.',
    ]);
  });

  it('takes a click once that Slack delivers twice', async () => {
    const { stage, card } = await asked();
    await click(stage, card, 'U0JONAS', 'approve');
    await whisper(stage, 'U0JONAS');
    stage.workspace.faults.redeliver(1);
    await stage.workspace.waitFor((it) => {
      const acks = it.ledger().filter(({ kind }) => kind === 'envelope-acked');
      return acks.length === 2 ? acks : undefined;
    }, 3_000);
    expect(
      stage.journal.events().filter(({ type }) => type.startsWith('approval-') && type !== 'approval-requested'),
    ).toHaveLength(1);
    expect(whispers(stage, 'U0JONAS')).toHaveLength(1);
  });

  it('does not decide after its end', async () => {
    const { stage, card } = await asked({ expiresAt: '2020-01-01T00:00:00.000Z' });
    await click(stage, card, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS')).toContain(
      'This approval ended at 2020-01-01T00:00:00.000Z. Nothing was done.',
    );
  });

  it('does not decide from a copy of its buttons in another message', async () => {
    const { stage } = await asked();
    const copy = await stage.slack.client.chat.postMessage({
      channel: 'C0SHOP',
      text: 'click here',
      blocks: [
        {
          type: 'actions',
          elements: [
            {
              type: 'button',
              action_id: 'approval_approve',
              text: { type: 'plain_text', text: 'Free coffee' },
              value: approvalId,
            },
          ],
        },
      ],
    });
    await click(stage, { channel: 'C0SHOP', ts: copy.ts ?? '' }, 'U0JONAS', 'approve');
    await stage.workspace.waitFor(() => stage.journal.events().find(({ type }) => type === 'approval-refused'), 3_000);
    expect(status(stage)).toBe('pending');
    expect(await whisper(stage, 'U0JONAS')).toContain('not on the card it was made for');
  });

  it('answers a click on a button that nothing is known of', async () => {
    const { stage } = await asked();
    const stray = await stage.slack.client.chat.postMessage({
      channel: 'C0INC',
      text: 'old',
      blocks: [
        {
          type: 'actions',
          elements: [
            {
              type: 'button',
              action_id: 'approval_approve',
              text: { type: 'plain_text', text: 'Approve' },
              value: 'f'.repeat(32),
            },
          ],
        },
      ],
    });
    await click(stage, { channel: 'C0INC', ts: stray.ts ?? '' }, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS')).toContain('belongs to nothing that is open');
  });

  it('says that nothing was decided when the journal takes nothing', async () => {
    const { stage, card } = await asked();
    stage.refuse({ code: 'journal.unavailable', sentence: 'The disk is full. Make room.' });
    await click(stage, card, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS')).toBe(
      'Your decision was not stored, so nothing was decided. The disk is full. Make room.',
    );
    stage.refuse(undefined);
    expect(status(stage)).toBe('pending');
  });

  it('acknowledges at once, whatever takes long behind it', async () => {
    const { stage, card } = await asked();
    stage.workspace.faults.fail('users.info', { delayMs: 1_500 });
    const before = performance.now();
    await click(stage, card, 'U0JONAS', 'approve');
    expect(performance.now() - before).toBeLessThan(700);
    await whisper(stage, 'U0JONAS');
  });

  it('shows what it binds in a window', async () => {
    const { stage, card } = await asked();
    const seen = await click(stage, card, 'U0PRIYA', 'details');
    const view = await stage.workspace.waitFor((it) => it.views('U0PRIYA').at(-1), 3_000);
    expect(seen.visible).not.toBe('failure');
    const words = wordsOf(view);
    expect(words).toContain('kubectl rollout undo deployment/checkout -n shop');
    expect(words).toContain('6a6a6a6a-1111-2222-3333-444444444444');
    expect(words).toContain(`approval  ${'8'.repeat(64)}`);
  });

  it('has no details any more once it is past', async () => {
    const { stage, card } = await asked();
    // The buttons stand a moment longer than the question.
    const stale = stage.workspace.as('U0PRIYA');
    stage.workspace.faults.fail('chat.update', { status: 500, times: 20 });
    await stage.happens('INC-1', [granted, ...undone, resolved]);
    await stale.click(card.channel, card.ts, 'approval_details');
    expect(await whisper(stage, 'U0PRIYA')).toContain('This was decided already.');
  });
});

describe('a typed confirmation', () => {
  const typed = { typedConfirmation: true };
  const window = (stage: Stage, who: string) => stage.workspace.waitFor((it) => it.views(who).at(-1), 3_000);

  it('opens a window, refuses a wrong name there, and takes the right one', async () => {
    const { stage, card } = await asked(typed);
    await click(stage, card, 'U0JONAS', 'approve');
    const view = await window(stage, 'U0JONAS');
    const wrong = await stage.workspace.as('U0JONAS').submitView(view.id, { typed: 'checkuot' });
    expect(wrong).toMatchObject({
      visible: 'modal',
      errors: { typed: 'This is not the name of the object. Nothing was done yet.' },
    });
    expect(status(stage)).toBe('pending');
    await stage.workspace.as('U0JONAS').submitView(view.id, { typed: ' checkout ' });
    expect(await whisper(stage, 'U0JONAS')).toContain('Approved.');
    expect(status(stage)).toBe('granted');
  });

  it('opens no window for somebody who may do nothing here, and decides by authority, not by the name', async () => {
    const { stage, card } = await asked(typed);
    await click(stage, card, 'U0GUEST', 'approve');
    expect(await whisper(stage, 'U0GUEST')).toContain('Guests cannot');
    expect(stage.workspace.views('U0GUEST')).toEqual([]);
    await click(stage, card, 'U0PRIYA', 'approve');
    const view = await window(stage, 'U0PRIYA');
    await stage.workspace.as('U0PRIYA').submitView(view.id, { typed: 'checkout' });
    expect(await whisper(stage, 'U0PRIYA')).toContain('Only members of sre-leads');
    expect(status(stage)).toBe('pending');
  });

  it('says so when the window cannot be opened in time', async () => {
    const { stage, card } = await asked(typed);
    stage.workspace.faults.fail('views.open', { error: 'expired_trigger_id' });
    await click(stage, card, 'U0JONAS', 'approve');
    expect(await whisper(stage, 'U0JONAS')).toContain('The window could not be opened in time. Nothing was done');
  });
});

describe('the stop button of the case file', () => {
  it('stops the run of its incident', async () => {
    const { stage } = await asked();
    const at = await stage.workspace.waitFor(() => {
      const caseFile = stage.incidents.get('INC-1')?.posts.caseFile;
      const root = stage.incidents.get('INC-1')?.posts.root;
      if (caseFile == null || root == null) return undefined;
      const message = stage.workspace.messages(root.channel, root.ts).find(({ ts }) => ts === caseFile.ts);
      return wordsOf(message).includes('Stop the run') ? caseFile : undefined;
    }, 5_000);
    await stage.workspace.as('U0MAYA').click(at.channel, at.ts, 'run_stop');
    expect(await whisper(stage, 'U0MAYA')).toContain('*INC-1*: the run of rollout-bad-image stops.');
    expect(stage.incidents.get('INC-1')?.runs[0]?.stopRequestedBy).toEqual(maya);
  });

  it('does nothing for a guest', async () => {
    const { stage } = await asked({}, {});
    const at = await stage.workspace.waitFor(() => stage.incidents.get('INC-1')?.posts.caseFile ?? undefined, 3_000);
    await stage.workspace.as('U0GUEST').click(at.channel, at.ts, 'run_stop');
    expect(await whisper(stage, 'U0GUEST')).toContain('Guests cannot');
    expect(stage.incidents.get('INC-1')?.runs[0]?.stopRequestedBy).toBeNull();
  });
});

describe('a card whose check lists what an alert wrote', () => {
  it('mentions nobody but the approvers, once', async () => {
    const stage = await createStage();
    const check = checkOf({ change: ['image: <!channel> <@U0MAYA> → `x`'] });
    await stage.happens('INC-1', untilAsked({}, check));
    await stage.thread('INC-1', 4);
    const posts = callsOf(stage, 'chat.postMessage').map((call) => JSON.stringify(call.arguments));
    expect(posts.filter((post) => post.includes('<!subteam^S0LEADS'))).toHaveLength(1);
    expect(posts.some((post) => post.includes('<!channel>') || post.includes('<@U0MAYA>'))).toBe(false);
  });
});
