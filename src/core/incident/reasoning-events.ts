import { z } from 'zod';
import { scopeSchema } from '../diagnosis/investigation.ts';
import { instantSchema } from '../journal/event.ts';
import { usageSchema } from '../reasoning/usage.ts';
import { personSchema } from '../signal/signal.ts';
import { pastIncidentSchema } from './past-incident.ts';

const seq = z.int().positive();
const text = z.string().min(1);

/** What a call took, and how much of the incident's budget is gone with it. */
const billSchema = z.strictObject({
  model: text,
  usage: usageSchema,
  costUsd: z.number().nonnegative(),
  tokensSpent: z.int().nonnegative(),
  tokensAllowed: z.int().positive(),
  usdSpent: z.number().nonnegative(),
  usdAllowed: z.number().positive(),
});
export type Bill = Readonly<z.infer<typeof billSchema>>;

/** Claims of the model that were left out, counted by why. */
const droppedSchema = z.array(z.strictObject({ what: text, why: text, times: z.int().positive() }));
const sentencesSchema = z.array(z.strictObject({ text, evidence: z.array(text).min(1) }));

/** One fact that an answer cites: redacted and small, like the evidence of an investigation. */
export const answerEvidenceSchema = z.strictObject({
  id: text,
  kind: z.enum(['object', 'event', 'log', 'metric', 'change', 'alert', 'runbook', 'incident']),
  source: text,
  at: instantSchema,
  summary: text,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AnswerEvidence = Readonly<z.infer<typeof answerEvidenceSchema>>;

/** Events of memory, model and questions. They decide nothing about a run: what the model says is offered, never taken. */
export const reasoningEventBodies = {
  'history-recalled': z.strictObject({ past: z.array(pastIncidentSchema).min(1) }),
  /** Follows `investigation-finished` where a model is set up: one call for each stage. */
  'explanation-requested': z.strictObject({ about: z.literal('investigation') }),
  'explanation-given': z.strictObject({
    investigation: seq,
    sentences: sentencesSchema.min(1),
    hypothesis: text.nullable(),
    otherHypotheses: z.array(text),
    runbook: text.nullable(),
    inputs: z.array(z.strictObject({ name: text, value: z.string(), evidence: text })),
    dropped: droppedSchema,
    bill: billSchema,
  }),
  'explanation-failed': z.strictObject({
    investigation: seq,
    code: text,
    sentence: text,
    dropped: droppedSchema,
    bill: billSchema.nullable(),
  }),
  'question-asked': z.strictObject({
    signalId: text,
    question: text,
    by: personSchema,
    scope: scopeSchema,
    /** What the words name, when only the cluster can tell which object it is. */
    subject: text.nullable(),
  }),
  'question-answered': z.strictObject({
    question: seq,
    by: z.enum(['rules', 'model']),
    sentences: z.array(z.strictObject({ text, evidence: z.array(text) })).min(1),
    evidence: z.array(answerEvidenceSchema),
    dropped: droppedSchema,
    /** Why it was not the model that answered; null when it did, or when none is set up. */
    withoutModel: z.strictObject({ code: text, sentence: text }).nullable(),
    bill: billSchema.nullable(),
  }),
} as const;
