import Anthropic from '@anthropic-ai/sdk';
import { RedactedText } from '../../core/evidence/redacted-text.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelProblem, ModelReply, ModelTool, Reasoner, Turn } from '../../ports/reasoner.ts';
import { badAnswer, type ModelFault, modelFault } from './model-fault.ts';
import { createPatience, type PatienceSettings } from './patience.ts';
import { readJson, readMessage } from './read-message.ts';

type Dependencies = {
  readonly model: string;
  /** A server that speaks the Messages API, such as a local one; absent: Anthropic's. */
  readonly baseUrl?: string | undefined;
  /** Absent for a local server that asks for none. */
  readonly apiKey?: string | undefined;
  readonly clock: Clock;
  readonly patience?: PatienceSettings;
};

const anthropicUrl = 'https://api.anthropic.com';

// Stays the same from call to call, so the server may keep what it made of it: a read from the cache costs a tenth.
const cached = { type: 'ephemeral' } as const;

/** The model behind Anthropic's Messages API, through its own client. The client neither retries nor looks into the environment for keys and addresses. */
export function createAnthropicReasoner({ model, baseUrl, apiKey, clock, patience }: Dependencies): Reasoner {
  const client = new Anthropic({
    apiKey: apiKey ?? 'none',
    baseURL: baseUrl ?? anthropicUrl,
    maxRetries: 0,
    logLevel: 'off',
  });
  const patiently = createPatience({ clock }, patience);
  // What the server sent is given back to it as it was, hidden parts included, and only that.
  const sent = new WeakMap<ModelReply, Anthropic.ContentBlock[]>();

  function messagesOf(turns: readonly Turn[]): Anthropic.MessageParam[] {
    return turns.map((turn, index): Anthropic.MessageParam => {
      const mark = index === turns.length - 1 ? { cache_control: cached } : {};
      switch (turn.kind) {
        case 'prompt':
          return {
            role: 'user',
            content: turn.parts.map((part, at) => ({
              type: 'text',
              text: textOf(part),
              ...(at === turn.parts.length - 1 ? mark : {}),
            })),
          };
        case 'reply': {
          const content = sent.get(turn.reply);
          if (content === undefined) throw new TypeError('a turn is no reply of this reasoner');
          return { role: 'assistant', content };
        }
        case 'results': {
          const last = turn.results.length - 1;
          const results = turn.results.map(
            ({ call, text, failed }, at): Anthropic.ToolResultBlockParam => ({
              type: 'tool_result',
              tool_use_id: call,
              content: textOf(text),
              is_error: failed,
              ...(at === last ? mark : {}),
            }),
          );
          const note: Anthropic.TextBlockParam[] =
            turn.note === undefined ? [] : [{ type: 'text', text: textOf(turn.note) }];
          return { role: 'user', content: [...results, ...note] };
        }
      }
      return turn satisfies never;
    });
  }

  return {
    model,
    async answer({ system, prompt, output, maxOutputTokens, deadlineMs }, signal) {
      const body: Anthropic.MessageCreateParamsNonStreaming = {
        model,
        max_tokens: maxOutputTokens,
        system: [{ type: 'text', text: textOf(system), cache_control: cached }],
        messages: [{ role: 'user', content: prompt.map((part) => ({ type: 'text', text: textOf(part) })) }],
        output_config: { format: { type: 'json_schema', schema: { ...output.jsonSchema } } },
      };
      const raw = await patiently(
        (until, timeout) => caught(() => client.messages.create(body, { signal: until, timeout: Math.ceil(timeout) })),
        deadlineMs,
        signal,
      );
      if (!raw.ok) return raw;
      const message = readMessage(raw.value);
      if (!message.ok) return message;
      const { text, usage, model: by } = message.value;
      const json = readJson(text);
      if (!json.ok) return fail(badAnswer(json.error, usage));
      const value = output.parse(json.value);
      return value.ok ? ok({ value: value.value, usage, model: by }) : fail(badAnswer(value.error, usage));
    },
    async converse({ system, tools, mayCall, turns, maxOutputTokens, deadlineMs, onText }, signal) {
      const body: Anthropic.MessageStreamParams = {
        model,
        max_tokens: maxOutputTokens,
        system: [{ type: 'text', text: textOf(system), cache_control: cached }],
        messages: messagesOf(turns),
        tools: tools.map(toTool),
        tool_choice: mayCall ? { type: 'auto' } : { type: 'none' },
      };
      const stream = async (until: AbortSignal, timeout: number) => {
        const events = client.messages.stream(body, { signal: until, timeout: Math.ceil(timeout) });
        let before = '';
        let current = '';
        // A text block after another one goes on where that ended.
        events.on('text', (_delta, snapshot) => {
          if (!snapshot.startsWith(current)) before += current;
          current = snapshot;
          if (!until.aborted) onText?.(before + current);
        });
        return events.finalMessage();
      };
      const raw = await patiently((until, timeout) => caught(() => stream(until, timeout)), deadlineMs, signal);
      if (!raw.ok) return raw;
      const message = readMessage(raw.value);
      if (!message.ok) return message;
      const reply: ModelReply = Object.freeze(message.value);
      sent.set(reply, raw.value.content);
      return ok<ModelReply>(reply) satisfies Result<ModelReply, ModelProblem>;
    },
  };
}

async function caught<T>(call: () => Promise<T>): Promise<Result<T, ModelFault>> {
  try {
    return ok(await call());
  } catch (error) {
    return fail(modelFault(error));
  }
}

/** The last look before text leaves: types can be cast away, the brand cannot. */
function textOf(text: RedactedText): string {
  if (!RedactedText.isGenuine(text)) throw new TypeError('only redacted text is sent to the model');
  return text.text;
}

function toTool(
  { name, description, inputSchema }: ModelTool,
  index: number,
  all: readonly ModelTool[],
): Anthropic.Tool {
  return {
    name,
    description: textOf(description),
    input_schema: { ...inputSchema, type: 'object' },
    ...(index === all.length - 1 ? { cache_control: cached } : {}),
  };
}
