import type { Redactor } from '../core/evidence/redaction.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { billOf, countDropped } from '../core/reasoning/bill.ts';
import { explainInstructions, explainPrompt } from '../core/reasoning/explain-prompt.ts';
import { type Explanation, explanationOutput, keepGrounded } from '../core/reasoning/explanation.ts';
import type { ModelDesk } from '../ports/model-desk.ts';
import type { RunbookSource } from '../ports/runbook-source.ts';

type Dependencies = {
  /** Absent where no model is set up (any more). */
  readonly model: ModelDesk | undefined;
  readonly runbooks: RunbookSource;
  readonly redactor: Redactor;
};

/**
 * Asks the model once for its reading of an investigation, and journals what of it is grounded. Whatever the model or its server does, the outcome is one event: the
 * incident neither waits for it nor tries again.
 */
export function createExplainIncident({ model, runbooks, redactor }: Dependencies) {
  return async (
    { investigation: seq }: EffectOf<'explain'>,
    state: IncidentState,
    signal: AbortSignal,
  ): Promise<readonly Told[]> => {
    const { reference, investigation } = state;
    const failed = (
      code: string,
      sentence: string,
      more: Partial<Extract<Told, { type: 'explanation-failed' }>['body']> = {},
    ): readonly Told[] => [
      { type: 'explanation-failed', body: { investigation: seq, code, sentence, dropped: [], bill: null, ...more } },
    ];
    if (model === undefined)
      return failed('model.unconfigured', 'No model is set up any more, so there is no reading of one.');
    if (investigation === null || investigation.seq !== seq)
      return failed('model.unconfigured', 'What was to be explained was investigated again meanwhile.');

    const { document } = investigation;
    const names = new Set(document.runbooks.map(({ name }) => name));
    const candidates = runbooks.list().runbooks.filter(({ name }) => names.has(name));
    const prompt = explainPrompt(
      { investigation: document, runbooks: candidates, past: state.reasoning.past },
      redactor,
    );
    if (!prompt.ok) return failed(prompt.error.code, prompt.error.sentence);

    const { reasoner, budget, limits, timeoutMs: deadlineMs, maxOutputTokens } = model;
    const promptChars = [explainInstructions, ...prompt.value].reduce((sum, { text }) => sum + text.length, 0);
    const schemaChars = JSON.stringify(explanationOutput.jsonSchema).length;
    const { result, spent } = await budget.buy(
      { incident: reference, purpose: 'explain', promptChars: promptChars + schemaChars, maxOutputTokens },
      () =>
        reasoner.answer(
          { system: explainInstructions, prompt: prompt.value, output: explanationOutput, maxOutputTokens, deadlineMs },
          signal,
        ),
    );
    const billFor = (usage: Parameters<typeof billOf>[0]['usage'], by: string) =>
      billOf({ model: by, usage, costUsd: spent.costUsd }, budget.spentOn(reference), limits);
    if (!result.ok) {
      const { code, sentence, usage } = result.error;
      return failed(code, sentence, { bill: usage === undefined ? null : billFor(usage, reasoner.model) });
    }

    const { value, usage, model: by } = result.value;
    const offers = candidates.map(({ name, inputs }) => ({ name, inputs: inputs.map((input) => input.name) }));
    const kept = keepGrounded(value, document, offers);
    const bill = billFor(usage, safeName(by, redactor));
    const dropped = countDropped(kept.dropped);
    if (kept.sentences.length === 0) {
      const sentence =
        'Nothing the model said rests on evidence, so nothing of it is shown. The rules go on without it.';
      return failed('model.bad-answer', sentence, { dropped, bill });
    }
    return [{ type: 'explanation-given', body: { investigation: seq, ...toBody(kept, redactor), dropped, bill } }];
  };
}

/** Redacted once more before it is kept: the model may have put together what was masked apart. */
function toBody({ hypothesis, otherHypotheses, runbook, inputs, sentences }: Explanation, redactor: Redactor) {
  return {
    hypothesis,
    otherHypotheses: [...otherHypotheses],
    runbook,
    inputs: inputs.map((input) => ({ ...input, value: redactor.redactText(input.value) })),
    sentences: sentences.map(({ text, evidence }) => ({ text: redactor.redactText(text), evidence: [...evidence] })),
  };
}

function safeName(model: string, redactor: Redactor): string {
  return redactor.redactText(model).slice(0, 100) || 'unnamed';
}
