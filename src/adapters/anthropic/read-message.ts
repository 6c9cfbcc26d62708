import { z } from 'zod';
import { type Usage, usageSchema } from '../../core/reasoning/usage.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { ModelProblem, ToolCall } from '../../ports/reasoner.ts';
import { badAnswer } from './model-fault.ts';

const count = z.int().nonnegative();

// What is read of a Message (Anthropic's Messages API, and servers that speak it); the client does not check what it got.
const messageSchema = z.object({
  model: z.string().max(200),
  stop_reason: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string() })),
  usage: z
    .object({
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: count.nullish(),
      cache_creation_input_tokens: count.nullish(),
    })
    .optional()
    .catch(undefined),
});
const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const toolBlock = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string(),
  input: z.unknown(),
});

export type ReadMessage = {
  readonly model: string;
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly usage: Usage;
};

/** Reads a whole answer: text, tool calls, usage. One that was refused, cut, or is not what the API documents is a problem, with what it cost. */
export function readMessage(raw: unknown): Result<ReadMessage, ModelProblem> {
  const parsed = messageSchema.safeParse(raw);
  if (!parsed.success) return fail(badAnswer('it is no message of the API'));
  const { model, content, stop_reason: stop } = parsed.data;
  const usage = readUsage(parsed.data.usage);
  if (usage === undefined) return fail(badAnswer('it does not say what it took'));
  if (stop === 'refusal') {
    const sentence = 'The model declined to answer. The rules go on without it.';
    return fail({ code: 'model.refused', sentence, usage });
  }
  if (stop === 'max_tokens' || stop === 'model_context_window_exceeded')
    return fail(badAnswer('it was cut for its length', usage));
  const text = content
    .flatMap((block) => {
      const read = textBlock.safeParse(block);
      return read.success ? [read.data.text] : [];
    })
    .join('');
  const calls = content.flatMap((block) => {
    const read = toolBlock.safeParse(block);
    return read.success ? [{ id: read.data.id, name: read.data.name, input: read.data.input }] : [];
  });
  return ok({ model: model === '' ? 'unnamed' : model, text, calls, usage });
}

function readUsage(raw: z.infer<typeof messageSchema>['usage']): Usage | undefined {
  if (raw === undefined) return undefined;
  return usageSchema.parse({
    inputTokens: raw.input_tokens,
    outputTokens: raw.output_tokens,
    cacheReadTokens: raw.cache_read_input_tokens ?? 0,
    cacheWriteTokens: raw.cache_creation_input_tokens ?? 0,
  });
}

const maxAnswerChars = 100_000;

/** The JSON in an answer. Models that know no structured outputs put it into a fence or a sentence before it: the fence is opened, anything else is not guessed. */
export function readJson(text: string): Result<unknown, string> {
  if (text.length > maxAnswerChars) return fail('it is far too long');
  const inFence = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1];
  try {
    return ok(JSON.parse(inFence ?? text));
  } catch {
    return fail('it is not JSON, or it is cut off');
  }
}
