import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { createConnection, type Socket } from '../../../src/adapters/slack/connection.ts';
import { clientOptions } from '../../../src/adapters/slack/slack-client.ts';
import { createSocket } from '../../../src/adapters/slack/socket.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createStage, createTestWorkspace, type Stage } from './support/stage.ts';

const connectionsOf = (stage: Pick<Stage, 'workspace'>) =>
  stage.workspace.ledger().filter((entry) => entry.kind === 'connection' && entry.change === 'opened').length;
const connected = (stage: Stage, count: number, timeoutMs = 5_000) =>
  stage.workspace.waitFor(
    () => (connectionsOf(stage) >= count && stage.slack.isConnected() ? true : undefined),
    timeoutMs,
  );
const works = async (stage: Stage) =>
  expect(await stage.workspace.as('U0MAYA').command('C0INC', '/sre status')).toMatchObject({
    visible: 'ephemeral',
    text: expect.stringContaining('No incident is open'),
  });

describe('the connection to Slack', () => {
  it('is there after the start, and says who we are', async () => {
    const stage = await createStage({ narrate: false });
    expect(stage.slack.team()).toEqual({
      teamId: 'T0LOCAL',
      enterpriseId: null,
      botUserId: 'U0COPILOT',
      botId: 'B0COPILOT',
    });
    expect(stage.log).toEqual(['Connected to Slack.']);
    await works(stage);
  });

  it('is renewed within a moment when Slack asks for it, and nobody is alarmed', async () => {
    const stage = await createStage({ narrate: false });
    const before = performance.now();
    stage.workspace.faults.disconnect('refresh_requested');
    await connected(stage, 2);
    expect(performance.now() - before).toBeLessThan(1_000);
    await works(stage);
    expect(stage.log).toEqual(['Connected to Slack.']);
  });

  it('comes back after the line dropped', async () => {
    const stage = await createStage({ narrate: false });
    stage.workspace.faults.disconnect('dropped');
    await connected(stage, 2);
    await works(stage);
  });

  it('comes back after Slack was away for a while, and says both once', async () => {
    const stage = await createStage({ narrate: false });
    stage.workspace.faults.refuse(true);
    stage.workspace.faults.disconnect('dropped');
    await stage.workspace.waitFor(() => (stage.log.length >= 2 ? true : undefined), 3_000);
    expect(stage.slack.isConnected()).toBe(false);
    stage.workspace.faults.refuse(false);
    await connected(stage, 2);
    await works(stage);
    expect(stage.log).toEqual([
      'Connected to Slack.',
      expect.stringContaining(
        'Slack cannot be reached (internal_error). Commands and clicks in Slack do not reach the co-pilot meanwhile',
      ),
      'Connected to Slack again. Commands and clicks arrive; threads are brought up to date.',
    ]);
  });

  it.each([
    ['answers with an error page', { status: 502 }],
    ['drops the call', { reset: true }],
    ['asks to wait', { retryAfterSeconds: 1 }],
  ])('is made in the background when Slack %s at the start', async (_what, fault) => {
    const stage = await createStage({ narrate: false, start: false });
    // The client tries a call once more by itself, except when it is told to wait.
    stage.workspace.faults.fail('auth.test', { ...fault, times: 'retryAfterSeconds' in fault ? 0 : 2 });
    stage.workspace.faults.fail('apps.connections.open', fault);
    const started = await stage.slack.start();
    expect(started).toMatchObject({ ok: false, error: { code: 'slack.unreachable' } });
    await connected(stage, 1, 8_000);
    await works(stage);
  });

  it('is made once Slack is there: nothing listened at the start', async () => {
    const first = createTestWorkspace();
    const { apiUrl } = await first.start();
    await first.stop();
    const port = Number(new URL(apiUrl).port);
    const stage = await createStage({ narrate: false, start: false, workspace: { port } });
    await stage.workspace.stop();
    expect(await stage.slack.start()).toMatchObject({ ok: false, error: { code: 'slack.unreachable' } });
    const later = createTestWorkspace({ port });
    await later.start();
    onTestFinished(() => later.stop());
    await later.waitFor(() => (stage.slack.isConnected() ? true : undefined), 8_000);
    expect(await later.as('U0MAYA').command('C0INC', '/sre status')).toMatchObject({ visible: 'ephemeral' });
  });

  it('says which setting is wrong when Slack does not take a token', async () => {
    const stage = await createStage({ narrate: false, start: false });
    stage.workspace.faults.fail('apps.connections.open', { error: 'not_allowed_token_type' });
    expect(await stage.slack.start()).toMatchObject({
      ok: false,
      error: { code: 'slack.refused', sentence: expect.stringContaining('SLACK_APP_TOKEN must be an app-level token') },
    });
  });

  it('survives a disconnect and a stop at the same instant', async () => {
    const stage = await createStage({ narrate: false });
    stage.workspace.faults.disconnect('dropped');
    await stage.slack.stop();
    expect(stage.slack.isConnected()).toBe(false);
    const stopped = connectionsOf(stage);
    // A second of life would be enough to reconnect by mistake.
    await stage.clock.sleep(300);
    expect(connectionsOf(stage)).toBe(stopped);
  });

  it('survives that its acknowledgement is too late for the line: what was stored stays stored', async () => {
    const gate = Promise.withResolvers<void>();
    const received: unknown[] = [];
    const stage = await createStage({
      narrate: false,
      workspace: { ackTimeoutMs: 500 },
      useCases: {
        receive: async (signal) => {
          await gate.promise;
          received.push(signal);
          return { ok: true, value: { signalId: 's' } };
        },
      },
    });
    const seen = stage.workspace.as('U0MAYA').command('C0INC', '/sre investigate shop/checkout');
    await stage.workspace.waitFor(
      (it) => it.ledger().find((entry) => entry.kind === 'api-call' && entry.method === 'conversations.info'),
      3_000,
    );
    stage.workspace.faults.disconnect('dropped');
    gate.resolve();
    // Slack shows its failure; the answer comes through the response_url all the same.
    await stage.workspace.waitFor(
      (it) => it.ephemerals('U0MAYA').find(({ text }) => text.includes('Your command is stored')),
      3_000,
    );
    expect(received).toHaveLength(1);
    await connected(stage, 2);
    expect((await seen).visible).toBe('failure');
  });
});

/** Sockets that do as they are told. */
function scripted(script: readonly ('opens' | 'fails' | 'hangs')[]) {
  const sockets: { readonly drop: () => void; isClosed: boolean }[] = [];
  const newSocket = (): Socket => {
    const how = script[Math.min(sockets.length, script.length - 1)];
    const { promise: closed, resolve: drop } = Promise.withResolvers<void>();
    const socket = { drop, isClosed: false };
    sockets.push(socket);
    return {
      open: () =>
        how === 'opens'
          ? Promise.resolve()
          : how === 'fails'
            ? Promise.reject(new Error('no'))
            : new Promise(() => undefined),
      closed,
      close() {
        socket.isClosed = true;
        drop();
      },
    };
  };
  return { sockets, newSocket };
}

describe('keeping a connection', () => {
  const team = { teamId: 'T', enterpriseId: null, botUserId: 'U', botId: 'B' };
  const setUp = (script: Parameters<typeof scripted>[0]) => {
    const clock = createFakeClock();
    const log: string[] = [];
    const { sockets, newSocket } = scripted(script);
    const say = (line: string) => void log.push(line);
    const connection = createConnection({
      identify: async () => team,
      newSocket,
      clock,
      log: { info: say, warn: say, debug: () => undefined },
    });
    return { clock, log, sockets, connection };
  };

  it('gives up on a connection that never says hello, closes it, and tries another', async () => {
    const { clock, sockets, connection } = setUp(['hangs', 'opens']);
    const starting = connection.start();
    await clock.advance(10_000);
    expect((await starting).ok).toBe(false);
    expect(sockets[0]?.isClosed).toBe(true);
    await clock.advance(500);
    expect(connection.isConnected()).toBe(true);
    await connection.stop();
    expect(clock.sleepers()).toBe(0);
  });

  it('waits longer and longer, and says the same trouble once', async () => {
    const { clock, log, sockets, connection } = setUp(['fails']);
    void connection.start();
    await clock.advance(60_000);
    expect(sockets.length).toBeGreaterThan(4);
    expect(sockets.length).toBeLessThan(9);
    expect(log).toHaveLength(1);
    await connection.stop();
  });

  it('stops when its signal is aborted, also while it connects', async () => {
    const { clock, sockets, connection } = setUp(['hangs']);
    const ending = new AbortController();
    const starting = connection.start(ending.signal);
    await clock.advance(1);
    ending.abort();
    expect(await starting).toMatchObject({ ok: false });
    await clock.advance(120_000);
    expect(sockets).toHaveLength(1);
  });
});

describe('a socket', () => {
  it('ignores frames that are no envelopes, and hears what comes after them', async () => {
    const http = createServer((_request, response) => {
      const { port } = http.address() as AddressInfo;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ok: true, url: `ws://127.0.0.1:${port}/link` }));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const frames = new WebSocketServer({ server: http });
    frames.on('connection', (line) => {
      for (const frame of [
        'null',
        '[]',
        '"hello"',
        'not json',
        '{"type":"events_api"}',
        '{"type":"events_api","payload":null}',
        '{"type":"events_api","payload":{"event":null}}',
        '{"type":"events_api","payload":{"event":{}}}',
        '{"type":null}',
      ]) {
        line.send(frame);
      }
      line.send(Buffer.from([1, 2, 3]), { binary: true });
      line.send('{"type":"hello"}');
      line.send(
        '{"envelope_id":"e1","type":"events_api","payload":{"type":"event_callback","event":{"type":"app_mention"}}}',
      );
    });
    onTestFinished(() => {
      frames.close();
      http.closeAllConnections();
      http.close();
    });
    const heard = Promise.withResolvers<unknown>();
    const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
    const apiUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/`;
    const socket = createSocket({
      appToken: 'xapp-test',
      clientOptions: () => clientOptions(apiUrl, 'answers', log),
      sink: { processEvent: async ({ body }) => heard.resolve(body) },
      log,
    });
    await socket.open();
    expect(await heard.promise).toMatchObject({ type: 'event_callback' });
    socket.close();
    await socket.closed;
  });
});
