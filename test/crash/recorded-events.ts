import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';

const eventSchema = z.object({
  seq: z.int().positive(),
  recordedAt: z.iso.datetime(),
  incident: z.string(),
  type: z.string(),
  actor: z.object({ kind: z.string(), id: z.string().optional() }),
  body: z.record(z.string(), z.unknown()),
  prev: z.string(),
  hash: z.string(),
});

/** A line of the log as the checker reads it; its envelope is contracts.md section 1, its `incident` names the stream. */
export type RecordedEvent = z.infer<typeof eventSchema> & { readonly line: string };

/**
 * Reads the lines of a log and checks each chain: canonical lines, seq from 1 without a gap, `prev` the hash before, `hash` that of the line. Written
 * apart from the product's own verification, so that both would have to be wrong in the same way.
 */
export function readRecordedEvents(lines: readonly string[]): {
  readonly events: readonly RecordedEvent[];
  readonly faults: readonly string[];
} {
  const events: RecordedEvent[] = [];
  const faults: string[] = [];
  const ends = new Map<string, { readonly seq: number; readonly hash: string }>();
  for (const [index, line] of lines.entries()) {
    const where = `line ${index + 1}`;
    const raw = parsed(line);
    const event = eventSchema.safeParse(raw);
    if (!event.success) {
      faults.push(`${where} is no event`);
      continue;
    }
    const { incident, seq, prev, hash } = event.data;
    const end = ends.get(incident) ?? { seq: 0, hash: '0'.repeat(64) };
    const { hash: _, ...hashed } = raw as Record<string, unknown>;
    if (canonicalize(raw) !== line) faults.push(`${where} is not in canonical form`);
    if (digestOf(hashed) !== hash) faults.push(`${where} (${incident} ${seq}) does not have its own hash`);
    if (seq !== end.seq + 1 || prev !== end.hash)
      faults.push(`${where} (${incident} ${seq}) does not continue its chain`);
    ends.set(incident, { seq, hash });
    events.push({ ...event.data, line });
  }
  return { events, faults };
}

/** sha256 of the RFC 8785 form. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex');
}

/** A text of an event's body; empty when it is not there. */
export function textOf({ body }: Pick<RecordedEvent, 'body'>, name: string): string {
  const value = body[name];
  return typeof value === 'string' ? value : '';
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
