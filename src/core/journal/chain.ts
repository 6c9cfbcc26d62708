import { canonicalJson, sha256 } from '../digest.ts';
import {
  type Head,
  instantSchema,
  type JournalEvent,
  journalEventSchema,
  type NewEvent,
  noPrevious,
  ownerOf,
  streamOf,
} from './event.ts';

/** An event with its line: the RFC 8785 form of the whole event, without a line end. The line is what is stored, sent and verified. */
export type SealedEvent = { readonly event: JournalEvent; readonly line: string };

/** Where an event is put: the stream, its place in it, and the hash of the event before (64 zeros for the first). */
export type Place = {
  readonly stream: string;
  readonly seq: number;
  readonly prev: string;
  readonly recordedAt: string;
};

/**
 * An event that is checked and rendered as far as it can be before its place is known. It shares nothing with the value it was made from, so
 * that a caller who changes a body afterwards changes nothing that will be stored.
 */
export type EventDraft = {
  readonly content: Pick<JournalEvent, 'v' | 'type' | 'occurredAt' | 'actor' | 'cause' | 'body'>;
  /** `{"actor":…,"body":…,"cause":…`, canonical, without the closing brace. */
  readonly opening: string;
};

const draftSchema = journalEventSchema.omit({ seq: true, recordedAt: true, incident: true, prev: true, hash: true });

// The members of the envelope in the order of RFC 8785: actor, body, cause | hash | incident, occurredAt, prev, recordedAt, seq, type, v.
const hashMember = ',"hash":"';
const hashLength = 64;

/**
 * Checks and renders what a caller wants to record. Throws TypeError for what can not be an event: a wrong envelope (the message names the
 * field, never its value), a body without a JSON form (NaN, a cycle, a lone surrogate). Journalling it would make the journal unreadable.
 */
export function draftEvent(input: NewEvent): EventDraft {
  let opening: string;
  try {
    opening = canonicalJson({ actor: input.actor, body: input.body, cause: input.cause }).slice(0, -1);
  } catch (cause) {
    throw new TypeError('an event with no canonical JSON form can not be journalled', { cause });
  }
  const rendered: unknown = JSON.parse(`${opening}}`);
  if (typeof rendered !== 'object' || rendered === null)
    throw new TypeError('an event must have an actor, a body and a cause');
  const content = { ...rendered, v: input.v ?? 1, type: input.type, occurredAt: input.occurredAt };
  const checked = draftSchema.safeParse(content);
  if (!checked.success) throw new TypeError(`not an event: ${fieldsOf(checked.error)}`);
  return { content: { ...checked.data, body: bodyOf(rendered, checked.data.body) }, opening };
}

/** The body as JSON said it. The schema's own copy leaves out a key named `__proto__`, which the line holds and the hash covers. */
export function bodyOf(parsed: object, copy: JournalEvent['body']): JournalEvent['body'] {
  const body: unknown = Reflect.get(parsed, 'body');
  return isRecord(body) ? body : copy;
}

/** Gives a draft its place: seq, prev, recordedAt and the hash over all of it. Throws TypeError for a place that no stream has. */
export function sealDraft(draft: EventDraft, place: Place): SealedEvent {
  const incident = ownerOf(place.stream);
  if (incident === '' || streamOf(incident) !== place.stream) throw new TypeError(`not a stream: ${place.stream}`);
  if (!instantSchema.safeParse(place.recordedAt).success)
    throw new TypeError('recordedAt: expected RFC 3339, UTC, milliseconds');
  const { content, opening } = draft;
  const { seq, prev, recordedAt } = place;
  const { v, type, occurredAt } = content;
  const ending = canonicalJson({ incident, occurredAt, prev, recordedAt, seq, type, v }).slice(1);
  const hash = sha256(`${opening},${ending}`);
  return {
    event: { ...content, seq, recordedAt, incident, prev, hash },
    line: `${opening}${hashMember}${hash}",${ending}`,
  };
}

/** `draftEvent` and `sealDraft` in one. `hash` is the sha256 of the RFC 8785 form of the event without `hash` (contracts.md section 1). */
export function sealEvent(input: NewEvent, place: Place): SealedEvent {
  return sealDraft(draftEvent(input), place);
}

/** The canonical form without its hash: what the hash covers. Only for a canonical line: there the last `"hash"` member is the envelope's own. */
export function hashedPartOf(line: string): string {
  const at = line.lastIndexOf(hashMember);
  return line.slice(0, at) + line.slice(at + hashMember.length + hashLength + 1);
}

/** The last line of every export: `{"hash":…,"seq":…,"stream":…}`, canonical. */
export function headLine(head: Head): string {
  return canonicalJson({ hash: head.hash, seq: head.seq, stream: head.stream });
}

/** The head that an event makes when it is the last of its stream. */
export function headOf(event: JournalEvent): Head {
  return { stream: streamOf(event.incident), seq: event.seq, hash: event.hash };
}

/**
 * The lines of an exported stream: one canonical line for each event, then the head. Throws RangeError for no events (they have no head) and
 * for events that are not one whole stream in order from seq 1.
 */
export function exportLines(events: readonly JournalEvent[]): string[] {
  const last = events.at(-1);
  if (last === undefined) throw new RangeError('exportLines: a stream without events has no head');
  let prev = noPrevious;
  for (const [index, event] of events.entries()) {
    if (event.incident !== last.incident || event.seq !== index + 1 || event.prev !== prev) {
      throw new RangeError(`exportLines: event ${index + 1} does not continue the stream ${streamOf(last.incident)}`);
    }
    prev = event.hash;
  }
  return [...events.map((event) => canonicalJson(event)), headLine(headOf(last))];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Field names of the envelope with what was expected; values stay out, they can hold what strangers wrote. */
export function fieldsOf(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly code?: string | undefined }[];
}): string {
  return error.issues.map((issue) => `${issue.path.map(String).join('.') || 'event'} (${issue.code})`).join(', ');
}
