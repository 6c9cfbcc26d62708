import { describe, expect, it } from 'vitest';
import { button, caller, entriesOf, manifest, plain, section, startWorkspace } from './local-workspace.ts';

const withScopes = (bot: string[]) => ({ ...manifest, oauth_config: { scopes: { bot } } });

describe('tokens and scopes', () => {
  it.each<[what: string, token: 'bot' | 'app' | 'nonsense' | '', method: string, error: string]>([
    ['no token', '', 'auth.test', 'not_authed'],
    ['an unknown token', 'nonsense', 'auth.test', 'invalid_auth'],
    ['the app token where the bot token belongs', 'app', 'auth.test', 'not_allowed_token_type'],
    ['the bot token where the app token belongs', 'bot', 'apps.connections.open', 'not_allowed_token_type'],
    ['a method that does not exist', 'bot', 'chat.postMessages', 'unknown_method'],
  ])('refuse %s', async (_what, token, method, error) => {
    const { at } = await startWorkspace();
    const value = { bot: at.botToken, app: at.appToken, nonsense: 'xoxb-other', '': '' }[token];
    expect(await caller(at, value)(method)).toMatchObject({ ok: false, error, status: 200 });
  });

  it('refuse a method whose scope the manifest lacks, and say which', async () => {
    const { at } = await startWorkspace({ manifest: withScopes(['commands']) });
    const call = caller(at);
    expect(await call('chat.postMessage', { channel: 'C0INC', text: 'x' })).toMatchObject({
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'commands',
    });
    expect(await call('auth.test')).toMatchObject({ ok: true, user_id: at.botUserId });
  });

  it('leave e-mail addresses out without users:read.email', async () => {
    const { at } = await startWorkspace({ manifest: withScopes(['users:read']) });
    const answer = await caller(at)('users.info', { user: 'U0ANA' });
    expect(answer).toMatchObject({ ok: true, user: { profile: { real_name: 'Ana Ruiz' } } });
    expect(JSON.stringify(answer)).not.toContain('ana@example.test');
  });

  it('never appear in the ledger', async () => {
    const { at, workspace } = await startWorkspace();
    await caller(at)('chat.postMessage', { token: at.botToken, channel: 'C0INC', text: 'x' });
    expect(JSON.stringify(workspace.ledger())).not.toContain(at.botToken);
  });
});

describe('chat.postMessage', () => {
  it.each<[what: string, args: Record<string, unknown>, error: string]>([
    ['a channel nobody knows', { channel: 'C0NONE', text: 'x' }, 'channel_not_found'],
    ['a channel the bot is not in', { channel: 'C0GEN', text: 'x' }, 'not_in_channel'],
    ['no channel', { text: 'x' }, 'invalid_arguments'],
    ['nothing to say', { channel: 'C0INC' }, 'no_text'],
    ['a thread whose root is gone', { channel: 'C0INC', text: 'x', thread_ts: '1.000001' }, 'thread_not_found'],
    ['blocks that are not JSON', { channel: 'C0INC', text: 'x', blocks: '[{' }, 'invalid_blocks_format'],
    [
      'a block beyond its limit',
      { channel: 'C0INC', text: 'x', blocks: [section('x'.repeat(3001))] },
      'invalid_blocks',
    ],
    [
      'too much text in all',
      { channel: 'C0INC', text: 'x', blocks: Array.from({ length: 5 }, () => section('x'.repeat(2600))) },
      'msg_blocks_too_long',
    ],
    ['markdown_text beside text', { channel: 'C0INC', text: 'x', markdown_text: 'y' }, 'markdown_text_conflict'],
    [
      'metadata of the wrong shape',
      { channel: 'C0INC', text: 'x', metadata: { type: 'x' } },
      'invalid_metadata_format',
    ],
    [
      'metadata that is too large',
      { channel: 'C0INC', text: 'x', metadata: { event_type: 'x', event_payload: { a: 'x'.repeat(20_000) } } },
      'metadata_too_large',
    ],
  ])('refuses %s, and posts nothing', async (_what, args, error) => {
    const { at, workspace } = await startWorkspace();
    expect(await caller(at)('chat.postMessage', args)).toMatchObject({ ok: false, error });
    expect(workspace.messages('C0INC')).toEqual([]);
  });

  it('says where a block is wrong', async () => {
    const { at } = await startWorkspace();
    const answer = await caller(at)('chat.postMessage', {
      channel: 'C0INC',
      text: 'x',
      blocks: [section('x'.repeat(3001))],
    });
    expect(answer).toMatchObject({
      response_metadata: { messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'] },
    });
  });

  it('cuts text at 40,000 characters', async () => {
    const { at, workspace } = await startWorkspace();
    await caller(at)('chat.postMessage', { channel: '#incidents', text: 'x'.repeat(40_001) });
    expect(workspace.messages('C0INC')[0]?.text).toHaveLength(40_000);
  });

  it('opens a direct message for a user id', async () => {
    const { at, workspace } = await startWorkspace();
    const answer = await caller(at)('chat.postMessage', { channel: 'U0LEE', text: 'psst' });
    expect(answer).toMatchObject({ ok: true, channel: 'D0LEE' });
    expect(workspace.messages('D0LEE')).toHaveLength(1);
  });

  it('counts replies on the root, and keeps them out of the channel', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const root = await call('chat.postMessage', { channel: 'C0INC', text: 'root' });
    const reply = await call('chat.postMessage', { channel: 'C0INC', text: 'reply', thread_ts: root.ts });
    await call('chat.postMessage', { channel: 'C0INC', text: 'reply to a reply', thread_ts: reply.ts });
    expect(workspace.messages('C0INC')).toMatchObject([{ text: 'root', reply_count: 2, reply_users: [at.botUserId] }]);
    expect(workspace.messages('C0INC', String(root.ts)).map(({ text }) => text)).toEqual([
      'root',
      'reply',
      'reply to a reply',
    ]);
  });
});

describe('chat.update', () => {
  async function posted() {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const { ts } = await call('chat.postMessage', {
      channel: 'C0INC',
      text: 'before',
      blocks: [section('block')],
      metadata: { event_type: 'e', event_payload: { id: '1' } },
    });
    const message = () => workspace.messages('C0INC')[0];
    return {
      call,
      workspace,
      message,
      update: (args: Record<string, unknown>) => call('chat.update', { channel: 'C0INC', ts, ...args }),
    };
  }

  it('takes the blocks away when only text is given, and marks the edit', async () => {
    const { update, message } = await posted();
    await update({ text: 'after' });
    expect(message()).toMatchObject({ text: 'after', edited: {} });
    expect(message()).not.toHaveProperty('blocks');
  });

  it('keeps text and blocks when neither is given', async () => {
    const { update, message } = await posted();
    expect(await update({ metadata: { event_type: 'e', event_payload: { id: '2' } } })).toMatchObject({ ok: true });
    expect(message()).toMatchObject({
      text: 'before',
      blocks: [{ type: 'section' }],
      metadata: { event_payload: { id: '2' } },
    });
  });

  it('shows no edit mark with blocks, and keeps the metadata', async () => {
    const { update, message } = await posted();
    await update({ text: 'after', blocks: [section('other')] });
    expect(message()).toMatchObject({ text: 'after', metadata: { event_payload: { id: '1' } } });
    expect(message()).not.toHaveProperty('edited');
  });

  it('refuses more than 4,000 characters', async () => {
    const { update, message } = await posted();
    expect(await update({ text: 'x'.repeat(4001) })).toMatchObject({ error: 'msg_too_long' });
    expect(message()?.text).toBe('before');
  });

  it('refuses a message that is gone, one of somebody else, and an empty edit', async () => {
    const { call, update, workspace } = await posted();
    const said = await workspace.as('U0ANA').say('C0INC', 'mine');
    const ts = said.visible === 'message' ? said.ts : '';
    expect(await update({})).toMatchObject({ error: 'no_text' });
    expect(await update({ text: '' })).toMatchObject({ error: 'no_text' });
    expect(await call('chat.update', { channel: 'C0INC', ts: '1.000001', text: 'x' })).toMatchObject({
      error: 'message_not_found',
    });
    expect(await call('chat.update', { channel: 'C0INC', ts, text: 'x' })).toMatchObject({
      error: 'cant_update_message',
    });
    expect(await call('chat.delete', { channel: 'C0INC', ts })).toMatchObject({ error: 'cant_delete_message' });
  });
});

describe('reading a channel', () => {
  it('gives metadata only when it is asked for', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    const { ts } = await call('chat.postMessage', {
      channel: 'C0INC',
      text: 'x',
      metadata: { event_type: 'e', event_payload: { id: '1' } },
    });
    expect(JSON.stringify(await call('conversations.replies', { channel: 'C0INC', ts }))).not.toContain(
      'event_payload',
    );
    expect(await call('conversations.replies', { channel: 'C0INC', ts, include_all_metadata: true })).toMatchObject({
      messages: [{ metadata: { event_type: 'e' } }],
    });
  });

  it('pages through history, newest first, and honours the time window', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    const stamps: string[] = [];
    for (const text of ['1', '2', '3'])
      stamps.push(String((await call('chat.postMessage', { channel: 'C0INC', text })).ts));
    const first = await call('conversations.history', { channel: 'C0INC', limit: 2 });
    expect(first).toMatchObject({ has_more: true, messages: [{ text: '3' }, { text: '2' }] });
    const { next_cursor } = first.response_metadata as { next_cursor: string };
    expect(await call('conversations.history', { channel: 'C0INC', limit: 2, cursor: next_cursor })).toMatchObject({
      has_more: false,
      messages: [{ text: '1' }],
    });
    expect(await call('conversations.history', { channel: 'C0INC', oldest: stamps[0] })).toMatchObject({
      messages: [{ text: '3' }, { text: '2' }],
    });
    expect(
      await call('conversations.history', { channel: 'C0INC', oldest: stamps[1], latest: stamps[1], inclusive: true }),
    ).toMatchObject({ messages: [{ text: '2' }] });
  });

  it('keeps a stone where a deleted root has replies', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const { ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'secret', blocks: [section('secret')] });
    await call('chat.postMessage', { channel: 'C0INC', text: 'reply', thread_ts: ts });
    await call('chat.delete', { channel: 'C0INC', ts });
    expect(workspace.messages('C0INC')).toMatchObject([{ subtype: 'tombstone', reply_count: 1 }]);
    expect(JSON.stringify(workspace.messages('C0INC'))).not.toContain('secret');
  });

  it('knows channels, members, people and groups', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    expect(await call('conversations.info', { channel: 'C0INC' })).toMatchObject({
      channel: { name: 'incidents', is_member: true },
    });
    expect(await call('conversations.members', { channel: 'C0INC' })).toMatchObject({
      members: ['U0ANA', 'U0LEE', at.botUserId],
    });
    expect(await call('users.lookupByEmail', { email: 'LEE@example.test' })).toMatchObject({ user: { id: 'U0LEE' } });
    expect(await call('users.info', { user: 'U0OUT' })).toMatchObject({
      user: { team_id: 'T0OTHER', is_restricted: true, is_stranger: true },
    });
    expect(await call('usergroups.list', { include_users: 'true' })).toMatchObject({
      usergroups: [{ handle: 'sre-leads', users: ['U0LEE'] }],
    });
    expect(await call('usergroups.users.list', { usergroup: 'S0LEADS' })).toMatchObject({ users: ['U0LEE'] });
    expect(await call('usergroups.users.list', { usergroup: 'S0NONE' })).toMatchObject({ error: 'no_such_subteam' });
    expect(await call('users.info', { user: 'U0NONE' })).toMatchObject({ error: 'user_not_found' });
  });

  it('links to the thread of a message', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    const { ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'root' });
    expect(await call('chat.getPermalink', { channel: 'C0INC', message_ts: ts })).toMatchObject({
      permalink: `${at.url}#C0INC/${ts}`,
    });
  });
});

describe('ephemeral messages', () => {
  it('reach one person, are in no history, and are gone after a reload', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    expect(await call('chat.postEphemeral', { channel: 'C0INC', user: 'U0ANA', text: 'only you' })).toMatchObject({
      ok: true,
    });
    expect(workspace.ephemerals('U0ANA')).toMatchObject([{ text: 'only you', isShown: true }]);
    expect(workspace.ephemerals('U0LEE')).toEqual([]);
    expect(await call('conversations.history', { channel: 'C0INC' })).toMatchObject({ messages: [] });
    workspace.as('U0ANA').reload();
    expect(workspace.ephemerals('U0ANA')).toEqual([]);
  });

  it('show in a thread only when it has replies, though the call succeeds', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const { ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'root' });
    expect(
      await call('chat.postEphemeral', { channel: 'C0INC', user: 'U0ANA', text: 'lost', thread_ts: ts }),
    ).toMatchObject({ ok: true });
    await call('chat.postMessage', { channel: 'C0INC', text: 'reply', thread_ts: ts });
    await call('chat.postEphemeral', { channel: 'C0INC', user: 'U0ANA', text: 'seen', thread_ts: ts });
    expect(workspace.ephemerals('U0ANA').map(({ text, isShown }) => [text, isShown])).toEqual([
      ['lost', false],
      ['seen', true],
    ]);
  });

  it('cannot be sent to somebody who is not in the channel', async () => {
    const { at } = await startWorkspace();
    expect(await caller(at)('chat.postEphemeral', { channel: 'C0INC', user: 'U0OUT', text: 'x' })).toMatchObject({
      error: 'user_not_in_channel',
    });
  });
});

describe('the status line', () => {
  it('shows in the thread and goes when the app posts there', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const { ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'root' });
    await call('assistant.threads.setStatus', { channel_id: 'C0INC', thread_ts: ts, status: 'is reading alerts…' });
    expect(workspace.statuses()).toMatchObject([{ status: 'is reading alerts…' }]);
    await call('chat.postMessage', { channel: 'C0INC', text: 'done', thread_ts: ts });
    expect(workspace.statuses()).toEqual([]);
  });

  it('is gone after two minutes', async () => {
    let now = 1_700_000_000_000;
    const { at, workspace } = await startWorkspace({ now: () => now });
    const call = caller(at);
    const { ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'root' });
    await call('assistant.threads.setStatus', { channel_id: 'C0INC', thread_ts: ts, status: 'is thinking' });
    now += 120_000;
    expect(workspace.statuses()).toEqual([]);
  });
});

describe('streams', () => {
  const start = { channel: 'C0INC', recipient_user_id: 'U0ANA', recipient_team_id: 'T0LOCAL' };

  it('grow, cannot be updated meanwhile, and end', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const { ts: thread_ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'root' });
    const { ts } = await call('chat.startStream', { ...start, thread_ts, markdown_text: 'one ' });
    await call('chat.appendStream', { channel: 'C0INC', ts, markdown_text: 'two' });
    expect(await call('chat.update', { channel: 'C0INC', ts, text: 'x' })).toMatchObject({
      error: 'streaming_state_conflict',
    });
    expect(
      await call('chat.appendStream', { channel: 'C0INC', ts, chunks: [{ type: 'markdown_text', text: 'x' }] }),
    ).toMatchObject({ error: 'streaming_mode_mismatch' });
    await call('chat.stopStream', { channel: 'C0INC', ts, blocks: [section('end')] });
    expect(workspace.messages('C0INC', String(thread_ts))[1]).toMatchObject({
      text: 'one two',
      streaming_state: 'completed',
    });
    expect(await call('chat.appendStream', { channel: 'C0INC', ts, markdown_text: 'x' })).toMatchObject({
      error: 'message_not_in_streaming_state',
    });
  });

  it('close five minutes after their start, even when they are fed', async () => {
    let now = 1_700_000_000_000;
    const { at } = await startWorkspace({ now: () => now });
    const call = caller(at);
    const { ts: thread_ts } = await call('chat.postMessage', { channel: 'C0INC', text: 'root' });
    const { ts } = await call('chat.startStream', { ...start, thread_ts });
    now += 299_000;
    expect(await call('chat.appendStream', { channel: 'C0INC', ts, markdown_text: 'x' })).toMatchObject({ ok: true });
    now += 2_000;
    expect(await call('chat.appendStream', { channel: 'C0INC', ts, markdown_text: 'x' })).toMatchObject({
      error: 'message_not_in_streaming_state',
    });
  });
});

describe('files, reactions, pins, block checks', () => {
  it('takes a bare upload of the announced size only', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const announced = await call('files.getUploadURLExternal', { filename: 'a.md', length: 5 });
    expect((await fetch(String(announced.upload_url), { method: 'POST', body: 'abc' })).status).toBe(400);
    expect(
      await call('files.completeUploadExternal', { files: [{ id: announced.file_id }], channel_id: 'C0INC' }),
    ).toMatchObject({ error: 'file_not_found' });
    expect((await fetch(String(announced.upload_url), { method: 'POST', body: 'abcde' })).status).toBe(200);
    await call('files.completeUploadExternal', {
      files: [{ id: announced.file_id, title: 'A' }],
      channel_id: 'C0INC',
      initial_comment: 'here',
    });
    expect(workspace.messages('C0INC')).toMatchObject([
      { subtype: 'file_share', text: 'here', files: [{ title: 'A', mimetype: 'text/markdown' }] },
    ]);
    expect(new TextDecoder().decode(workspace.files()[0]?.content)).toBe('abcde');
  });

  it('adds a reaction and a pin once', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    const { ts: timestamp } = await call('chat.postMessage', { channel: 'C0INC', text: 'x' });
    expect(await call('reactions.add', { channel: 'C0INC', timestamp, name: 'eyes' })).toMatchObject({ ok: true });
    expect(await call('reactions.add', { channel: 'C0INC', timestamp, name: 'eyes' })).toMatchObject({
      error: 'already_reacted',
    });
    expect(await call('pins.add', { channel: 'C0INC', timestamp })).toMatchObject({ ok: true });
    expect(await call('pins.add', { channel: 'C0INC', timestamp })).toMatchObject({ error: 'already_pinned' });
    expect(await call('pins.add', { channel: 'C0INC', timestamp: '1.000001' })).toMatchObject({
      error: 'message_not_found',
    });
  });

  it('answers blocks.validate with pointers', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    expect(await call('blocks.validate', { blocks: [section('fine')] })).toMatchObject({ ok: true });
    expect(await call('blocks.validate', { blocks: [{ type: 'header', text: plain('x'.repeat(151)) }] })).toMatchObject(
      { ok: false, errors: [{ pointer: '/blocks/0/text/text', constraint: 150 }] },
    );
  });
});

describe('views', () => {
  const view = (over: object = {}) => ({ type: 'modal', title: plain('T'), blocks: [section('x')], ...over });

  it('refuse a trigger nobody issued, and a view beyond its limits before the trigger is spent', async () => {
    const { at } = await startWorkspace();
    const call = caller(at);
    expect(await call('views.open', { trigger_id: '1.2.3', view: view() })).toMatchObject({
      error: 'invalid_trigger_id',
    });
    expect(
      await call('views.open', { trigger_id: '1.2.3', view: view({ title: plain('x'.repeat(25)) }) }),
    ).toMatchObject({ error: 'invalid_arguments' });
    expect(
      await call('views.open', { trigger_id: '1.2.3', view: view({ private_metadata: 'x'.repeat(260_000) }) }),
    ).toMatchObject({ error: 'view_too_large' });
    expect(await call('views.update', { view_id: 'V0NONE', view: view() })).toMatchObject({ error: 'not_found' });
  });

  it('publish a Home tab, and refuse one that changed meanwhile', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    const first = await call('views.publish', { user_id: 'U0ANA', view: { type: 'home', blocks: [section('one')] } });
    const { hash } = first.view as { hash: string };
    expect(
      await call('views.publish', { user_id: 'U0ANA', hash, view: { type: 'home', blocks: [section('two')] } }),
    ).toMatchObject({ ok: true });
    expect(
      await call('views.publish', { user_id: 'U0ANA', hash, view: { type: 'home', blocks: [section('three')] } }),
    ).toMatchObject({ error: 'hash_conflict' });
    expect(workspace.views('U0ANA')).toMatchObject([{ type: 'home', blocks: [{ text: { text: 'two' } }] }]);
  });
});

describe('faults and limits', () => {
  it('answer 429 with Retry-After when limits are on', async () => {
    const { at, workspace } = await startWorkspace({ rateLimits: true });
    const call = caller(at);
    const answers = [];
    for (let index = 0; index < 7; index += 1)
      answers.push((await call('chat.postMessage', { channel: 'C0INC', text: String(index) })).status);
    expect(answers).toContain(429);
    expect(workspace.messages('C0INC')).toHaveLength(answers.filter((status) => status === 200).length);
  });

  it('lose the answer but not the effect after processing', async () => {
    const { at, workspace } = await startWorkspace();
    workspace.faults.fail('chat.postMessage', { status: 500, afterProcessing: true });
    const response = await fetch(`${at.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${at.botToken}` },
      body: new URLSearchParams({ channel: 'C0INC', text: 'twice?' }),
    });
    expect(response.status).toBe(500);
    expect(workspace.messages('C0INC')).toMatchObject([{ text: 'twice?' }]);
    expect(entriesOf(workspace, 'api-call')).toMatchObject([{ status: 500, fault: 'failed after processing' }]);
  });

  it('cut the connection, name an error, and pass again when used up', async () => {
    const { at, workspace } = await startWorkspace();
    const call = caller(at);
    workspace.faults.fail('chat.postMessage', { reset: true });
    await expect(call('chat.postMessage', { channel: 'C0INC', text: 'x' })).rejects.toThrow();
    workspace.faults.fail('*', { error: 'fatal_error', times: 2 });
    expect(await call('auth.test')).toMatchObject({ error: 'fatal_error' });
    expect(await call('users.list')).toMatchObject({ error: 'fatal_error' });
    expect(await call('auth.test')).toMatchObject({ ok: true });
    workspace.faults.fail('auth.test', { retryAfterSeconds: 3 });
    expect(await call('auth.test')).toMatchObject({ status: 429, error: 'ratelimited' });
    expect(workspace.messages('C0INC')).toEqual([]);
  });

  it('refuse a body that is far too large, and survive nonsense', async () => {
    const { at } = await startWorkspace();
    const post = (body: string, type: string) =>
      fetch(`${at.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { authorization: `Bearer ${at.botToken}`, 'content-type': type },
        body,
      });
    expect((await post('x'.repeat(3 * 1024 * 1024), 'application/x-www-form-urlencoded')).status).toBe(413);
    expect(await (await post('{"channel":', 'application/json')).json()).toMatchObject({ error: 'invalid_arguments' });
    expect(await (await post('{"channel":["C0INC"],"text":{}}', 'application/json')).json()).toMatchObject({
      ok: false,
    });
    expect(
      await caller(at)('chat.postMessage', {
        channel: 'C0INC',
        text: 'x',
        blocks: [{ type: 'actions', elements: [button('a'), null, 7] }],
      }),
    ).toMatchObject({ error: 'invalid_blocks' });
  });
});
