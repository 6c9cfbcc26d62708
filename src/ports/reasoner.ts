import type { RedactedText } from '../core/evidence/redacted-text.ts';
import type { OutputSchema } from '../core/reasoning/output-schema.ts';
import type { Usage } from '../core/reasoning/usage.ts';
import type { Problem, Result } from '../core/result.ts';

/**
 * Why there is no answer of the model. Each means that the rules go on without it.
 *
 * `unconfigured`: no model is set up, or its server refuses the key or does not know the model. `unreachable`: no answer at all. `timeout`: none within the
 * deadline. `overloaded` (529, 5xx) and `rate-limited` (429): told so, also when tried again. `refused`: the model declined. `bad-answer`: what came does not
 * fit the schema, or nothing in it could be kept. `over-budget`: tokens or money are spent. `circuit-open`: it failed too often just now and is not asked.
 */
export type ModelCode =
  | 'model.unconfigured'
  | 'model.unreachable'
  | 'model.timeout'
  | 'model.overloaded'
  | 'model.rate-limited'
  | 'model.refused'
  | 'model.bad-answer'
  | 'model.over-budget'
  | 'model.circuit-open';

/** `usage`: what was spent nevertheless. Absent when nobody told; `mayHaveCost` says whether the server may have worked for it. */
export type ModelProblem = Problem<ModelCode> & { readonly usage?: Usage; readonly mayHaveCost?: boolean };

export type ModelTool = {
  readonly name: string;
  readonly description: RedactedText;
  readonly inputSchema: Readonly<Record<string, unknown>>;
};

export type ToolCall = { readonly id: string; readonly name: string; readonly input: unknown };

/** What the model said in one turn. Only the reasoner makes it, and takes its own back as a turn. */
export interface ModelReply {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly usage: Usage;
  readonly model: string;
}

export type ToolResult = { readonly call: string; readonly text: RedactedText; readonly failed: boolean };

export type Turn =
  | { readonly kind: 'prompt'; readonly parts: readonly RedactedText[] }
  | { readonly kind: 'reply'; readonly reply: ModelReply }
  /** The results of all calls of the reply before, and a word to go on with. */
  | { readonly kind: 'results'; readonly results: readonly ToolResult[]; readonly note?: RedactedText };

/** `deadlineMs` is for the whole call, retries included. */
type Limits = { readonly maxOutputTokens: number; readonly deadlineMs: number };

/**
 * A language model. It takes nothing but redacted text, and can do nothing: whoever calls it decides what becomes of its answer.
 *
 * Never throws for what a server or network does; rejects only with the signal's reason when aborted, and with TypeError for a reply or a text that is not
 * genuine. A failed call may be tried again by asking again; nothing is remembered but whether the server works.
 */
export interface Reasoner {
  readonly model: string;
  /** One answer that fits the schema. `system` is the part that stays the same from call to call. */
  answer<T>(
    question: Limits & {
      readonly system: RedactedText;
      readonly prompt: readonly RedactedText[];
      readonly output: OutputSchema<T>;
    },
    signal: AbortSignal,
  ): Promise<Result<{ readonly value: T; readonly usage: Usage; readonly model: string }, ModelProblem>>;
  /** One turn of a conversation with tools. `onText` is called with all text of this turn so far while it comes in. Without `mayCall` it must answer in words. */
  converse(
    question: Limits & {
      readonly system: RedactedText;
      readonly tools: readonly ModelTool[];
      readonly mayCall: boolean;
      readonly turns: readonly Turn[];
      readonly onText?: (soFar: string) => void;
    },
    signal: AbortSignal,
  ): Promise<Result<ModelReply, ModelProblem>>;
}
