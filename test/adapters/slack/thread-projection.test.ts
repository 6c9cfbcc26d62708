import { describe, expect, it } from 'vitest';
import { callsOf, createStage, createTestMemory, type Stage, wordsOf } from './support/stage.ts';
import {
  approvalId,
  granted,
  investigated,
  opened,
  planned,
  readDone,
  resolved,
  undone,
  untilAsked,
} from './support/story.ts';

const keysOf = (messages: readonly { metadata?: { event_payload: unknown } }[]) =>
  messages.map(({ metadata }) => (metadata?.event_payload as { key?: string } | undefined)?.key ?? 'no key');
const restart = async (stage: Stage, memory = stage.memory) => {
  await stage.projection.stop();
  const again = stage.project(memory);
  again.start();
  return again;
};
const posts = (stage: Stage) => callsOf(stage, 'chat.postMessage');
const rootOf = (stage: Stage, reference = 'INC-1') =>
  stage.incidents.get(reference)?.posts.root ?? { channel: '', ts: '' };

describe('a thread', () => {
  it('tells a whole incident in order: one case file that is edited, a message for each thing to notice', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', untilAsked());
    await stage.thread('INC-1', 4);
    await stage.happens('INC-1', [granted, ...undone, resolved]);
    await stage.projection.idle();
    const thread = await stage.thread('INC-1', 8);
    const keys = keysOf(thread);
    expect(keys.slice(0, 2)).toEqual(['root', 'case-file']);
    expect(keys.slice(2).filter((key) => key.startsWith('card/'))).toHaveLength(1);
    const notes = keys.flatMap((key) => (key.startsWith('note/') ? [Number(key.slice(5))] : []));
    expect(notes).toEqual([...notes].sort((a, b) => a - b));
    expect(wordsOf(thread[0])).toContain('🟢 *Resolved*');
    expect(wordsOf(thread[1])).toContain('*Next:* nothing; the timeline is ready');
    expect(thread.map(wordsOf).join('\n')).toContain('Run ended: Succeeded.');
  });

  it('carries on its root where the journal stood', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    const [root] = await stage.thread('INC-1', 2);
    const [first] = stage.journal.events().filter(({ incident }) => incident === 'INC-1');
    expect(root?.metadata?.event_payload).toEqual({
      incident: 'INC-1',
      key: 'root',
      stream: 'incident/INC-1',
      seq: 1,
      hash: first?.hash,
    });
  });

  it('journals where root, case file and card stand, each once', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', untilAsked());
    await stage.projection.idle();
    const told = stage.journal.events().filter(({ type }) => type === 'message-posted');
    expect(told.map(({ body }) => body.key)).toEqual(['root', 'case-file', `card/${approvalId}`]);
  });

  it('edits the case file at most every two seconds, and always to the last state', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    await stage.thread('INC-1', 2);
    for (const event of [investigated(), planned(), ...readDone]) await stage.happens('INC-1', [event]);
    await stage.projection.idle();
    const caseFile = stage.incidents.get('INC-1')?.posts.caseFile;
    const edits = callsOf(stage, 'chat.update').filter((call) => call.arguments.ts === caseFile?.ts);
    expect(edits.length).toBeGreaterThan(0);
    expect(edits.length).toBeLessThanOrEqual(2);
    expect(wordsOf(stage.workspace.messages(rootOf(stage).channel, rootOf(stage).ts)[1])).toContain(
      'Undo the rollout of checkout',
    );
  });

  it('shows that the cluster is being read, and takes it away', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    await stage.workspace.waitFor(
      (it) => it.statuses().find(({ status }) => status === 'is reading the cluster…'),
      3_000,
    );
    await stage.happens('INC-1', [investigated()]);
    await stage.workspace.waitFor((it) => (it.statuses().length === 0 ? true : undefined), 3_000);
  });

  it('goes on without the status line when Slack does not know it', async () => {
    const stage = await createStage();
    stage.workspace.faults.fail('assistant.threads.setStatus', { error: 'unknown_method', times: 9 });
    await stage.happens('INC-1', [opened()]);
    await stage.projection.idle();
    await stage.happens('INC-2', [opened({ group: 'g2' })]);
    await stage.thread('INC-2', 2);
    await stage.projection.idle();
    expect(callsOf(stage, 'assistant.threads.setStatus')).toHaveLength(1);
    expect(stage.log.filter((line) => line.startsWith('The status line'))).toHaveLength(1);
  });
});

describe('when Slack is in trouble', () => {
  it.each([
    ['an answer is lost after the message was posted', { status: 500, afterProcessing: true }],
    ['the line is cut after the message was posted', { reset: true, afterProcessing: true }],
    ['Slack says that something went wrong, and posted', { error: 'internal_error', afterProcessing: true }],
    ['Slack fails before it posts', { status: 503 }],
    ['Slack asks to wait', { retryAfterSeconds: 1 }],
  ])('posts each message once when %s', async (_what, fault) => {
    const stage = await createStage();
    stage.workspace.faults.fail('chat.postMessage', fault);
    await stage.happens('INC-1', untilAsked());
    const thread = await stage.thread('INC-1', 4, 8_000);
    await stage.projection.idle();
    expect(new Set(keysOf(thread))).toEqual(new Set(['root', 'case-file', 'note/2', `card/${approvalId}`]));
    expect(thread).toHaveLength(4);
    expect(
      stage.workspace.messages('C0INC').filter(({ thread_ts, ts }) => thread_ts === undefined || thread_ts === ts),
    ).toHaveLength(1);
    expect(stage.incidents.get('INC-1')?.approvals[approvalId]?.card).not.toBeNull();
  });

  it('finds the card again whose answer was lost, so that its buttons are known', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened(), investigated(), planned(), ...readDone]);
    await stage.thread('INC-1', 3);
    stage.workspace.faults.fail('chat.postMessage', { reset: true, afterProcessing: true });
    await stage.happens('INC-1', untilAsked().slice(-2));
    const card = await stage.workspace.waitFor(
      () => stage.incidents.get('INC-1')?.approvals[approvalId]?.card ?? undefined,
      5_000,
    );
    const thread = stage.workspace.messages('C0INC', rootOf(stage).ts);
    expect(thread.filter(({ ts }) => ts === card.ts)).toHaveLength(1);
    expect(keysOf(thread).filter((key) => key.startsWith('card/'))).toHaveLength(1);
  });

  it('leaves other incidents alone when one channel is missing, and says once what to do', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened({ route: { channel: 'C0NOPE', approvers: [], autonomy: 'assist' } })]);
    await stage.happens('INC-2', [opened({ group: 'g2' })]);
    await stage.thread('INC-2', 2);
    expect(stage.log.filter((line) => line.startsWith('INC-1: its thread is behind'))).toEqual([
      expect.stringContaining('(channel_not_found). Name a channel of this workspace in the routes'),
    ]);
  });

  it('posts as plain text what Slack does not take, and goes on', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    await stage.thread('INC-1', 2);
    stage.workspace.faults.fail('chat.postMessage', { error: 'invalid_blocks' });
    await stage.happens('INC-1', [investigated()]);
    const thread = await stage.thread('INC-1', 3);
    expect(thread[2]?.text).toContain('Slack did not take the full message; it is in the timeline.');
  });

  it('holds back instead of running into rate limits, and tells all in order', async () => {
    const stage = await createStage({ workspace: { rateLimits: true } });
    await stage.happens('INC-1', [...untilAsked(), granted]);
    const thread = await stage.thread('INC-1', 5, 9_000);
    expect(keysOf(thread)[0]).toBe('root');
    expect(posts(stage).filter(({ status }) => status === 429)).toEqual([]);
  });
});

describe('after a restart', () => {
  it('says nothing again with its memory, and asks Slack nothing', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', untilAsked());
    await stage.projection.idle();
    const calls = stage.workspace.ledger().filter(({ kind }) => kind === 'api-call').length;
    const again = await restart(stage);
    await again.idle();
    expect(stage.workspace.ledger().filter(({ kind }) => kind === 'api-call')).toHaveLength(calls);
    await again.stop();
  });

  it('finds its messages again without its memory, posts none twice, and goes on', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', untilAsked());
    await stage.projection.idle();
    const before = posts(stage).length;
    const again = await restart(stage, createTestMemory());
    await again.idle();
    expect(posts(stage)).toHaveLength(before);
    await stage.happens('INC-1', [granted]);
    await stage.thread('INC-1', 5);
    expect(posts(stage)).toHaveLength(before + 1);
    await again.stop();
  });

  it('tells what happened while it was away', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    await stage.thread('INC-1', 2);
    await stage.projection.stop();
    await stage.happens('INC-1', [investigated()]);
    const again = stage.project();
    again.start();
    await stage.thread('INC-1', 3);
    await again.stop();
  });

  it('leaves incidents alone that are long over, and forgets them', async () => {
    const stage = await createStage();
    const old = (told: Parameters<Stage['happens']>[1]) =>
      stage.incidents.append(
        'INC-1',
        told.map((event) => ({ actor: { kind: 'bot' }, cause: 'x', occurredAt: '2020-01-01T00:00:00.000Z', ...event })),
      );
    await old([opened()]);
    await stage.thread('INC-1', 2);
    await stage.projection.idle();
    await old([resolved]);
    await stage.projection.idle();
    const again = await restart(stage);
    await again.idle();
    expect(again.remembered()).toBe(0);
    expect(stage.memory.saved()).toEqual({});
    await again.stop();
  });
});

describe('when a person deletes', () => {
  const remove = (stage: Stage, at: { channel: string; ts: string }) => stage.slack.client.chat.delete(at);

  async function withoutItsCard() {
    const stage = await createStage();
    await stage.happens('INC-1', untilAsked({ require: [{ group: 'sre-leads', count: 2 }] }));
    await stage.projection.idle();
    const card = stage.incidents.get('INC-1')?.approvals[approvalId]?.card;
    if (card == null) throw new Error('no card');
    await remove(stage, card);
    const cards = () =>
      stage.workspace
        .messages('C0INC', rootOf(stage).ts)
        .filter((message) => keysOf([message])[0]?.startsWith('card/') && message.subtype !== 'tombstone');
    return { stage, cards };
  }

  it('an open card, it is posted again, and its new place is where it can be decided', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', untilAsked({ require: [{ group: 'sre-leads', count: 2 }] }));
    await stage.projection.idle();
    const card = stage.incidents.get('INC-1')?.approvals[approvalId]?.card;
    if (card == null) throw new Error('no card');
    await remove(stage, card);
    await stage.workspace.as('U0JONAS').say('C0INC', 'oops', rootOf(stage).ts);
    await stage.happens('INC-1', [granted]);
    const now = await stage.workspace.waitFor(() => {
      const at = stage.incidents.get('INC-1')?.approvals[approvalId]?.card;
      return at == null || at.ts === card.ts ? undefined : at;
    }, 5_000);
    await stage.workspace.as('U0NORA').click(now.channel, now.ts, 'approval_approve');
    await stage.workspace.waitFor(
      () => (stage.incidents.get('INC-1')?.approvals[approvalId]?.status === 'granted' ? true : undefined),
      3_000,
    );
    expect(stage.log.some((line) => line.includes('somebody deleted its message card/'))).toBe(true);
  });

  it('an open card, and the answer to posting it again is lost: there is one', async () => {
    const { stage, cards } = await withoutItsCard();
    stage.workspace.faults.fail('chat.postMessage', { reset: true, afterProcessing: true });
    await stage.happens('INC-1', [granted]);
    await stage.projection.idle();
    expect(cards()).toHaveLength(1);
    expect(stage.incidents.get('INC-1')?.approvals[approvalId]?.card?.ts).toBe(cards()[0]?.ts);
  });

  it('an open card, and the memory is lost after it was posted again: the later place counts', async () => {
    const { stage, cards } = await withoutItsCard();
    await stage.happens('INC-1', [granted]);
    await stage.projection.idle();
    const before = posts(stage).length;
    const again = await restart(stage, createTestMemory());
    await again.idle();
    expect(posts(stage)).toHaveLength(before);
    expect(cards()).toHaveLength(1);
    await again.stop();
  });

  it('the first message, the thread is begun anew once it takes no replies', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    await stage.projection.stop();
    const { ts } = rootOf(stage);
    for (const message of [...stage.workspace.messages('C0INC', ts)].reverse())
      await remove(stage, { channel: 'C0INC', ts: message.ts });
    const again = stage.project();
    again.start();
    await stage.happens('INC-1', [investigated()]);
    const thread = await stage.workspace.waitFor((it) => {
      const root = rootOf(stage);
      const messages =
        root.ts === ts ? [] : it.messages(root.channel, root.ts).filter(({ subtype }) => subtype !== 'tombstone');
      return messages.length >= 3 ? messages : undefined;
    }, 6_000);
    expect(keysOf(thread)).toEqual(['root', 'case-file', 'note/4']);
    await again.stop();
  });
});
