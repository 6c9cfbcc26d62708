import type { Investigation } from '../core/diagnosis/investigation.ts';
import { parseSubject } from '../core/diagnosis/subject.ts';
import type { RedactedText } from '../core/evidence/redacted-text.ts';
import type { Redactor } from '../core/evidence/redaction.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import type { AnswerEvidence, Bill } from '../core/incident/reasoning-events.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { answerByRules, answerGrounds, citedEvidence, keepCited, type Sentence } from '../core/reasoning/answer.ts';
import {
  answerInstructions,
  answerNow,
  answerPrompt,
  resultWithheld,
  toolResultPrompt,
} from '../core/reasoning/answer-prompt.ts';
import { billOf, countDropped } from '../core/reasoning/bill.ts';
import { addSpent, nothingSpent, type Spent } from '../core/reasoning/budget.ts';
import { cut } from '../core/reasoning/explain-prompt.ts';
import type { Dropped } from '../core/reasoning/grounding.ts';
import { addUsage, noUsage, type Usage } from '../core/reasoning/usage.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import type { AnswerDrafts } from '../ports/answer-drafts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Investigate } from '../ports/investigate.ts';
import type { ModelDesk } from '../ports/model-desk.ts';
import type { ModelTools } from '../ports/model-tools.ts';
import type { ModelReply, ToolCall, ToolResult, Turn } from '../ports/reasoner.ts';

type Dependencies = {
  readonly investigate: Investigate;
  readonly model: ModelDesk | undefined;
  readonly tools: ModelTools;
  readonly drafts: AnswerDrafts;
  readonly redactor: Redactor;
  readonly clock: Clock;
};

/** Turns in which the model may read, and how much in each; the turn after them is for words only. */
const limits = { rounds: 4, callsPerRound: 6, charsPerRound: 6_000, summaryChars: 1_000 } as const;

/** The whole conversation may last this many times as long as one call. */
const conversationCalls = 3;

type Reading = AnswerEvidence & { readonly text: string };
type Said = {
  readonly sentences: readonly Sentence[];
  readonly dropped: readonly Dropped[];
  readonly readings: readonly Reading[];
};
/** What the conversation took so far, whether or not it ends well. */
type Tab = { usage: Usage; spent: Spent; model: string };

/**
 * Answers a question of a person: by rules first, which read the cluster about what the question names; then, where a model is set up, by its words over what the rules found and
 * what it reads with its tools. Whatever the model does, the person gets an answer, and one event says by whom and why.
 */
export function createAnswerQuestion({ investigate, model, tools, drafts, redactor, clock }: Dependencies) {
  async function lookAt({ scope, subject: words }: EffectOf<'answer'>, signal: AbortSignal): Promise<Investigation> {
    const subject = words === null ? undefined : parseSubject(words);
    return investigate({ scope, ...(subject?.ok === true ? { subject: subject.value } : {}) }, signal);
  }

  async function converse(
    desk: ModelDesk,
    about: { readonly question: string; readonly investigation: Investigation; readonly state: IncidentState },
    tab: Tab,
    onDraft: (sentences: readonly Sentence[]) => void,
    signal: AbortSignal,
  ): Promise<Result<Said, Problem>> {
    const { question, investigation, state } = about;
    const { reasoner, budget, timeoutMs, maxOutputTokens } = desk;
    const first = answerPrompt({ question, investigation, past: state.reasoning.past }, redactor);
    if (!first.ok) return first;
    const turns: Turn[] = [{ kind: 'prompt', parts: first.value }];
    const readings: Reading[] = [];
    const endsAt = clock.monotonicMs() + timeoutMs * conversationCalls;
    for (let round = 0; ; round += 1) {
      const mayCall = round < limits.rounds;
      const deadlineMs = Math.min(timeoutMs, endsAt - clock.monotonicMs());
      if (deadlineMs <= 0) {
        const sentence = 'The model took too long over this question. The rules answer instead.';
        return fail(problem('model.timeout', sentence));
      }
      const grounds = answerGrounds(investigation, readings, question);
      const bought = await budget.buy(
        {
          incident: state.reference,
          purpose: 'answer',
          promptChars: sizeOf(turns, tools),
          maxOutputTokens,
        },
        () =>
          reasoner.converse(
            {
              system: answerInstructions,
              tools: tools.specs,
              mayCall,
              turns,
              maxOutputTokens,
              deadlineMs,
              onText: (soFar) => onDraft(keepCited(soFar, grounds, false).sentences),
            },
            signal,
          ),
      );
      tab.spent = addSpent(tab.spent, bought.spent);
      if (!bought.result.ok) {
        tab.usage = addUsage(tab.usage, bought.result.error.usage ?? noUsage);
        return fail(bought.result.error);
      }
      const reply = bought.result.value;
      tab.usage = addUsage(tab.usage, reply.usage);
      tab.model = reply.model;
      if (reply.calls.length === 0 || !mayCall) return ok({ ...keepCited(reply.text, grounds), readings });
      const results = await within(endsAt - clock.monotonicMs(), signal, (until) =>
        runAll(reply, readings, state.reference, until),
      );
      turns.push({ kind: 'reply', reply });
      const isLast = round + 1 === limits.rounds;
      turns.push(isLast ? { kind: 'results', results, note: answerNow } : { kind: 'results', results });
    }
  }

  /** Tells reads to stop when their time is over; they answer with what they have. */
  async function within<T>(ms: number, signal: AbortSignal, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const done = new AbortController();
    clock.sleep(Math.max(0, ms), AbortSignal.any([signal, done.signal])).then(
      () => late.abort(new Error('the time for this question is over')),
      () => undefined,
    );
    try {
      const result = await work(AbortSignal.any([signal, late.signal]));
      signal.throwIfAborted();
      return result;
    } finally {
      done.abort();
    }
  }

  /** The specialists of one turn read side by side; each has its result, also when it could not read. */
  async function runAll(
    { calls }: ModelReply,
    readings: Reading[],
    incident: string,
    signal: AbortSignal,
  ): Promise<readonly ToolResult[]> {
    const answers = await Promise.all(
      calls.map(async (call, at) => {
        if (at >= limits.callsPerRound) return fail('Too many calls in one turn; this one was not made.');
        return tools.run(call, incident, signal).catch((): Result<never, string> => fail('It did not answer in time.'));
      }),
    );
    // What one turn reads is sent again with every later one: several readings share the room of one.
    const room = Math.floor(limits.charsPerRound / Math.min(Math.max(1, calls.length), limits.callsPerRound));
    return answers.map((answer, at) => toResult(calls[at], answer, readings, room));
  }

  function toResult(
    call: ToolCall | undefined,
    answer: Awaited<ReturnType<ModelTools['run']>>,
    readings: Reading[],
    room: number,
  ): ToolResult {
    if (call === undefined) throw new TypeError('a result without its call');
    const id = `T${readings.length + 1}`;
    const { source, text: whole } = answer.ok ? answer.value : { source: 'nothing was read', text: answer.error };
    const text = cut(whole, room);
    const prompt = toolResultPrompt({ id: answer.ok ? id : 'none', source, text }, redactor);
    if (answer.ok && prompt.ok) {
      const { kind, at, digest } = answer.value;
      readings.push({ id, kind, source, at, digest, text, summary: cut(text, limits.summaryChars) });
      return { call: call.id, text: prompt.value, failed: false };
    }
    return { call: call.id, text: prompt.ok ? prompt.value : notRead, failed: true };
  }

  return async (effect: EffectOf<'answer'>, state: IncidentState, signal: AbortSignal): Promise<readonly Told[]> => {
    const { question: seq } = effect;
    const { reference } = state;
    const asked = state.reasoning.questions.find((one) => one.seq === seq)?.asked;
    if (asked === undefined) return [];
    const investigation = await lookAt(effect, signal);
    const answered = (
      by: 'rules' | 'model',
      sentences: readonly Sentence[],
      more: {
        readonly readings?: readonly Reading[];
        readonly dropped?: readonly Dropped[];
        readonly withoutModel?: { readonly code: string; readonly sentence: string } | null;
        readonly bill?: Bill | null;
      } = {},
    ): readonly Told[] => {
      const { readings = [], dropped = [], withoutModel = null, bill = null } = more;
      const kept = readings.map(({ text: _, ...item }) => item);
      const body = {
        question: seq,
        by,
        sentences: sentences.map(({ text, evidence }) => ({
          text: redactor.redactText(text),
          evidence: [...evidence],
        })),
        evidence: citedEvidence(sentences, investigation, kept),
        dropped: countDropped(dropped),
        withoutModel,
        bill,
      };
      return [{ type: 'question-answered', body }];
    };
    if (model === undefined) return answered('rules', answerByRules(investigation));

    const tab: Tab = { usage: noUsage, spent: nothingSpent, model: model.reasoner.model };
    const showDraft = (sentences: readonly Sentence[]) =>
      drafts.set(
        reference,
        seq,
        sentences.map(({ text, evidence }) => ({ text: redactor.redactText(text), evidence })),
      );
    try {
      const said = await converse(model, { question: asked.question, investigation, state }, tab, showDraft, signal);
      const spent = {
        model: redactor.redactText(tab.model).slice(0, 100) || 'unnamed',
        usage: tab.usage,
        costUsd: tab.spent.costUsd,
      };
      const isFree = tab.spent.tokens === 0;
      const bill = isFree ? null : billOf(spent, model.budget.spentOn(reference), model.limits);
      if (!said.ok) {
        const { code, sentence } = said.error;
        return answered('rules', answerByRules(investigation), { withoutModel: { code, sentence }, bill });
      }
      const { sentences, dropped, readings } = said.value;
      if (sentences.length > 0) return answered('model', sentences, { readings, dropped, bill });
      const sentence = 'Nothing the model said rests on evidence, so nothing of it is shown.';
      const withoutModel = { code: 'model.bad-answer', sentence };
      return answered('rules', answerByRules(investigation), { withoutModel, dropped, bill });
    } finally {
      drafts.clear(reference, seq);
    }
  };
}

// Stands in for a result that redaction let not through: nothing of it may be told.
const notRead: RedactedText = resultWithheld;

function sizeOf(turns: readonly Turn[], { specs }: ModelTools): number {
  const fixed = answerInstructions.text.length + JSON.stringify(specs.map(({ inputSchema }) => inputSchema)).length;
  return turns.reduce((sum, turn) => sum + sizeOfTurn(turn), fixed + specs.length * 120);
}

function sizeOfTurn(turn: Turn): number {
  switch (turn.kind) {
    case 'prompt':
      return turn.parts.reduce((sum, { text }) => sum + text.length, 0);
    case 'reply':
      return turn.reply.text.length + JSON.stringify(turn.reply.calls).length;
    case 'results':
      return turn.results.reduce((sum, { text }) => sum + text.text.length, turn.note?.text.length ?? 0);
  }
  return turn satisfies never;
}
