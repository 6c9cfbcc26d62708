import type { AnswerEvidence } from '../core/incident/reasoning-events.ts';
import type { Result } from '../core/result.ts';
import type { ModelTool, ToolCall } from './reasoner.ts';

/** What a tool read: redacted and cut. `text` is all that the model gets of it. */
export type ToolReading = Omit<AnswerEvidence, 'id' | 'summary'> & { readonly text: string };

/**
 * What the model may use to find out more: reads and nothing else. `run` never rejects for what a source does; its error is a sentence for the model.
 * Rejects with the signal's reason when aborted. Calls may run beside each other.
 */
export interface ModelTools {
  readonly specs: readonly ModelTool[];
  run(call: ToolCall, incident: string, signal: AbortSignal): Promise<Result<ToolReading, string>>;
}
