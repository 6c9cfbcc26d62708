import type { BodyOf, IncidentEvent } from './events.ts';
import type { PastIncident } from './past-incident.ts';

/** What the model and memory said of an incident, and what people asked. */
export type Reasoning = {
  /** An explanation that was asked for and neither given nor failed; `investigation` is the seq of what is to be explained. */
  readonly explaining: { readonly since: number; readonly investigation: number } | null;
  readonly explanation: BodyOf<'explanation-given'> | null;
  readonly explanationFailed: BodyOf<'explanation-failed'> | null;
  readonly questions: readonly Question[];
  readonly past: readonly PastIncident[];
};

export type Question = {
  readonly seq: number;
  readonly asked: BodyOf<'question-asked'>;
  readonly answered: boolean;
};

export const noReasoning: Reasoning = {
  explaining: null,
  explanation: null,
  explanationFailed: null,
  questions: [],
  past: [],
};

type ReasoningEvent = Extract<
  IncidentEvent,
  {
    type:
      | 'history-recalled'
      | 'explanation-requested'
      | 'explanation-given'
      | 'explanation-failed'
      | 'question-asked'
      | 'question-answered';
  }
>;

/** Takes in one event about reasoning. Null when it does not follow: an explanation or an answer that nobody waits for. `investigation` is the seq of the last one. */
export function reason(before: Reasoning, event: ReasoningEvent, investigation: number | null): Reasoning | null {
  switch (event.type) {
    case 'history-recalled':
      return { ...before, past: event.body.past };
    case 'explanation-requested':
      return investigation === null ? null : { ...before, explaining: { since: event.seq, investigation } };
    case 'explanation-given':
      return before.explaining?.investigation === event.body.investigation
        ? { ...before, explaining: null, explanation: event.body, explanationFailed: null }
        : null;
    case 'explanation-failed':
      return before.explaining?.investigation === event.body.investigation
        ? { ...before, explaining: null, explanationFailed: event.body }
        : null;
    case 'question-asked':
      return { ...before, questions: [...before.questions, { seq: event.seq, asked: event.body, answered: false }] };
    case 'question-answered': {
      const { question } = event.body;
      const isOpen = before.questions.some(({ seq, answered }) => seq === question && !answered);
      return isOpen
        ? {
            ...before,
            questions: before.questions.map((one) => (one.seq === question ? { ...one, answered: true } : one)),
          }
        : null;
    }
  }
  return event satisfies never;
}

/** The explanation of the investigation that counts now; an older one is of the past. */
export function currentExplanation(
  { explanation }: Reasoning,
  investigation: number | undefined,
): BodyOf<'explanation-given'> | null {
  return explanation !== null && explanation.investigation === investigation ? explanation : null;
}
