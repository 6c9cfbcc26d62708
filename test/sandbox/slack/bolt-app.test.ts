import { setTimeout as sleep } from 'node:timers/promises';
import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SlackWorkspace, SlackWorkspaceOptions } from '../../../src/sandbox/slack/workspace.ts';
import { button, entriesOf, plain, type Started, section, startWorkspace } from './local-workspace.ts';

/** An unmodified Bolt app in Socket Mode against the workspace; only the address of the API differs. */
function createApp(at: Started): App {
  const clientOptions = { slackApiUrl: at.apiUrl, retryConfig: { retries: 3, minTimeout: 20, maxTimeout: 50 } };
  const logLevel = LogLevel.ERROR;
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error() {},
    setLevel() {},
    getLevel: () => logLevel,
    setName() {},
  };
  const receiver = new SocketModeReceiver({
    appToken: at.appToken,
    clientPingTimeout: 300,
    logger,
    installerOptions: { clientOptions },
  });
  return new App({ token: at.botToken, receiver, logger, clientOptions });
}

async function withApp(set: (app: App) => void, options: Partial<SlackWorkspaceOptions> = {}) {
  const { workspace, at } = await startWorkspace(options);
  const app = createApp(at);
  set(app);
  await app.start();
  onTestFinished(async () => {
    // socket-mode 3.1 crashes the process when it is stopped while a reconnect is under way.
    await workspace.waitFor((w) => (connections(w) > 0 ? true : undefined), 3_000);
    await sleep(50);
    await app.stop();
  });
  return { workspace, at, app };
}

function connections(workspace: SlackWorkspace): number {
  const changes = entriesOf(workspace, 'connection').map(({ change }) => change);
  return (
    changes.filter((change) => change === 'opened').length - changes.filter((change) => change === 'closed').length
  );
}

const card = [
  {
    type: 'actions',
    block_id: 'decide',
    elements: [
      button('approve', 'a1'),
      button('reject', 'a1'),
      { type: 'static_select', action_id: 'why', options: [{ text: plain('Risk'), value: 'risk' }] },
    ],
  },
];
const modal = (over: object = {}) => ({
  type: 'modal' as const,
  callback_id: 'reason',
  title: plain('Reason') as { type: 'plain_text'; text: string },
  submit: plain('Send') as { type: 'plain_text'; text: string },
  blocks: [
    {
      type: 'input',
      block_id: 'why',
      label: plain('Why'),
      element: { type: 'plain_text_input', action_id: 'text', min_length: 3 },
    },
  ],
  ...over,
});

describe('slash commands', () => {
  it('reach the app and show its acknowledgement to the person only', async () => {
    const { workspace } = await withApp((app) =>
      app.command('/sre', async ({ ack, command }) => ack(`You said: ${command.text} in ${command.channel_name}`)),
    );
    expect(await workspace.as('U0ANA').command('C0INC', '/sre status all')).toMatchObject({
      visible: 'ephemeral',
      text: 'You said: status all in incidents',
    });
    expect(workspace.messages('C0INC')).toEqual([]);
    expect(workspace.ephemerals('U0ANA')).toHaveLength(1);
    expect(entriesOf(workspace, 'envelope-sent')[0]?.payload).not.toHaveProperty('thread_ts');
  });

  it('can answer in the channel', async () => {
    const { workspace } = await withApp((app) =>
      app.command('/sre', async ({ ack }) => ack({ response_type: 'in_channel', text: 'for all' })),
    );
    expect(await workspace.as('U0ANA').command('C0INC', '/sre')).toMatchObject({ visible: 'message' });
    expect(workspace.messages('C0INC')).toMatchObject([{ text: 'for all' }]);
  });

  it('are refused in threads with a sentence, without reaching the app', async () => {
    const { workspace } = await withApp(() => {});
    const said = await workspace.as('U0ANA').say('C0INC', 'root');
    const seen = await workspace.as('U0ANA').command('C0INC', '/sre status', said.visible === 'message' ? said.ts : '');
    expect(seen).toEqual({ visible: 'failure', text: '/sre is not supported in threads. Sorry!' });
    expect(workspace.ephemerals('U0ANA')).toMatchObject([{ from: 'USLACKBOT' }]);
    expect(entriesOf(workspace, 'envelope-sent').map(({ type }) => type)).not.toContain('slash_commands');
  });

  it('fail visibly when the manifest does not know them, or the person is not in the channel', async () => {
    const { workspace } = await withApp(() => {});
    expect(await workspace.as('U0ANA').command('C0INC', '/deploy now')).toMatchObject({
      visible: 'failure',
      text: expect.stringContaining('/deploy is not a valid command'),
    });
    expect(await workspace.as('U0OUT').command('C0INC', '/sre status')).toMatchObject({ visible: 'failure' });
  });

  it('fail visibly when nobody acknowledges them in time', async () => {
    const { workspace } = await withApp(() => {}, { ackTimeoutMs: 60 });
    expect(await workspace.as('U0ANA').command('C0INC', '/sre status')).toEqual({
      visible: 'failure',
      text: '/sre failed with the error "operation_timeout"',
    });
    expect(entriesOf(workspace, 'envelope-lost')).toMatchObject([{ reason: 'not-acked' }]);
  });

  it('fail visibly when no app is connected', async () => {
    const { workspace } = await startWorkspace();
    expect(await workspace.as('U0ANA').command('C0INC', '/sre status')).toEqual({
      visible: 'failure',
      text: '/sre failed with the error "dispatch_failed"',
    });
  });

  it('record an acknowledgement that comes too late as late', async () => {
    const { workspace } = await withApp(
      (app) =>
        app.command('/sre', async ({ ack }) => {
          await sleep(120);
          await ack('late');
        }),
      { ackTimeoutMs: 60 },
    );
    await workspace.as('U0ANA').command('C0INC', '/sre');
    expect(await workspace.waitFor((w) => entriesOf(w, 'envelope-acked')[0], 5_000)).toMatchObject({ isLate: true });
    expect(workspace.ephemerals('U0ANA').map(({ text }) => text)).not.toContain('late');
  });
});

describe('response_url', () => {
  it('answers five times and no more', async () => {
    const outcomes: string[] = [];
    const { workspace } = await withApp((app) =>
      app.command('/sre', async ({ ack, respond }) => {
        await ack();
        for (let use = 1; use <= 6; use += 1)
          await respond(`use ${use}`).then(
            () => outcomes.push('ok'),
            () => outcomes.push('refused'),
          );
      }),
    );
    await workspace.as('U0ANA').command('C0INC', '/sre');
    await workspace.waitFor(() => (outcomes.length === 6 ? true : undefined), 2_000);
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'refused']);
    expect(entriesOf(workspace, 'response-url').at(-1)).toMatchObject({ status: 404, answer: { error: 'used_url' } });
  });

  it('replaces and deletes the message a button is on', async () => {
    const { workspace, app } = await withApp((app) => {
      app.action('approve', async ({ ack, respond }) => {
        await ack();
        await respond({ replace_original: true, text: 'decided' });
      });
      app.action('reject', async ({ ack, respond }) => {
        await ack();
        await respond({ delete_original: true });
      });
    });
    const first = await app.client.chat.postMessage({ channel: 'C0INC', text: 'card', blocks: card });
    await workspace.as('U0LEE').click('C0INC', String(first.ts), 'approve');
    await workspace.waitFor(
      (w) => w.messages('C0INC').find(({ text, blocks }) => text === 'decided' && blocks === undefined),
      5_000,
    );
    const second = await app.client.chat.postMessage({ channel: 'C0INC', text: 'card', blocks: card });
    await workspace.as('U0LEE').click('C0INC', String(second.ts), 'reject');
    await workspace.waitFor((w) => (w.messages('C0INC').some(({ ts }) => ts === second.ts) ? undefined : true), 5_000);
  });

  it('replaces an ephemeral message, and its buttons carry no message', async () => {
    const { workspace, app } = await withApp((app) =>
      app.action('approve', async ({ ack, respond, body }) => {
        await ack();
        await respond({ replace_original: true, text: `message sent along: ${'message' in body}` });
      }),
    );
    const shown = await app.client.chat.postEphemeral({
      channel: 'C0INC',
      user: 'U0ANA',
      text: 'choose',
      blocks: card,
    });
    await workspace.as('U0ANA').click('C0INC', String(shown.message_ts), 'approve');
    await workspace.waitFor(
      (w) => w.ephemerals('U0ANA').find(({ text }) => text === 'message sent along: false'),
      5_000,
    );
    expect(await workspace.as('U0LEE').click('C0INC', String(shown.message_ts), 'approve')).toMatchObject({
      visible: 'failure',
    });
  });
});

describe('buttons and menus', () => {
  it('send the person, the place, the whole message and what was chosen', async () => {
    const bodies: object[] = [];
    const { workspace, app } = await withApp((app) => {
      app.action('approve', async ({ ack, body }) => {
        bodies.push(body);
        await ack();
      });
      app.action('why', async ({ ack }) => ack());
    });
    const root = await app.client.chat.postMessage({ channel: 'C0INC', text: 'root' });
    const { ts } = await app.client.chat.postMessage({
      channel: 'C0INC',
      text: 'card',
      thread_ts: String(root.ts),
      blocks: card,
    });
    await workspace.as('U0LEE').select('C0INC', String(ts), 'why', 'risk');
    await workspace.as('U0LEE').click('C0INC', String(ts), 'approve', 'a1');
    expect(bodies).toMatchObject([
      {
        type: 'block_actions',
        user: { id: 'U0LEE', team_id: 'T0LOCAL' },
        container: { type: 'message', message_ts: ts, channel_id: 'C0INC', is_ephemeral: false, thread_ts: root.ts },
        message: { text: 'card', thread_ts: root.ts },
        state: { values: { decide: { why: { selected_option: { value: 'risk' } } } } },
        actions: [{ action_id: 'approve', block_id: 'decide', value: 'a1', type: 'button' }],
      },
    ]);
  });

  it('say so when the button is gone, the value is another, or nobody acknowledges', async () => {
    const { workspace, app } = await withApp(() => {}, { ackTimeoutMs: 60 });
    const { ts } = await app.client.chat.postMessage({ channel: 'C0INC', text: 'card', blocks: card });
    const click = (action: string, value?: string) => workspace.as('U0LEE').click('C0INC', String(ts), action, value);
    expect(await click('approve')).toMatchObject({
      visible: 'failure',
      text: expect.stringContaining('too long to respond'),
    });
    expect(await click('nothing')).toMatchObject({
      visible: 'failure',
      text: expect.stringContaining('no longer there'),
    });
    expect(await click('approve', 'other')).toMatchObject({
      visible: 'failure',
      text: expect.stringContaining('no longer there'),
    });
    expect(await workspace.as('U0LEE').select('C0INC', String(ts), 'why', 'not an option')).toMatchObject({
      visible: 'failure',
    });
  });
});

describe('modals', () => {
  it('open by a trigger once, validate, take errors of the app, and close', async () => {
    const refusals: string[] = [];
    const { workspace, app } = await withApp((app) => {
      app.action('reject', async ({ ack, client, body }) => {
        await ack();
        const trigger_id = 'trigger_id' in body ? body.trigger_id : '';
        await client.views.open({ trigger_id, view: modal() });
        await client.views.open({ trigger_id, view: modal() }).catch((error: Error) => refusals.push(error.message));
      });
      app.view('reason', async ({ ack, view }) => {
        const text = view.state.values.why?.text?.value;
        await (text === 'because' ? ack({ response_action: 'errors', errors: { why: 'Say more.' } }) : ack());
      });
    });
    const { ts } = await app.client.chat.postMessage({ channel: 'C0INC', text: 'card', blocks: card });
    const ana = workspace.as('U0ANA');
    await ana.click('C0INC', String(ts), 'reject');
    const view = await workspace.waitFor((w) => w.views('U0ANA')[0], 5_000);
    expect(await ana.submitView(view.id)).toMatchObject({ errors: { why: 'Please complete this required field.' } });
    expect(await ana.submitView(view.id, { why: 'no' })).toMatchObject({
      errors: { why: expect.stringContaining('at least 3') },
    });
    expect(await ana.submitView(view.id, { why: 'because' })).toEqual({
      visible: 'modal',
      viewId: view.id,
      errors: { why: 'Say more.' },
    });
    expect(await workspace.as('U0LEE').submitView(view.id, { why: 'not mine' })).toMatchObject({ visible: 'failure' });
    expect(await ana.submitView(view.id, { text: 'too risky now' })).toEqual({ visible: 'nothing' });
    expect(workspace.views('U0ANA')).toEqual([]);
    await workspace.waitFor(() => refusals[0], 5_000);
    expect(refusals[0]).toContain('exchanged_trigger_id');
  });

  it('are three deep at most, and closing one shows the one below', async () => {
    const { workspace } = await withApp((app) => {
      app.command('/sre', async ({ ack, client, command }) => {
        await ack();
        await client.views.open({ trigger_id: command.trigger_id, view: modal({ notify_on_close: true }) });
      });
      app.view('reason', async ({ ack }) => ack({ response_action: 'push', view: modal() }));
    });
    const ana = workspace.as('U0ANA');
    await ana.command('C0INC', '/sre');
    const first = await workspace.waitFor((w) => w.views('U0ANA')[0], 5_000);
    const second = await ana.submitView(first.id, { why: 'deeper' });
    const third = await ana.submitView(second.visible === 'modal' ? second.viewId : '', { why: 'deeper' });
    expect(workspace.views('U0ANA')).toHaveLength(3);
    const top = third.visible === 'modal' ? third.viewId : '';
    expect(await ana.submitView(top, { why: 'deeper' })).toMatchObject({ visible: 'failure' });
    await ana.closeView(top);
    expect(workspace.views('U0ANA').map(({ id }) => id)).toEqual([
      first.id,
      second.visible === 'modal' ? second.viewId : '',
    ]);
  });

  it('cannot be opened later than three seconds after the click', async () => {
    let now = 1_700_000_000_000;
    const refusals: string[] = [];
    const { workspace } = await withApp(
      (app) =>
        app.command('/sre', async ({ ack, client, command }) => {
          await ack();
          now += 3_001;
          await client.views
            .open({ trigger_id: command.trigger_id, view: modal() })
            .catch((error: Error) => refusals.push(error.message));
        }),
      { now: () => now },
    );
    await workspace.as('U0ANA').command('C0INC', '/sre');
    expect(await workspace.waitFor(() => refusals[0], 5_000)).toContain('expired_trigger_id');
  });
});

describe('events', () => {
  it('tell the app about mentions, and echo its own messages', async () => {
    const heard: string[] = [];
    const { workspace } = await withApp((app) => {
      app.event('app_mention', async ({ event, say }) => {
        heard.push(event.text);
        await say({ text: 'here', thread_ts: event.ts });
      });
    });
    await workspace.as('U0ANA').say('C0INC', '@sre-copilot why is checkout down?');
    await workspace.waitFor((w) => w.messages('C0INC').find(({ reply_count }) => reply_count === 1), 5_000);
    expect(heard).toEqual(['<@U0COPILOT> why is checkout down?']);
    const events = entriesOf(workspace, 'envelope-sent').map(({ payload }) => payload.event);
    expect(events).toMatchObject([
      { type: 'app_mention' },
      { type: 'message', user: 'U0ANA' },
      { type: 'message', bot_id: 'B0COPILOT', text: 'here' },
    ]);
  });

  it('stay away from channels the app is not in, and the person is told', async () => {
    const { workspace } = await withApp(() => {});
    await workspace.as('U0ANA').say('C0GEN', '@sre-copilot hello');
    expect(entriesOf(workspace, 'envelope-sent')).toEqual([]);
    expect(workspace.ephemerals('U0ANA')).toMatchObject([{ text: expect.stringContaining('is not in this channel') }]);
  });

  it('carry edits and deletions', async () => {
    const { workspace, app } = await withApp(() => {});
    const { ts } = await app.client.chat.postMessage({ channel: 'C0INC', text: 'one' });
    await app.client.chat.update({ channel: 'C0INC', ts: String(ts), text: 'two' });
    await app.client.chat.delete({ channel: 'C0INC', ts: String(ts) });
    const events = entriesOf(workspace, 'envelope-sent').map(({ payload }) => payload.event);
    expect(events).toMatchObject([
      { text: 'one' },
      { subtype: 'message_changed', message: { text: 'two' }, previous_message: { text: 'one' } },
      { subtype: 'message_deleted', deleted_ts: ts },
    ]);
  });

  it('come again under the same event_id when they are redelivered', async () => {
    let mentions = 0;
    const { workspace } = await withApp((app) =>
      app.event('app_mention', async () => {
        mentions += 1;
      }),
    );
    await workspace.as('U0ANA').say('C0INC', '@sre-copilot twice');
    await workspace.waitFor(() => (mentions === 1 ? true : undefined), 5_000);
    workspace.faults.redeliver(2);
    await workspace.waitFor(() => (mentions === 2 ? true : undefined), 5_000);
    const [first, , again] = entriesOf(workspace, 'envelope-sent');
    expect(again).toMatchObject({ attempt: 1, payload: { event_id: first?.payload.event_id } });
    expect(again?.envelopeId).not.toBe(first?.envelopeId);
  });

  it('open the Home tab', async () => {
    const { workspace } = await withApp((app) =>
      app.event('app_home_opened', async ({ event, client }) => {
        await client.views.publish({
          user_id: event.user,
          view: {
            type: 'home',
            blocks: [
              {
                type: 'actions',
                elements: [{ type: 'button', action_id: 'open', text: { type: 'plain_text', text: 'Open' } }],
              },
            ],
          },
        });
      }),
    );
    await workspace.as('U0ANA').openHome();
    expect(await workspace.waitFor((w) => w.views('U0ANA')[0], 5_000)).toMatchObject({ type: 'home' });
  });

  it('bring message shortcuts with the whole message', async () => {
    const texts: unknown[] = [];
    const { workspace } = await withApp((app) =>
      app.shortcut('investigate', async ({ ack, shortcut }) => {
        await ack();
        texts.push(shortcut.type === 'message_action' ? shortcut.message.text : undefined);
      }),
    );
    const said = await workspace.as('U0ANA').say('C0INC', 'p99 is 4 s');
    await workspace.as('U0ANA').shortcut('investigate', 'C0INC', said.visible === 'message' ? said.ts : '');
    expect(texts).toEqual(['p99 is 4 s']);
    expect(await workspace.as('U0ANA').shortcut('other', 'C0INC', '1.000001')).toMatchObject({ visible: 'failure' });
  });
});

describe('connections', () => {
  it('are made anew after a disconnect, and what happens meanwhile is lost to the person', async () => {
    const { workspace } = await withApp((app) => app.command('/sre', async ({ ack }) => ack('back')));
    workspace.faults.disconnect();
    await workspace.waitFor((w) => (connections(w) === 0 ? true : undefined), 5_000);
    expect(await workspace.as('U0ANA').command('C0INC', '/sre')).toMatchObject({
      visible: 'failure',
      text: expect.stringContaining('dispatch_failed'),
    });
    await workspace.waitFor((w) => (connections(w) === 1 ? true : undefined), 2_000);
    expect(await workspace.as('U0ANA').command('C0INC', '/sre')).toMatchObject({ text: 'back' });
  });

  it('are not given out while refused', async () => {
    const { workspace } = await withApp(() => {});
    workspace.faults.refuse(true);
    workspace.faults.disconnect('dropped');
    await workspace.waitFor(
      (w) =>
        entriesOf(w, 'api-call').find(
          ({ method, answer }) =>
            method === 'apps.connections.open' && JSON.stringify(answer).includes('internal_error'),
        ),
      2_000,
    );
    expect(connections(workspace)).toBe(0);
    workspace.faults.refuse(false);
    await workspace.waitFor((w) => (connections(w) === 1 ? true : undefined), 3_000);
  });

  it('are refused without a ticket, and a ticket works once', async () => {
    const { at, workspace } = await startWorkspace();
    const open = await fetch(`${at.apiUrl}apps.connections.open`, {
      method: 'POST',
      headers: { authorization: `Bearer ${at.appToken}` },
    });
    const { url } = (await open.json()) as { url: string };
    const outcome = (address: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(address);
        socket.onmessage = ({ data }) => {
          resolve(JSON.parse(String(data)).type);
          socket.close();
        };
        socket.onerror = () => resolve('refused');
      });
    expect(await outcome(url)).toBe('hello');
    expect(await outcome(url)).toBe('refused');
    expect(await outcome(`${at.url.replace('http', 'ws')}link/?ticket=guess`)).toBe('refused');
    expect(entriesOf(workspace, 'connection').filter(({ change }) => change === 'refused')).toHaveLength(2);
  });
});

describe('the official client', () => {
  it('uploads files into a thread', async () => {
    const { workspace, app } = await withApp(() => {});
    const { ts } = await app.client.chat.postMessage({ channel: 'C0INC', text: 'root' });
    await app.client.filesUploadV2({
      channel_id: 'C0INC',
      thread_ts: String(ts),
      initial_comment: 'the timeline',
      file_uploads: [
        { content: '# md', filename: 't.md', title: 'Timeline' },
        { content: '{}', filename: 't.json', title: 'As JSON' },
      ],
    });
    const shared = workspace.messages('C0INC', String(ts)).flatMap((message) => message.files ?? []);
    expect(shared.map(({ name }) => name).sort()).toEqual(['t.json', 't.md']);
    expect(workspace.files().every((file) => file.channel === 'C0INC' && file.ts !== undefined)).toBe(true);
  });

  it('posts twice when a 500 comes after processing, as with the real Slack', async () => {
    const { workspace, app } = await withApp(() => {});
    workspace.faults.fail('chat.postMessage', { status: 500, afterProcessing: true });
    await app.client.chat.postMessage({ channel: 'C0INC', text: 'once?' });
    expect(workspace.messages('C0INC').map(({ text }) => text)).toEqual(['once?', 'once?']);
  });

  it('reads blocks.validate and missing_scope as errors', async () => {
    const { app } = await withApp(() => {});
    const failed = await app.client
      .apiCall('blocks.validate', { blocks: [section('x'.repeat(3001))] })
      .catch((error: { data: unknown }) => error.data);
    expect(failed).toMatchObject({ error: 'invalid_blocks' });
    await expect(app.client.bookmarks.list({ channel_id: 'C0INC' })).rejects.toThrow(/unknown_method/);
    await expect(app.client.conversations.open({ users: 'U0ANA' })).rejects.toThrow(/missing_scope/);
  });
});
