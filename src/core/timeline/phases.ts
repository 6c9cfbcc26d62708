import type { IncidentEvent } from '../incident/events.ts';

/** One stretch of an incident: from one event to another, both cited. */
export type Stretch = { readonly name: string; readonly from: Mark; readonly to: Mark; readonly durationMs: number };
type Mark = { readonly seq: number; readonly at: string };

type Marker = (event: IncidentEvent) => boolean;
const isOf =
  (...types: IncidentEvent['type'][]): Marker =>
  ({ type }) =>
    types.includes(type);

/** The events of the run whose change (or, without one, whose question) was the last: phases of two runs must not be mixed into one. */
function lastRun(events: readonly IncidentEvent[]): IncidentEvent[] {
  const told =
    events.findLast((event) => event.type === 'action-intended' && event.body.role === 'action') ??
    events.findLast(isOf('approval-requested'));
  const run = told !== undefined && 'run' in told.body ? told.body.run : undefined;
  const approvals = new Set(
    events.flatMap(({ type, body }) => (type === 'approval-requested' && body.run === run ? [body.approval] : [])),
  );
  return events.filter(({ body }) =>
    'run' in body ? body.run === run : 'approval' in body && body.approval !== null && approvals.has(body.approval),
  );
}

/**
 * How long each phase took, of those that both began and ended. The alert's own start (`startsAt`) is before the first event: it is cited by the event
 * that carries it.
 */
export function stretchesOf(events: readonly IncidentEvent[]): Stretch[] {
  const [opened] = events;
  if (opened?.type !== 'incident-opened') return [];
  const began = opened.body.alerts.map(({ startsAt }) => startsAt).sort()[0];
  const fired: Mark | undefined = began === undefined ? undefined : { seq: opened.seq, at: began };
  const found = (marker: Marker) => mark(events.find(marker));
  const open = mark(opened);
  const run = lastRun(events);
  const asked = mark(run.find(isOf('approval-requested')));
  // With a quorum the last yes decides; what was void and asked again counts as waiting too.
  const decided = mark(run.findLast(isOf('approval-given', 'approval-rejected', 'approval-expired')));
  const change = run.findLast((event) => event.type === 'action-intended' && event.body.role === 'action');
  const intended = mark(change);
  const held = mark(
    run.findLast((event) => event.type === 'action-validated' && event.seq > (change?.seq ?? event.seq)),
  );
  const resolved = mark(events.findLast(isOf('incident-resolved')));
  return [
    stretch('Alert began → incident opened (detection)', fired, open),
    stretch('Incident opened → first answer (diagnosis)', open, found(isOf('investigation-finished'))),
    stretch('First answer → approval asked (planning and checks)', found(isOf('investigation-finished')), asked),
    stretch('Approval asked → decided (waiting for people)', asked, decided),
    stretch('Decided → change announced and sent', decided, intended),
    stretch('Change → validated or rolled back', intended, held),
    stretch('Opened → mitigated', open, mark(events.findLast(isOf('incident-mitigated')))),
    stretch('Opened → resolved (whole incident)', open, resolved),
  ].flatMap((it) => it ?? []);
}

function mark(event: IncidentEvent | undefined): Mark | undefined {
  return event === undefined
    ? undefined
    : { seq: event.seq, at: event.type === 'incident-opened' ? event.occurredAt : event.recordedAt };
}

function stretch(name: string, from: Mark | undefined, to: Mark | undefined): Stretch | undefined {
  if (from === undefined || to === undefined) return undefined;
  const durationMs = Date.parse(to.at) - Date.parse(from.at);
  return durationMs < 0 ? undefined : { name, from, to, durationMs };
}

/** `850 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`. Rounded once, so that no part reaches 60. */
export function sayDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
