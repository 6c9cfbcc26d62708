import { z } from 'zod';
import { requirementsSchema } from './requirements.ts';

/**
 * The one document policy decides on, for one action (or the rollback of one). Everything that is time, membership or measurement is computed
 * before and passed in, so that the policy stays pure and a decision can be replayed from the journal.
 *
 * - `phase`: `plan` when the plan is checked, `execute` right before it runs; both are asked and their verdicts join.
 * - `action.role`: `rollback` when the question is about undoing `action` after a failed validation.
 * - `evidence.confidence`: of the finding that led to this runbook, computed by rules; `none` when a person started it without a finding.
 * - `evidence.tainted`: a parameter of the action was seen only in text that strangers write (logs, annotations, alert annotations).
 * - `time`: as `timeFacts` makes it.
 * - `target`: null for reads that name no single object. `namespaceLabels` is null when the namespace could not be read: never safe for auto.
 */
export const policyInputSchema = z.strictObject({
  schema: z.literal('sre-copilot/policy-input/v1'),
  phase: z.enum(['plan', 'execute']),
  run: z.strictObject({
    id: z.string().min(1),
    autonomy: z.enum(['observe', 'assist', 'auto']),
    requester: z.string().min(1).nullable(),
  }),
  runbook: z.strictObject({ name: z.string().min(1), digest: z.string().min(1), approvals: requirementsSchema }),
  action: z.strictObject({
    kind: z.string().min(1),
    class: z.enum(['read', 'write', 'destructive', 'manual']),
    role: z.enum(['action', 'rollback']),
    reversible: z.boolean(),
    arguments: z.record(z.string(), z.unknown()),
  }),
  target: z
    .strictObject({
      cluster: z.string().min(1),
      apiVersion: z.string().min(1),
      kind: z.string().min(1),
      namespace: z.string().min(1).nullable(),
      name: z.string().min(1),
      uid: z.string().min(1),
      labels: z.record(z.string(), z.string()),
      namespaceLabels: z.record(z.string(), z.string()).nullable(),
      managedBy: z.string().min(1).nullable(),
    })
    .nullable(),
  blastRadius: z.strictObject({ objects: z.int().nonnegative(), pods: z.int().nonnegative() }),
  incident: z.strictObject({ reference: z.string().min(1), severity: z.string(), source: z.string() }),
  evidence: z.strictObject({
    confidence: z.enum(['high', 'medium', 'low', 'none']),
    score: z.number(),
    tainted: z.boolean(),
  }),
  environment: z.strictObject({ cluster: z.string().min(1) }),
  time: z.strictObject({
    now: z.iso.datetime({ precision: 3 }),
    weekday: z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']),
    hourUtc: z.int().min(0).max(23),
  }),
  budgets: z.strictObject({ writesThisIncident: z.int().nonnegative() }),
  approvals: z.array(z.strictObject({ by: z.string(), groups: z.array(z.string()) })),
});
export type PolicyInput = Readonly<z.infer<typeof policyInputSchema>>;
