import { z } from 'zod';
import { objectRefSchema } from '../cluster/object.ts';
import { instantSchema } from '../journal/event.ts';

export const confidenceSchema = z.enum(['high', 'medium', 'low']);
export type Confidence = z.infer<typeof confidenceSchema>;

/** One fact, redacted and small. `digest` is of the source text or object it was taken from (before redaction), so that it can be compared later. */
export const evidenceSchema = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(['object', 'event', 'log', 'metric', 'change', 'alert']),
  source: z.string().min(1),
  object: objectRefSchema.optional(),
  at: instantSchema,
  summary: z.string().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Evidence = Readonly<z.infer<typeof evidenceSchema>>;

/** What a rule concludes. `object` is what must change, `cause` where exactly and what was expected there. `explains` are ids of findings that this one causes. */
export const findingSchema = z.strictObject({
  id: z.string().min(1),
  code: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  object: objectRefSchema,
  confidence: confidenceSchema,
  score: z.number().min(0).max(1),
  summary: z.string().min(1),
  cause: z.strictObject({ path: z.string(), observed: z.string(), expected: z.string() }),
  recommendation: z
    .strictObject({
      text: z.string().min(1),
      values: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    })
    .optional(),
  evidence: z.array(z.string()).min(1),
  explains: z.array(z.string()),
  since: instantSchema.optional(),
});
export type Finding = Readonly<z.infer<typeof findingSchema>>;

/** `title` where it says more than the name. `page`: prose of the team, which can be read and never run; the section that says most about the problem. */
export const runbookMatchSchema = z.strictObject({
  name: z.string().min(1),
  score: z.number(),
  why: z.string().min(1),
  title: z.string().min(1).optional(),
  page: z.strictObject({ section: z.array(z.string()), excerpt: z.string(), link: z.string().min(1) }).optional(),
});
export type RunbookMatch = Readonly<z.infer<typeof runbookMatchSchema>>;

export const scopeSchema = z.strictObject({
  cluster: z.string().min(1),
  namespace: z.string().min(1).optional(),
  object: objectRefSchema.optional(),
  alert: z
    .strictObject({
      name: z.string().min(1),
      labels: z.record(z.string(), z.string()),
      fingerprint: z.string().optional(),
    })
    .optional(),
});
export type Scope = Readonly<z.infer<typeof scopeSchema>>;

/** The answer to a question about a cluster (contracts.md section 5): printed by the CLI, journalled with the incident. Findings are ranked, likely cause first. */
export const investigationSchema = z.strictObject({
  schema: z.literal('sre-copilot/investigation/v1'),
  scope: scopeSchema,
  capturedAt: instantSchema,
  status: z.enum(['diagnosed', 'inconclusive', 'healthy']),
  findings: z.array(findingSchema),
  evidence: z.array(evidenceSchema),
  missing: z.array(z.strictObject({ source: z.string(), why: z.string() })),
  runbooks: z.array(runbookMatchSchema),
  elapsedMs: z.record(z.string(), z.number()).refine((elapsed) => 'total' in elapsed, 'elapsedMs needs total'),
});
export type Investigation = Readonly<z.infer<typeof investigationSchema>>;
