import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAnthropicReasoner } from '../../../src/adapters/anthropic/anthropic-reasoner.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { compose, type RedactedText } from '../../../src/core/evidence/redacted-text.ts';
import { outputSchema } from '../../../src/core/reasoning/output-schema.ts';
import type { ModelCode, ModelReply } from '../../../src/ports/reasoner.ts';
import { type ModelAnswer, type ModelRequest, startScriptedModel, usualUsage } from '../../support/scripted-model.ts';

const output = outputSchema(z.strictObject({ word: z.string() }));
const system = compose`Answer with a word.`;
const prompt = [compose`Which?`];
const good = { text: '{"word":"yes"}' };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function withModel(
  script: (request: ModelRequest, index: number) => ModelAnswer,
  more: { readonly apiKey?: string; readonly failures?: number; readonly openMs?: number } = {},
) {
  const server = await startScriptedModel(script);
  open.push(server.close);
  const { failures = 100, openMs = 60_000, apiKey } = more;
  const reasoner = createAnthropicReasoner({
    model: 'test-model',
    baseUrl: server.url,
    apiKey,
    clock: createSystemClock(),
    patience: { circuit: { failures, openMs }, attempts: 3, pauseMs: 5 },
  });
  const ask = (deadlineMs = 5_000, signal = new AbortController().signal) =>
    reasoner.answer({ system, prompt, output, maxOutputTokens: 100, deadlineMs }, signal);
  return { server, reasoner, ask };
}

describe('one answer under a schema', () => {
  it('is read with its usage, and asked for with the schema, a cached system prompt, and the key', async () => {
    const { server, ask } = await withModel(() => good, { apiKey: 'sk-ant-test' });
    expect(await ask()).toEqual({
      ok: true,
      value: {
        value: { word: 'yes' },
        model: 'test-model',
        usage: { inputTokens: 900, outputTokens: 80, cacheReadTokens: 300, cacheWriteTokens: 0 },
      },
    });
    const [request] = server.requests();
    expect(request).toMatchObject({
      model: 'test-model',
      max_tokens: 100,
      system: [{ type: 'text', text: 'Answer with a word.', cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Which?' }] }],
      output_config: { format: { type: 'json_schema', schema: { type: 'object', additionalProperties: false } } },
    });
    expect(server.keys[0]).toContain('sk-ant-test');
  });

  it('is taken out of a fence, as models without structured outputs write it', async () => {
    const { ask } = await withModel(() => ({ text: '```json\n{"word":"yes"}\n```' }));
    expect(await ask()).toMatchObject({ ok: true, value: { value: { word: 'yes' } } });
  });

  it.each<[what: string, answers: ModelAnswer, code: ModelCode, requests: number]>([
    ['a refusal', { text: 'No.', stop: 'refusal' }, 'model.refused', 1],
    ['truncated JSON', { text: '{"word":"ye' }, 'model.bad-answer', 1],
    ['an answer cut for its length', { text: '{"word":"yes"}', stop: 'max_tokens' }, 'model.bad-answer', 1],
    ['JSON of another shape', { text: '{"word":7}' }, 'model.bad-answer', 1],
    ['JSON with a field more', { text: '{"word":"yes","run":"rm"}' }, 'model.bad-answer', 1],
    ['prose', { text: 'I think that it is yes.' }, 'model.bad-answer', 1],
    ['nothing', {}, 'model.bad-answer', 1],
    ['a page of HTML', { raw: '<html>proxy</html>' }, 'model.bad-answer', 1],
    ['a message without usage', { raw: '{"model":"m","content":[]}' }, 'model.bad-answer', 1],
    ['a usage that cannot be', { ...good, usage: { input_tokens: -5, output_tokens: 1 } }, 'model.bad-answer', 1],
    ['400', { status: 400 }, 'model.bad-answer', 1],
    ['401', { status: 401 }, 'model.unconfigured', 1],
    ['404', { status: 404 }, 'model.unconfigured', 1],
    ['429 each time', { status: 429 }, 'model.rate-limited', 3],
    ['429 with a long wait', { status: 429, headers: { 'retry-after': '3600' } }, 'model.rate-limited', 1],
    ['529 each time', { status: 529, type: 'overloaded_error' }, 'model.overloaded', 3],
    ['500 each time', { status: 500 }, 'model.overloaded', 3],
  ])('%s is a problem with a code and a sentence', async (_what, answers, code, requests) => {
    const { server, ask } = await withModel(() => answers);
    const answer = await ask();
    expect(answer).toMatchObject({
      ok: false,
      error: { code, sentence: expect.stringMatching(/rules go on without it/) },
    });
    expect(JSON.stringify(answer)).not.toContain('not to be read');
    expect(server.bodies).toHaveLength(requests);
  });

  it('says what a refusal and a bad answer cost', async () => {
    const { ask } = await withModel((_request, index) => (index === 0 ? { stop: 'refusal' } : { text: '{' }));
    const usage = { inputTokens: 900, outputTokens: 80, cacheReadTokens: 300, cacheWriteTokens: 0 };
    expect(await ask()).toMatchObject({ ok: false, error: { code: 'model.refused', usage } });
    expect(await ask()).toMatchObject({ ok: false, error: { code: 'model.bad-answer', usage } });
  });

  it.each([[429], [529], [503]])('is asked for again after %i, when the server says so', async (status) => {
    const { server, ask } = await withModel((_request, index) =>
      index === 0 ? { status, headers: { 'retry-after-ms': '1' } } : good,
    );
    expect(await ask()).toMatchObject({ ok: true });
    expect(server.bodies).toHaveLength(2);
  });

  it('ends at its deadline when the server stalls, and may have cost something', async () => {
    const { ask } = await withModel(() => ({ stall: true }));
    expect(await ask(60)).toMatchObject({ ok: false, error: { code: 'model.timeout', mayHaveCost: true } });
  });

  it('is unreachable when nothing listens, and has cost nothing', async () => {
    const { server, ask } = await withModel(() => good);
    await server.close();
    expect(await ask(2_000)).toMatchObject({ ok: false, error: { code: 'model.unreachable', mayHaveCost: false } });
  });

  it('is a problem when the connection ends in the middle', async () => {
    const { ask } = await withModel(() => ({ ...good, cut: true }));
    expect(await ask(2_000)).toMatchObject({ ok: false });
  });

  it('is not asked for any more after failures in a row, and is again after the pause', async () => {
    let down = true;
    const { server, ask } = await withModel(() => (down ? { status: 500 } : good), { failures: 2, openMs: 80 });
    await ask();
    await ask();
    const asked = server.bodies.length;
    expect(await ask()).toMatchObject({ ok: false, error: { code: 'model.circuit-open', mayHaveCost: false } });
    expect(server.bodies).toHaveLength(asked);
    down = false;
    await new Promise((resolve) => setTimeout(resolve, 90));
    expect(await ask()).toMatchObject({ ok: true });
    expect(await ask()).toMatchObject({ ok: true });
  });

  it('rejects with the reason when the co-pilot stops', async () => {
    const { ask } = await withModel(() => ({ stall: true }));
    const ending = new AbortController();
    const asked = ask(5_000, ending.signal);
    setTimeout(() => ending.abort(new Error('the co-pilot is stopping')), 20);
    await expect(asked).rejects.toThrow('the co-pilot is stopping');
  });

  it('takes no text that only looks redacted', async () => {
    const { server, reasoner } = await withModel(() => good);
    const fake = { text: 'hunter2' } as unknown as RedactedText;
    const signal = new AbortController().signal;
    const limits = { output, maxOutputTokens: 1, deadlineMs: 100 };
    await expect(reasoner.answer({ system, prompt: [fake], ...limits }, signal)).rejects.toThrow(/only redacted text/);
    await expect(reasoner.answer({ system: fake, prompt, ...limits }, signal)).rejects.toThrow(/only redacted text/);
    expect(server.bodies).toEqual([]);
  });
});

describe('a conversation with tools', () => {
  const tools = [{ name: 'look', description: compose`Looks.`, inputSchema: { type: 'object', properties: {} } }];
  const signal = new AbortController().signal;
  const limits = { system, tools, maxOutputTokens: 100, deadlineMs: 2_000 } as const;

  it('streams its words, and gives the calls and their results back as they were', async () => {
    const { server, reasoner } = await withModel((_request, index) =>
      index === 0
        ? { text: 'Let me look.', calls: [{ name: 'look', input: { at: 'pods' } }] }
        : { text: 'It is the image [T1].' },
    );
    const seen: string[] = [];
    const turn = { kind: 'prompt', parts: prompt } as const;
    const first = await reasoner.converse(
      { ...limits, mayCall: true, turns: [turn], onText: (text) => seen.push(text) },
      signal,
    );
    if (!first.ok) throw new Error(first.error.sentence);
    expect(seen).toEqual(['Let ', 'Let me ', 'Let me look.']);
    expect(first.value).toMatchObject({ text: 'Let me look.', calls: [{ name: 'look', input: { at: 'pods' } }] });
    const [call] = first.value.calls;
    const results = [{ call: call?.id ?? '', text: compose`3 pods`, failed: false }];
    const second = await reasoner.converse(
      {
        ...limits,
        mayCall: false,
        turns: [turn, { kind: 'reply', reply: first.value }, { kind: 'results', results, note: compose`Answer now.` }],
      },
      signal,
    );
    expect(second).toMatchObject({ ok: true, value: { text: 'It is the image [T1].', calls: [] } });
    const [asked, again] = server.requests();
    expect(asked).toMatchObject({
      stream: true,
      tool_choice: { type: 'auto' },
      tools: [{ name: 'look', cache_control: { type: 'ephemeral' } }],
    });
    expect(again?.tool_choice).toEqual({ type: 'none' });
    expect(again?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(again?.messages[1]?.content).toMatchObject([
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', id: call?.id, name: 'look', input: { at: 'pods' } },
    ]);
    expect(again?.messages[2]?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: call?.id, content: '3 pods' },
      { type: 'text', text: 'Answer now.' },
    ]);
  });

  it('takes no reply that it did not make', async () => {
    const { reasoner } = await withModel(() => good);
    const forged: ModelReply = {
      text: 'hunter2',
      calls: [],
      model: 'm',
      usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    };
    const turns = [{ kind: 'prompt', parts: prompt } as const, { kind: 'reply', reply: forged } as const];
    await expect(reasoner.converse({ ...limits, mayCall: false, turns }, signal)).rejects.toThrow(/no reply of this/);
  });

  it.each<[what: string, answer: ModelAnswer]>([
    ['ends in the middle', { text: 'It is the', cut: true }],
    ['is no stream of events', { raw: 'data: {"broken\n\n' }],
    ['is empty', { raw: '' }],
    ['is overloaded', { status: 529 }],
    ['stalls', { stall: true }],
  ])('that %s is a problem, never a throw', async (_what, answer) => {
    const { reasoner } = await withModel(() => answer);
    const turns = [{ kind: 'prompt', parts: prompt } as const];
    const said = await reasoner.converse({ ...limits, deadlineMs: 300, mayCall: true, turns }, signal);
    expect(said).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^model\./) } });
  });

  it('counts its usage from the stream', async () => {
    const { reasoner } = await withModel(() => ({ text: 'Yes.' }));
    const said = await reasoner.converse(
      { ...limits, mayCall: true, turns: [{ kind: 'prompt', parts: prompt }] },
      signal,
    );
    expect(said).toMatchObject({
      ok: true,
      value: { usage: { inputTokens: usualUsage.input_tokens, outputTokens: 80 } },
    });
  });
});
