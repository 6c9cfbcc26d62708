import { describe, expect, it } from 'vitest';
import { incidentApi } from '../../../src/adapters/http/incident-api.ts';
import type { IncidentState } from '../../../src/core/incident/state.ts';
import type { Actor } from '../../../src/core/journal/event.ts';
import { fail, ok, type Problem, problem, type Result } from '../../../src/core/result.ts';
import { type Signal, signalSchema } from '../../../src/core/signal/signal.ts';
import { ann } from '../../support/incident-facts.ts';
import { opened, planned, type Story, waiting } from '../../support/incident-story.ts';

const token = 'correct-horse-battery';
const authorization = `Bearer ${token}`;
const over = (story: Story) =>
  story.tell({ type: 'incident-resolved', body: { signalId: null, by: 'source', summary: 'x' } });
const acknowledged = (story: Story) => story.tell({ type: 'incident-acknowledged', body: { signalId: 's', by: ann } });

type Answer = { readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers };

function api(
  states: readonly IncidentState[] = [opened().state()],
  answer: () => Promise<Result<unknown, Problem>> = async () => ok({}),
) {
  const received: { signal: Signal; actor: Actor }[] = [];
  const problems: string[] = [];
  const app = incidentApi({
    token,
    incidents: { all: () => states, get: (reference) => states.find((state) => state.reference === reference) },
    receive: async (signal, actor) => {
      received.push({ signal: signalSchema.parse(signal), actor });
      return answer();
    },
    timelineOf: async (reference) => ok(JSON.stringify({ incident: reference })),
    redact: (text) => text.replaceAll('hunter2', '[masked]'),
    onProblem: (sentence) => problems.push(sentence),
  });
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { authorization },
  ): Promise<Answer> => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await app.request(path, { method, headers, ...sent });
    return {
      status: response.status,
      body: (await response.json()) as Record<string, unknown>,
      headers: response.headers,
    };
  };
  return { ask, received, problems };
}

/** Every problem has a sentence for people, and what RFC 9457 asks for. */
function expectProblem({ status, body, headers }: Answer, code: number, word: string): void {
  expect([status, headers.get('content-type')]).toEqual([code, 'application/problem+json']);
  expect(body).toMatchObject({
    type: 'about:blank',
    status: code,
    code: word,
    detail: expect.stringMatching(/\w.*\.$/),
  });
  expect(body.title).toMatch(/^[A-Z]/);
}

const list = '/api/v1/incidents';
const one = `${list}/INC-1`;

describe('the HTTP API', () => {
  it.each<[what: string, headers: Record<string, string>]>([
    ['no token', {}],
    ['another token', { authorization: 'Bearer wrong-horse-battery' }],
    ['the start of the token', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['the token and more', { authorization: `${authorization}1` }],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['an empty token', { authorization: 'Bearer ' }],
  ])('answers 401 to %s, on every path, and does nothing', async (_what, headers) => {
    const { ask, received } = api();
    for (const [method, path] of [
      ['GET', list],
      ['GET', one],
      ['GET', `${one}/timeline`],
      ['POST', `${one}/acknowledge`],
      ['POST', `${one}/resolve`],
      ['DELETE', one],
      ['GET', '/api/v1/nothing'],
    ] as const) {
      const answer = await ask(method, path, method === 'POST' ? { by: 'Ann' } : undefined, headers);
      expectProblem(answer, 401, 'api.unauthorized');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(JSON.stringify(answer.body)).not.toContain(token);
    }
    expect(received).toEqual([]);
  });

  it('no token is right when none is configured', async () => {
    const app = incidentApi({
      token: '',
      incidents: { all: () => [], get: () => undefined },
      receive: async () => ok({}),
      timelineOf: async () => ok('{}'),
      redact: (text) => text,
      onProblem: () => undefined,
    });
    expect((await app.request(list, { headers: { authorization: 'Bearer ' } })).status).toBe(401);
  });

  it.each([
    ['GET', '/api/v1', 404, 'api.no-such-path'],
    ['GET', '/api/v1/incident', 404, 'api.no-such-path'],
    ['GET', `${list}/INC-7`, 404, 'incident.unknown'],
    ['GET', `${list}/constructor`, 404, 'incident.unknown'],
    ['GET', `${list}/${'x'.repeat(2_000)}`, 404, 'incident.unknown'],
    ['POST', `${list}/INC-7/acknowledge`, 404, 'incident.unknown'],
    ['GET', `${list}/INC-7/timeline`, 404, 'incident.unknown'],
    ['DELETE', one, 405, 'api.wrong-method'],
    ['GET', `${one}/resolve`, 405, 'api.wrong-method'],
    ['PUT', list, 405, 'api.wrong-method'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    expectProblem(await api().ask(method, path), status, code);
  });
});

describe('the list', () => {
  const many = Array.from({ length: 12 }, (_, index) => {
    const state = (index % 3 === 0 ? over(opened()) : index % 3 === 1 ? acknowledged(opened()) : opened()).state();
    return { ...state, reference: `INC-${index + 1}` };
  });
  const references = ({ body }: Answer) =>
    (body.incidents as { reference: string }[]).map(({ reference }) => reference);

  it('is newest first by number, and tells how each stands', async () => {
    const answer = await api(many).ask('GET', list);
    expect(references(answer)).toEqual(Array.from({ length: 12 }, (_, index) => `INC-${12 - index}`));
    expect((answer.body.incidents as object[])[0]).toEqual({
      reference: 'INC-12',
      title: 'KubeDeploymentRolloutStuck: Deployment shop/checkout',
      phase: 'open',
      severity: 'warning',
      source: 'alertmanager',
      cluster: 'test',
      namespace: 'shop',
      object: null,
      openedAt: '2026-11-21T03:04:06.000Z',
      mitigatedAt: null,
      resolvedAt: null,
      flaps: 0,
      times: 0,
      escalated: false,
      links: { self: `${list}/INC-12`, timeline: `${list}/INC-12/timeline` },
    });
    expect(answer.body.next).toBeNull();
  });

  it.each([
    ['phase=open', ['INC-12', 'INC-9', 'INC-6', 'INC-3']],
    ['phase=resolved', ['INC-10', 'INC-7', 'INC-4', 'INC-1']],
    ['phase=open,acknowledged&limit=3', ['INC-12', 'INC-11', 'INC-9']],
    ['before=INC-3', ['INC-2', 'INC-1']],
    ['before=inc-1', []],
  ])('%s', async (query, expected) => {
    expect(references(await api(many).ask('GET', `${list}?${query}`))).toEqual(expected);
  });

  it('is read to its end by its own links, each once', async () => {
    const { ask } = api(many);
    const seen: string[] = [];
    let path: string | null = `${list}?limit=5`;
    while (path !== null) {
      const answer: Answer = await ask('GET', path);
      seen.push(...references(answer));
      path = answer.body.next as string | null;
    }
    expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => `INC-${12 - index}`));
  });

  it.each(['phase=closed', 'phase=', 'limit=0', 'limit=201', 'limit=ten', 'before=7', 'colour=red'])(
    'refuses %s with what it expects',
    async (query) => {
      expectProblem(await api(many).ask('GET', `${list}?${query}`), 400, 'api.bad-query');
    },
  );
});

describe('one incident', () => {
  it('shows what was found, what runs and what is waited for', async () => {
    const { body } = await api([waiting().state()]).ask('GET', `${list}/inc-1`);
    expect(body).toMatchObject({
      reference: 'INC-1',
      finding: { code: 'image-pull-failed', object: 'Deployment shop/checkout', confidence: 'high' },
      run: { runbook: 'rollout-bad-image', status: 'waiting' },
      waitingForApproval: true,
      alerts: [{ name: 'KubeDeploymentRolloutStuck', status: 'firing' }],
      detections: [],
    });
  });

  it('links to its timeline', async () => {
    expect((await api().ask('GET', `${one}/timeline`)).body).toEqual({ incident: 'INC-1' });
  });
});

describe('a decision', () => {
  it.each([
    ['acknowledge', 'ack'],
    ['resolve', 'resolve'],
  ] as const)('%s is a command in the inbox, answered once it is stored', async (path, verb) => {
    const { promise, resolve } = Promise.withResolvers<Result<unknown, Problem>>();
    const { ask, received } = api([opened().state()], () => promise);
    let answered = false;
    const asking = ask('POST', `${one}/${path}`, { by: 'Ann', comment: 'known' }).then((answer) => {
      answered = true;
      return answer;
    });
    await new Promise((turn) => setImmediate(turn));
    expect(answered).toBe(false);
    resolve(ok({}));
    expect(await asking).toMatchObject({ status: 202, body: { stored: true, incident: { reference: 'INC-1' } } });
    expect(received).toEqual([
      {
        signal: {
          kind: 'command',
          source: 'api',
          verb,
          text: 'known',
          person: { id: 'api:Ann', name: 'Ann' },
          channel: 'C-OPS',
          incident: 'INC-1',
        },
        actor: { kind: 'user', id: 'api:Ann', name: 'Ann' },
      },
    ]);
  });

  it.each<[path: string, story: () => Story]>([
    ['acknowledge', () => acknowledged(opened())],
    ['resolve', () => over(opened())],
  ])('%s twice is as good as once: 200, nothing is stored', async (path, story) => {
    const { ask, received } = api([story().state()]);
    expect(await ask('POST', `${one}/${path}`, { by: 'Ann' })).toMatchObject({ status: 200, body: { stored: false } });
    expect(received).toEqual([]);
  });

  it.each<[path: string, story: () => Story, code: string]>([
    ['acknowledge', () => over(opened()), 'incident.resolved'],
    ['resolve', () => planned(), 'incident.run-under-way'],
  ])('%s is 409 where it cannot be', async (path, story, code) => {
    const { ask, received } = api([story().state()]);
    expectProblem(await ask('POST', `${one}/${path}`, { by: 'Ann' }), 409, code);
    expect(received).toEqual([]);
  });

  it.each<[what: string, body: unknown]>([
    ['no body', undefined],
    ['no JSON', 'by=Ann'],
    ['a list', []],
    ['nobody', {}],
    ['an empty name', { by: '' }],
    ['a name of nothing visible', { by: '\u200b \u202e' }],
    ['a number for a name', { by: 7 }],
    ['a name that is too long', { by: 'a'.repeat(81) }],
    ['a comment that is too long', { by: 'Ann', comment: 'a'.repeat(1_001) }],
    ['a field that it does not know', { by: 'Ann', force: true }],
  ])('with %s is 400, and says what is expected', async (_what, body) => {
    const { ask, received } = api();
    expectProblem(await ask('POST', `${one}/acknowledge`, body), 400, 'api.bad-body');
    expect(received).toEqual([]);
  });

  it('with a huge body is 413', async () => {
    expectProblem(await api().ask('POST', `${one}/resolve`, { by: 'a'.repeat(20_000) }), 413, 'api.too-large');
  });

  it('keeps no secret and nothing that cannot be seen', async () => {
    const { ask, received } = api();
    await ask('POST', `${one}/acknowledge`, { by: 'Ann\u202e', comment: 'password hunter2\nand\u0000 more \ud83d' });
    expect(received[0]?.signal).toMatchObject({ person: { name: 'Ann' }, text: 'password [masked] and more \ufffd' });
  });

  it('is 503 when it cannot be stored, and may be sent again', async () => {
    const { ask, problems } = api([opened().state()], async () =>
      fail(problem('journal.unavailable', 'The disk is full. Nothing was stored.')),
    );
    const answer = await ask('POST', `${one}/acknowledge`, { by: 'Ann' });
    expectProblem(answer, 503, 'journal.unavailable');
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(problems).toHaveLength(1);
  });

  it('is 500 when something breaks, and tells the log what', async () => {
    const { ask, problems } = api([opened().state()], () => Promise.reject(new Error('boom hunter2')));
    expectProblem(await ask('POST', `${one}/acknowledge`, { by: 'Ann' }), 500, 'api.broken');
    expect(problems.join()).toMatch(/boom \[masked\]/);
  });
});
