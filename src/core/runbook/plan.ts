import { z } from 'zod';
import { actionSchema } from '../action/action.ts';
import { requirementsSchema } from '../policy/requirements.ts';

/**
 * A question with a measured answer. `metric` is PromQL and holds when its result is not empty; `phrase` is a short sentence over the
 * output of a read; `cel` is a CEL expression over `target`, `before`, `pods` and `inputs` (wire JSON, re-read each time).
 */
export const conditionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('metric'), promql: z.string().min(1) }),
  z.strictObject({ kind: z.literal('phrase'), text: z.string().min(1) }),
  z.strictObject({ kind: z.literal('cel'), expression: z.string().min(1) }),
]);
export type Condition = Readonly<z.infer<typeof conditionSchema>>;

/** A condition as its author wrote it. */
export function sayCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'metric':
      return condition.promql;
    case 'cel':
      return condition.expression;
    case 'phrase':
      return condition.text;
  }
  return condition satisfies never;
}

/** The condition is asked every `everyMs` and must hold for `forMs` without a break before `timeoutMs` are over. For a read: asked once of its output. */
export const validationSchema = z.strictObject({
  until: conditionSchema,
  everyMs: z.int().positive(),
  forMs: z.int().nonnegative(),
  timeoutMs: z.int().positive(),
});
export type Validation = Readonly<z.infer<typeof validationSchema>>;

/** One concrete action of a plan. `line` is the kubectl line its author wrote, for people; `action` is what runs. */
export const plannedActionSchema = z.strictObject({
  id: z.string().min(1),
  title: z.string().min(1),
  action: actionSchema,
  line: z.string().optional(),
  preconditions: z.array(conditionSchema),
  validate: validationSchema.optional(),
  rollback: z.enum(['captured', 'none']),
  timeoutMs: z.int().positive(),
});
export type PlannedAction = Readonly<z.infer<typeof plannedActionSchema>>;

/**
 * A runbook bound to one incident's inputs and targets: nothing in it is a template any more. `digest` covers all other fields.
 * `tainted`: an input's value was seen only in text that strangers write. `manualRollback`: what the runbook asks people to do when it went wrong.
 */
export const planSchema = z.strictObject({
  runbook: z.strictObject({ name: z.string().min(1), title: z.string().min(1), digest: z.string() }),
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.string())])),
  tainted: z.boolean(),
  confidence: z.enum(['high', 'medium', 'low', 'none']),
  score: z.number(),
  preconditions: z.array(conditionSchema),
  actions: z.array(plannedActionSchema).min(1),
  manualRollback: z.array(z.string()),
  approvals: requirementsSchema,
  digest: z.string(),
});
export type Plan = Readonly<z.infer<typeof planSchema>>;
