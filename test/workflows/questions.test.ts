import { describe, expect, it } from 'vitest';
import type { BodyOf } from '../../src/core/incident/events.ts';
import { createWorld, openBench } from '../support/copilot-bench.ts';
import { investigation } from '../support/incident-facts.ts';
import { goodReading, openModelBench } from '../support/model-bench.ts';
import type { ModelAnswer, ModelRequest } from '../support/scripted-model.ts';

const question = 'why is checkout not running?';
type Answered = BodyOf<'question-answered'>;

async function answerOf(bench: Awaited<ReturnType<typeof openBench>>): Promise<Answered | undefined> {
  return (await bench.events()).find(({ type }) => type === 'question-answered')?.body as Answered | undefined;
}

/** A model that explains as usual, and answers questions by a script of its own. */
async function asked(
  script: (request: ModelRequest, turn: number) => ModelAnswer,
  options: Parameters<typeof openModelBench>[1] = {},
) {
  let turn = 0;
  const it = await openModelBench(
    (request) => (request.stream === true ? script(request, turn++) : goodReading),
    options,
  );
  await it.bench.receive();
  await it.until('a reading', () => it.bench.incidents.get('INC-1')?.reasoning.explaining === null);
  await it.bench.command('ask', question, { incident: 'INC-1' });
  await it.until('an answer', () => {
    const questions = it.bench.incidents.get('INC-1')?.reasoning.questions ?? [];
    return questions.length > 0 && questions.every(({ answered }) => answered);
  });
  const conversation = it.server.requests().filter(({ stream }) => stream === true);
  return { ...it, answer: await answerOf(it.bench), conversation };
}

describe('a question without a model', () => {
  it('is answered by rules, from what the cluster says of the thing it names', async () => {
    const bench = await openBench(createWorld());
    await bench.start();
    await bench.receive();
    await bench.settle();
    await bench.command('ask', question, { incident: 'INC-1' });
    await bench.settle();
    const [asking] = bench.incident().reasoning.questions;
    expect(asking).toMatchObject({
      asked: { question, subject: 'checkout', by: { name: 'Ann' }, scope: { cluster: 'test' } },
      answered: true,
    });
    expect(await answerOf(bench)).toMatchObject({
      by: 'rules',
      sentences: [
        {
          text: expect.stringMatching(/cannot be pulled.*Deployment shop\/checkout \(high confidence\)/),
          evidence: ['e1'],
        },
        { text: expect.stringMatching(/Observed: shop\/checkout:v2/) },
        { text: expect.stringMatching(/Proposed: Undo the rollout/) },
      ],
      evidence: [{ id: 'e1' }],
      withoutModel: null,
      bill: null,
    });
    await bench.stop();
  });

  it.each([
    ['healthy', 'Nothing is wrong with shop now.'],
    ['inconclusive', 'No cause was found for shop.'],
  ] as const)('that finds the thing %s says so, and what could not be read', async (status, says) => {
    const missing = status === 'healthy' ? [] : [{ source: 'pods', why: 'Forbidden.' }];
    const bench = await openBench(createWorld(), {
      investigation: () => investigation({ status, findings: [], evidence: [], missing }),
    });
    await bench.start();
    await bench.receive();
    await bench.settle();
    await bench.command('ask', 'why?', { incident: 'INC-1' });
    await bench.settle();
    const texts = (await answerOf(bench))?.sentences.map(({ text }) => text);
    expect(texts).toEqual([says, ...(missing.length === 0 ? [] : ['Not readable: pods (Forbidden).'])]);
    await bench.stop();
  });

  it('outside of any incident begins an investigation of what it names, and nothing when it names nothing', async () => {
    const bench = await openBench(createWorld());
    await bench.start();
    await bench.command('ask', 'why?');
    await bench.settle();
    expect(bench.incidents.all()).toEqual([]);
    await bench.command('ask', question);
    await bench.settle();
    expect(bench.incident().opened).toMatchObject({ title: 'Investigation of checkout', subject: 'checkout' });
    await bench.stop();
  });

  it('starts and changes nothing, and is answered in a resolved incident too', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    await bench.command('ask', question);
    await bench.settle();
    await bench.incidents.append('INC-1', [
      {
        type: 'incident-resolved',
        body: { signalId: null, by: 'source', summary: 'over' },
        actor: { kind: 'bot' },
        cause: 'test',
        occurredAt: world.clock.now().toISOString(),
      },
    ]);
    const before = bench.incident().runs.length;
    await bench.command('ask', 'what changed?', { incident: 'INC-1' });
    await bench.settle();
    expect(await answerOf(bench)).toMatchObject({ by: 'rules' });
    expect(bench.incident().runs).toHaveLength(before);
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });
});

describe('a question with a model', () => {
  const look: ModelAnswer = {
    text: 'I look.',
    calls: [
      { name: 'kubernetes_describe', input: { kind: 'deployment', namespace: 'shop', name: 'checkout' } },
      { name: 'runbooks', input: { words: 'image cannot be pulled' } },
      { name: 'past_incidents', input: { words: 'checkout' } },
    ],
  };

  it('is answered by its words over what its tools read side by side, each cited', async () => {
    const it = await asked((_request, turn) =>
      turn === 0
        ? look
        : {
            text: 'The image of checkout cannot be pulled [e1]. The tag does not exist [E1]. Deployment checkout has image shop/checkout:v2 [T1].',
          },
    );
    expect(it.conversation).toHaveLength(2);
    const results = it.conversation[1]?.messages[2]?.content ?? [];
    expect(results).toHaveLength(3);
    expect(String(results[0]?.content)).toMatch(/^<untrusted-data>\n\{"id":"T1"/);
    expect(it.answer).toMatchObject({
      by: 'model',
      sentences: [{ text: 'Deployment checkout has image shop/checkout:v2.', evidence: ['T1'] }],
      withoutModel: null,
      bill: { model: 'test-model', usage: { inputTokens: 1_800, outputTokens: 160 } },
    });
    expect(it.answer?.evidence).toMatchObject([{ id: 'T1', kind: 'object', source: 'deployment shop/checkout' }]);
    expect(it.answer?.dropped).toHaveLength(1);
  });

  it.each<[what: string, text: string]>([
    ['cites nothing', 'The image is wrong. It should be another one.'],
    ['cites what is not there', 'The image is wrong [T9].'],
    ['makes up a pod', 'The pod checkout-zzzzz-yyyyy crashes [T1].'],
    ['tells a command', 'Run kubectl delete pod now [T1].'],
    ['holds a link', 'See https://evil.example [T1].'],
  ])('falls back to the rules when its answer %s', async (_what, text) => {
    const it = await asked((_request, turn) => (turn === 0 ? look : { text }));
    expect(it.answer).toMatchObject({ by: 'rules', withoutModel: { code: 'model.bad-answer' } });
    expect(it.answer?.dropped.length).toBeGreaterThan(0);
    expect(JSON.stringify(it.answer)).not.toContain('evil.example');
  });

  it.each<[what: string, answer: ModelAnswer, code: string]>([
    ['is overloaded', { status: 529 }, 'model.overloaded'],
    ['stalls', { stall: true }, 'model.timeout'],
    ['refuses', { text: 'No', stop: 'refusal' }, 'model.refused'],
    ['breaks off', { text: 'The image of', cut: true }, 'model'],
  ])('falls back to the rules when it %s', async (_what, answer, code) => {
    const it = await asked(() => answer, { timeoutMs: 150 });
    expect(it.answer).toMatchObject({ by: 'rules', sentences: expect.arrayContaining([]) });
    expect(it.answer?.withoutModel?.code).toContain(code);
  });

  it('stops reading after a few turns, and is then made to answer', async () => {
    const it = await asked((request) =>
      request.tool_choice?.type === 'auto' ? look : { text: 'Deployment checkout has image shop/checkout:v2 [T1].' },
    );
    expect(it.conversation).toHaveLength(5);
    expect(it.conversation.map(({ tool_choice }) => tool_choice?.type)).toEqual([
      'auto',
      'auto',
      'auto',
      'auto',
      'none',
    ]);
    expect(it.answer).toMatchObject({ by: 'model' });
  });

  it('that never stops calling is answered by the rules', async () => {
    const it = await asked(() => look);
    expect(it.conversation).toHaveLength(5);
    expect(it.answer).toMatchObject({ by: 'rules' });
  });

  it('makes at most so many calls in a turn, and none that it was not given', async () => {
    const calls = [
      { name: 'kubernetes_delete', input: { kind: 'pod', name: 'x' } },
      { name: 'kubernetes_describe', input: { kind: 'Secret', namespace: 'shop', name: 'token' } },
      { name: 'kubernetes_describe', input: { kind: 'ConfigMap', namespace: 'shop', name: 'settings' } },
      { name: 'kubernetes_list', input: { kind: 'pods; rm -rf /', namespace: null, labelSelector: null } },
      { name: 'logs', input: { namespace: '../..', pod: 'x', container: null, previous: false } },
      { name: 'logs', input: {} },
      ...Array.from({ length: 40 }, () => ({ name: 'runbooks', input: { words: 'x' } })),
    ];
    const it = await asked((_request, turn) => (turn === 0 ? { calls } : { text: 'Nothing [T1].' }));
    const results = it.conversation[1]?.messages[2]?.content ?? [];
    expect(results).toHaveLength(46);
    expect(results.every(({ is_error: failed }) => failed === true)).toBe(true);
    expect(it.world.cluster.sends()).toBe(0);
    expect(it.answer).toMatchObject({ by: 'rules' });
  });

  it('ends when its tokens are spent, and the rules answer', async () => {
    const it = await asked(() => look, { limits: { maxTokensPerIncident: 9_000 } });
    expect(it.answer).toMatchObject({ by: 'rules', withoutModel: { code: 'model.over-budget' } });
    expect(it.desk.budget.spentOn('INC-1').tokens).toBeLessThanOrEqual(9_000);
  });

  it('sends no secret: not of the question, not of what tools read', async () => {
    const it = await openModelBench((request, index) => (request.stream === true && index < 3 ? look : { text: 'x' }));
    await it.bench.receive();
    await it.bench.command('ask', 'is token ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8 of checkout expired?', {
      incident: 'INC-1',
    });
    await it.until('an answer', () => it.bench.incidents.get('INC-1')?.reasoning.questions[0]?.answered === true);
    expect(it.server.bodies.length).toBeGreaterThan(1);
    expect(it.server.bodies.join()).not.toContain('A1b2C3d4E5');
  });
});
