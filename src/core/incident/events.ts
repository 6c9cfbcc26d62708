import { z } from 'zod';
import { blastRadiusSchema, capturedSchema, guardFieldSchema, rollbackOutlineSchema } from '../action/change.ts';
import { objectRefSchema } from '../cluster/object.ts';
import { investigationSchema, scopeSchema } from '../diagnosis/investigation.ts';
import { instantSchema, type JournalEvent, type NewEvent } from '../journal/event.ts';
import { requirementsSchema } from '../policy/requirements.ts';
import { verdictSchema } from '../policy/verdict.ts';
import { planSchema } from '../runbook/plan.ts';
import { alertSchema, personSchema } from '../signal/signal.ts';
import { reasoningEventBodies } from './reasoning-events.ts';

export const autonomySchema = z.enum(['observe', 'assist', 'auto']);

/** Where an incident is told, who may approve there besides what policy says, and how far the co-pilot may go by itself. */
export const routeSchema = z.strictObject({
  channel: z.string().min(1),
  approvers: z.array(z.string().min(1)),
  autonomy: autonomySchema,
});
export type Route = Readonly<z.infer<typeof routeSchema>>;

const roleSchema = z.enum(['action', 'rollback']);
const outcomeSchema = z.enum(['succeeded', 'failed', 'errored', 'unknown']);
/** `failed` was measured and is bad, `errored` could not be measured, `unknown` cannot be told either way. */
export type Outcome = z.infer<typeof outcomeSchema>;

/** Everything found out about one action against the live cluster right now: what would run, on what, how far it reaches, and what policy says. */
export const actionCheckSchema = z.strictObject({
  cluster: z.string().min(1),
  target: objectRefSchema.extend({ uid: z.string() }).nullable(),
  requestDigest: z.string().nullable(),
  guard: z.array(guardFieldSchema),
  change: z.array(z.string()),
  blastRadius: blastRadiusSchema,
  captured: capturedSchema.nullable(),
  rollback: rollbackOutlineSchema,
  rehearsed: z.boolean(),
  verdict: verdictSchema,
  policyDigest: z.string(),
});
export type ActionCheck = Readonly<z.infer<typeof actionCheckSchema>>;

const runAction = { run: z.string().min(1), action: z.string().min(1) };
const conditionResult = z.strictObject({ text: z.string(), outcome: outcomeSchema, measured: z.string() });

/** Bodies of all events of an incident's stream, by type. Version 1 of each; a second version stands next to the first, with an upcaster. */
export const incidentEventBodies = {
  'incident-opened': z.strictObject({
    signalId: z.string().min(1),
    title: z.string().min(1),
    severity: z.string().min(1),
    source: z.enum(['alertmanager', 'command', 'detection']),
    group: z.string().nullable(),
    alerts: z.array(alertSchema),
    summary: z.string(),
    description: z.string(),
    runbookUrl: z.string(),
    scope: scopeSchema,
    /** What a person typed, when only the cluster can tell which object it means (`checkout`, `shop/checkout`). */
    subject: z.string().min(1).nullable(),
    route: routeSchema,
    requester: personSchema.nullable(),
    previous: z.string().nullable(),
  }),
  'signal-joined': z.strictObject({
    signalId: z.string().min(1),
    status: z.enum(['firing', 'resolved']),
    group: z.string().nullable(),
    alerts: z.array(alertSchema),
    summary: z.string().min(1),
  }),
  'incident-reopened': z.strictObject({
    signalId: z.string().min(1),
    alerts: z.array(alertSchema),
    summary: z.string().min(1),
  }),
  'incident-acknowledged': z.strictObject({ signalId: z.string().min(1), by: personSchema }),
  'incident-mitigated': z.strictObject({ run: z.string().min(1), summary: z.string().min(1) }),
  'incident-resolved': z.strictObject({
    /** The command by which a person resolved it; null when its source did. */
    signalId: z.string().min(1).nullable(),
    by: z.enum(['source', 'person']),
    summary: z.string().min(1),
  }),
  /** A detection of the co-pilot's own stands behind the signal that this event follows: what it is, and how often it began. */
  'detection-noted': z.strictObject({
    signalId: z.string().min(1),
    fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
    rule: z.string().min(1),
    source: z.enum(['watch', 'scan']),
    object: objectRefSchema,
    since: instantSchema,
    /** How often it began since it was last told of; 0 when it is only told again. */
    occurrences: z.int().nonnegative(),
    /** How often it began in earlier incidents, within the window of the escalation. */
    earlier: z.int().nonnegative(),
    escalation: z
      .strictObject({ at: instantSchema, times: z.int().positive(), windowMs: z.int().positive() })
      .nullable(),
  }),
  'incident-escalated': z.strictObject({
    why: z.enum(['persistent', 'recurring']),
    groups: z.array(z.string().min(1)),
    summary: z.string().min(1),
  }),
  'comment-added': z.strictObject({ signalId: z.string().min(1), by: personSchema, text: z.string().min(1) }),
  'investigation-requested': z.strictObject({
    signalId: z.string().min(1),
    scope: scopeSchema,
    subject: z.string().min(1).nullable(),
    requester: personSchema,
  }),
  'investigation-finished': z.strictObject({
    investigation: investigationSchema,
    chosen: z.string().nullable(),
    why: z.string().min(1),
  }),
  'run-requested': z.strictObject({
    signalId: z.string().min(1),
    runbook: z.string().min(1),
    given: z.record(z.string(), z.string()),
    requester: personSchema,
  }),
  'plan-made': z.strictObject({ run: z.string().min(1), plan: planSchema, requester: personSchema.nullable() }),
  'plan-refused': z.strictObject({ runbook: z.string().min(1), code: z.string().min(1), sentence: z.string().min(1) }),
  'preconditions-checked': z.strictObject({
    run: z.string().min(1),
    results: z.array(conditionResult),
    holds: z.boolean(),
  }),
  'action-checked': z.strictObject({ ...runAction, check: actionCheckSchema }),
  'approval-requested': z.strictObject({
    ...runAction,
    approval: z.string().regex(/^[0-9a-f]{32}$/),
    digest: z.string(),
    require: requirementsSchema.min(1),
    requester: personSchema.nullable(),
    expiresAt: instantSchema,
    typedConfirmation: z.boolean(),
  }),
  'approval-given': z.strictObject({ approval: z.string(), by: personSchema, groups: z.array(z.string()) }),
  'approval-rejected': z.strictObject({ approval: z.string(), by: personSchema, reason: z.string() }),
  'approval-refused': z.strictObject({
    approval: z.string(),
    by: personSchema,
    code: z.string(),
    sentence: z.string(),
  }),
  'approval-expired': z.strictObject({ approval: z.string() }),
  'approval-superseded': z.strictObject({
    ...runAction,
    approval: z.string().nullable(),
    why: z.array(z.string()).min(1),
  }),
  'approval-revoked': z.strictObject({ approval: z.string(), why: z.string() }),
  'action-intended': z.strictObject({
    ...runAction,
    role: roleSchema,
    digest: z.string(),
    requestDigest: z.string(),
    approval: z.string().nullable(),
    summary: z.string().min(1),
  }),
  'action-executed': z.strictObject({
    ...runAction,
    role: roleSchema,
    observed: z.boolean(),
    summary: z.string().min(1),
    output: z.string(),
  }),
  'action-validated': z.strictObject({
    ...runAction,
    role: roleSchema,
    outcome: outcomeSchema,
    measured: z.string().min(1),
  }),
  'action-failed': z.strictObject({ ...runAction, role: roleSchema, code: z.string(), sentence: z.string().min(1) }),
  'action-unknown': z.strictObject({ ...runAction, role: roleSchema, sentence: z.string().min(1) }),
  'action-refused': z.strictObject({ ...runAction, verdict: verdictSchema }),
  'step-handed-over': z.strictObject({ ...runAction, text: z.string().min(1), why: z.string().min(1) }),
  'run-stop-requested': z.strictObject({ run: z.string().min(1), signalId: z.string().min(1), by: personSchema }),
  'run-ended': z.strictObject({
    run: z.string().min(1),
    status: z.enum(['succeeded', 'failed', 'stopped', 'not-applicable', 'unknown']),
    reason: z.string().min(1),
  }),
  'targets-released': z.strictObject({ run: z.string().min(1) }),
  'effect-failed': z.strictObject({
    key: z.string().min(1),
    attempt: z.int().positive(),
    code: z.string(),
    sentence: z.string().min(1),
    notBefore: instantSchema,
  }),
  'message-posted': z.strictObject({
    key: z.string().min(1),
    what: z.enum(['root', 'case-file', 'card']),
    approval: z.string().nullable(),
    channel: z.string().min(1),
    ts: z.string().min(1),
  }),
  ...reasoningEventBodies,
} as const;

type Bodies = typeof incidentEventBodies;
export type IncidentEventType = keyof Bodies;
export type BodyOf<T extends IncidentEventType> = Readonly<z.infer<Bodies[T]>>;

/** An event of an incident's stream whose body is what its type says. */
export type IncidentEvent = {
  [T in IncidentEventType]: Omit<JournalEvent, 'type' | 'body'> & { readonly type: T; readonly body: BodyOf<T> };
}[IncidentEventType];

/** An event to be appended, its body checked by the compiler. */
export type NewIncidentEvent = {
  [T in IncidentEventType]: Omit<NewEvent, 'type' | 'body'> & { readonly type: T; readonly body: BodyOf<T> };
}[IncidentEventType];

/** What happened, before anybody says who, when and why: a type with its own body. */
export type Told = { [T in IncidentEventType]: { readonly type: T; readonly body: BodyOf<T> } }[IncidentEventType];

/**
 * Reads a journalled event as one of an incident's. Throws TypeError with the path of the problem for a type or body that this version does not
 * know: an incident that cannot be understood whole must not be advanced (a newer version wrote it, or the file was changed).
 */
export function readIncidentEvent(event: JournalEvent): IncidentEvent {
  const schema = Object.hasOwn(incidentEventBodies, event.type)
    ? incidentEventBodies[event.type as IncidentEventType]
    : undefined;
  if (schema === undefined || event.v !== 1) {
    throw new TypeError(`${event.incident} event ${event.seq}: unknown event ${event.type} v${event.v}`);
  }
  const parsed = schema.safeParse(event.body);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new TypeError(`${event.incident} event ${event.seq} (${event.type}): ${where}`);
  }
  return event as IncidentEvent;
}
