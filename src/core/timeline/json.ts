import { z } from 'zod';
import { canonicalJson } from '../digest.ts';
import { apply } from '../incident/apply.ts';
import { type IncidentEvent, readIncidentEvent } from '../incident/events.ts';
import type { IncidentState } from '../incident/state.ts';
import { type Head, journalEventSchema } from '../journal/event.ts';
import { verifyChain } from '../journal/verify.ts';
import { fail, ok, type Result } from '../result.ts';
import { type TimelineEntry, timelineOf } from './entries.ts';
import { type Stretch, stretchesOf } from './phases.ts';

/** The incident for programs. `head` proves it: the same hash ends the journal's stream. */
export type TimelineDocument = {
  readonly schema: 'sre-copilot/timeline/v1';
  readonly incident: string;
  readonly title: string;
  readonly severity: string;
  readonly phase: IncidentState['phase'];
  readonly openedAt: string;
  readonly mitigatedAt: string | null;
  readonly resolvedAt: string | null;
  readonly alerts: IncidentState['alerts'];
  readonly investigation: IncidentState['investigation'];
  readonly runs: IncidentState['runs'];
  readonly approvals: readonly IncidentState['approvals'][string][];
  readonly phases: readonly Stretch[];
  readonly timeline: readonly TimelineEntry[];
  /** The events themselves: whoever has this document can check every line of it (`sre-copilot verify FILE`). */
  readonly events: readonly IncidentEvent[];
  readonly head: Head;
};

const documentSchema = z.object({
  schema: z.literal('sre-copilot/timeline/v1'),
  events: z.array(journalEventSchema).min(1),
});

/**
 * Checks an exported document against the events it carries: their chain, and that everything else in it is what these events say.
 * `line` of a fault counts the events.
 */
export function verifyTimelineDocument(document: unknown): Result<Head, { readonly sentence: string }> {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) return fail({ sentence: 'The file is no timeline of sre-copilot, or it has lost its events.' });
  const { events } = parsed.data;
  const chain = verifyChain(events.map((event) => canonicalJson(event)));
  if (!chain.ok) return fail({ sentence: chain.error.sentence });
  const [head, ...others] = chain.value;
  if (head === undefined || others.length > 0) return fail({ sentence: 'The events are not those of one incident.' });
  let told: string;
  try {
    told = canonicalJson(JSON.parse(JSON.stringify(renderJson(events.map(readIncidentEvent), head))));
  } catch {
    return fail({
      sentence: 'The events are chained, but they are not the story of an incident that this version knows.',
    });
  }
  if (told !== canonicalJson(document))
    return fail({
      sentence: 'The events are genuine, but the timeline beside them does not say what they say: it was changed.',
    });
  return ok(head);
}

/** `events` are the stream from its first event on. */
export function renderJson(events: readonly IncidentEvent[], head: Head): TimelineDocument {
  const state = events.reduce<IncidentState | undefined>(apply, undefined);
  if (state === undefined) throw new TypeError('renderJson: an incident has at least one event');
  return {
    schema: 'sre-copilot/timeline/v1',
    incident: state.reference,
    title: state.opened.title,
    severity: state.opened.severity,
    phase: state.phase,
    openedAt: state.openedAt,
    mitigatedAt: state.mitigatedAt,
    resolvedAt: state.resolvedAt,
    alerts: state.alerts,
    investigation: state.investigation,
    runs: state.runs,
    approvals: Object.values(state.approvals),
    phases: stretchesOf(events),
    timeline: timelineOf(events),
    events,
    head,
  };
}
