import { z } from 'zod';

/** Who did it. `signal` is an alert source, `system` the process itself (start, repair). `id` is a stable id (Slack user id), `name` what people call them. */
export const actorSchema = z.strictObject({
  kind: z.enum(['bot', 'user', 'signal', 'system']),
  id: z.string().min(1).optional(),
  name: z.string().min(1).optional(),
});
export type Actor = z.infer<typeof actorSchema>;

/** RFC 3339, UTC, milliseconds: `2026-11-21T03:04:05.678Z`. */
export const instantSchema = z.iso.datetime({ precision: 3 });

/**
 * The envelope of every journalled event (contracts.md section 1). `incident` is the reference of the incident (`INC-1`) for incident
 * streams, and the stream's own name (`inbox`, `target/…`, `budget/…`) for all others.
 */
export const journalEventSchema = z.strictObject({
  v: z.int().positive(),
  seq: z.int().positive(),
  recordedAt: instantSchema,
  occurredAt: instantSchema,
  incident: z.string().min(1),
  type: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  actor: actorSchema,
  cause: z.union([z.int().nonnegative(), z.string().min(1)]),
  body: z.record(z.string(), z.unknown()),
  prev: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type JournalEvent = Readonly<z.infer<typeof journalEventSchema>>;

/** What a caller hands to the journal: the journal itself adds seq, recordedAt, prev and hash. */
export type NewEvent = {
  readonly v?: number;
  readonly type: string;
  readonly actor: Actor;
  readonly cause: string | number;
  readonly occurredAt: string;
  readonly body: Readonly<Record<string, unknown>>;
};

/** The end of a stream: with it a chain that was shortened is told from one that is whole. */
export type Head = { readonly stream: string; readonly seq: number; readonly hash: string };

export const noPrevious = '0'.repeat(64);

const incidentPrefix = 'incident/';

/** `INC-1` → `incident/INC-1`. */
export function incidentStream(reference: string): string {
  return incidentPrefix + reference;
}

/** The value of an event's `incident` field for a stream: `incident/INC-1` → `INC-1`, every other stream its own name. */
export function ownerOf(stream: string): string {
  return stream.startsWith(incidentPrefix) ? stream.slice(incidentPrefix.length) : stream;
}

/** The inverse of `ownerOf`: owners that are not a stream's own name are references of incidents. */
export function streamOf(owner: string): string {
  return owner === 'inbox' || owner.includes('/') ? owner : incidentPrefix + owner;
}
