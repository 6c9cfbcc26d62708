import { describe, expect, it } from 'vitest';
import { alertmanagerRoutes } from '../../../src/adapters/alertmanager/webhook-routes.ts';
import { fail, ok, type Problem, problem, type Result } from '../../../src/core/result.ts';
import type { Signal } from '../../../src/core/signal/signal.ts';
import { ended, firing, webhookBody } from '../../support/alertmanager-bodies.ts';

const path = '/webhooks/alertmanager';

function routes(answer: () => Promise<Result<unknown, Problem>> = async () => ok({}), token = 'correct-horse') {
  const received: Signal[] = [];
  const problems: string[] = [];
  const app = alertmanagerRoutes({
    token,
    receive: async (signal) => {
      received.push(signal);
      return answer();
    },
    redact: (text) => text.replaceAll('hunter2', '[masked]'),
    onProblem: (sentence) => problems.push(sentence),
  });
  const send = async (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = { authorization: 'Bearer correct-horse' },
  ) => {
    const response = await app.request(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, body: (await response.json()) as { error?: string; stored?: boolean } };
  };
  return { app, received, problems, send };
}

describe('POST /webhooks/alertmanager', () => {
  it.each<[what: string, more: Record<string, unknown>]>([
    ['a group that fires', {}],
    ['a group that ended', { status: 'resolved', alerts: [ended()] }],
    ['a group that ended in part', { alerts: [firing(), ended({ fingerprint: 'b' })] }],
    ['a notification that was cut', { truncatedAlerts: 120 }],
  ])('200 for %s, once it is stored', async (_what, more) => {
    const { send, received, problems } = routes();
    expect(await send(JSON.stringify(webhookBody(more)))).toEqual({ status: 200, body: { stored: true } });
    expect([received.length, problems]).toEqual([1, []]);
  });

  it('answers only after it is stored', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<unknown, Problem>>();
    const { send } = routes(() => promise);
    let answered = false;
    const sending = send(JSON.stringify(webhookBody())).then((answer) => {
      answered = true;
      return answer;
    });
    await new Promise((turn) => setImmediate(turn));
    expect(answered).toBe(false);
    resolve(ok({}));
    expect((await sending).status).toBe(200);
  });

  it.each<[what: string, headers: Record<string, string>]>([
    ['no token', {}],
    ['another token', { authorization: 'Bearer wrong-horse' }],
    ['the start of the token', { authorization: 'Bearer correct-hors' }],
    ['the token and more', { authorization: 'Bearer correct-horse-battery' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic correct-horse' }],
    ['the bare token', { authorization: 'correct-horse' }],
    ['the token elsewhere', { 'x-authorization': 'Bearer correct-horse' }],
  ])('T1, T18: 401 for %s, before the body is looked at', async (_what, headers) => {
    const { send, received } = routes();
    for (const body of [JSON.stringify(webhookBody()), 'not JSON', 'x'.repeat(9 * 1024 * 1024)]) {
      const answer = await send(body, headers);
      expect(answer).toMatchObject({ status: 401, body: { error: expect.stringMatching(/Nothing was stored/) } });
      expect(JSON.stringify(answer)).not.toContain('correct-horse');
    }
    expect(received).toEqual([]);
  });

  it('T18: no token is right when none is configured', async () => {
    const { send, received } = routes(undefined, '');
    for (const authorization of ['', 'Bearer ', 'Bearer undefined'])
      expect((await send(JSON.stringify(webhookBody()), { authorization })).status).toBe(401);
    expect(received).toEqual([]);
  });

  it.each<[what: string, body: string | Uint8Array<ArrayBuffer>]>([
    ['nothing', ''],
    ['no JSON', '{"version":'],
    ['text', 'an alert fires'],
    ['JSON that is no notification', '[1,2,3]'],
    ['another version', JSON.stringify(webhookBody({ version: '3' }))],
    ['a notification without alerts', JSON.stringify(webhookBody({ alerts: [] }))],
    ['half a character', JSON.stringify(webhookBody()).replace('stuck.', '\\ud800')],
    ['the name of half a character', JSON.stringify(webhookBody()).replace('"summary"', '"\\udc00"')],
    ['very deep JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['bytes', new Uint8Array([0xff, 0xfe, 0x00])],
  ])('400 for %s, in one sentence', async (_what, body) => {
    const { send, received } = routes();
    expect(await send(body)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/Nothing was stored/) },
    });
    expect(received).toEqual([]);
  });

  it('413 for a body that is too large, with or without its length', async () => {
    const { app, send, received } = routes();
    const large = JSON.stringify(webhookBody({ padding: 'x'.repeat(8 * 1024 * 1024) }));
    expect(
      await send(large, { authorization: 'Bearer correct-horse', 'content-length': String(large.length) }),
    ).toMatchObject({ status: 413 });
    const streamed = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 9; n += 1) controller.enqueue(new TextEncoder().encode('x'.repeat(1024 * 1024)));
        controller.close();
      },
    });
    const init = { method: 'POST', body: streamed, duplex: 'half', headers: { authorization: 'Bearer correct-horse' } };
    const response = await app.request(path, init as RequestInit);
    expect(response.status).toBe(413);
    expect(received).toEqual([]);
  });

  it('503, never 429 or another 4xx, when it could not be stored: it is sent again soon', async () => {
    const full = problem('journal.unavailable', 'The disk is full. Nothing was stored. Make room.');
    const { send, problems } = routes(async () => fail(full));
    expect(await send(JSON.stringify(webhookBody()))).toEqual({ status: 503, body: { error: full.sentence } });
    expect(problems).toEqual([full.sentence]);
  });

  it('503 when something broke, without a stack trace', async () => {
    const { send, problems } = routes(async () => {
      throw new TypeError('cannot read properties of undefined');
    });
    const answer = await send(JSON.stringify(webhookBody()));
    expect(answer).toMatchObject({ status: 503, body: { error: expect.stringMatching(/Nothing was stored/) } });
    expect(JSON.stringify(answer)).not.toMatch(/TypeError|at .*\.ts|undefined/);
    expect(problems).toHaveLength(1);
  });

  it('passes on nothing that was not redacted', async () => {
    const { send, received } = routes();
    await send(JSON.stringify(webhookBody({ alerts: [firing({ annotations: { summary: 'password hunter2' } })] })));
    expect(JSON.stringify(received)).not.toContain('hunter2');
    expect(JSON.stringify(received)).toContain('[masked]');
  });

  it('T15: passes hostile labels on as data', async () => {
    const labels = { alertname: '<!channel> *x* |`', __proto__x: 'x', constructor: 'y', namespace: 'a\u202eb' };
    const { send, received } = routes();
    expect(
      (await send(JSON.stringify(webhookBody({ commonLabels: labels, alerts: [firing({ labels })] })))).status,
    ).toBe(200);
    expect(received[0]).toMatchObject({ commonLabels: labels });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(['GET', 'PUT', 'DELETE'])('knows no %s, and no other path', async (method) => {
    const { app } = routes();
    const headers = { authorization: 'Bearer correct-horse' };
    expect((await app.request(path, { method, headers })).status).toBe(404);
    expect((await app.request(`${path}/x`, { method: 'POST', headers })).status).toBe(404);
  });
});
