import { type ObjectRef, sayRef } from '../cluster/object.ts';
import { groupOfDetection } from '../incident/detections.ts';
import type { Told } from '../incident/events.ts';
import type { IncidentState } from '../incident/state.ts';
import type { Desk, Taken } from './desk.ts';
import type { Alert, DetectionSignal } from './signal.ts';
import { isSameSubject, sameObject } from './subject.ts';

/**
 * Decides what a detection means. One problem, one thread: it joins its own open incident, or whichever open incident is about the same object already (an alert's, a
 * person's, another rule's); it reopens its own shortly after the end, and opens a new one otherwise. Pure.
 */
export function takeDetection(signal: DetectionSignal, signalId: string, now: Date, desk: Desk): Taken {
  const { fingerprint, status } = signal;
  const group = groupOfDetection(fingerprint);
  const alerts = [asAlert(signal, desk.cluster)];
  const known = desk.incidents.findLast(({ sources }) => Object.hasOwn(sources, group));
  const open = known !== undefined && known.phase !== 'resolved' ? known : undefined;
  if (status === 'resolved') {
    if (open === undefined) return ignore('no open incident belongs to it');
    if (open.sources[group]?.status === 'resolved') return ignore('its end is known');
    const body = { signalId, status, group, alerts, summary: `${signal.rule} is not seen any more` };
    return append(open.reference, [{ type: 'signal-joined', body }]);
  }
  if (open?.sources[group]?.status === 'firing' && signal.occurrences === 0) return ignore('it is known');
  const about = open ?? desk.incidents.findLast((it) => it.phase !== 'resolved' && isAbout(it, signal));
  if (about !== undefined) {
    const body = { signalId, status, group, alerts, summary: sayBeginning(signal) };
    const isArmed = about.escalation !== null;
    return append(about.reference, [
      { type: 'signal-joined', body },
      { type: 'detection-noted', body: noteOf(signal, signalId, now, desk, { isArmed, here: about }) },
    ]);
  }
  const quietMs = known?.resolvedAt == null ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(known.resolvedAt);
  if (known !== undefined && quietMs <= desk.reopenWithinMs) {
    const summary = `${sayBeginning(signal)} again, ${Math.max(0, Math.round(quietMs / 1000))} s after it ended`;
    return append(known.reference, [
      { type: 'incident-reopened', body: { signalId, alerts, summary } },
      { type: 'detection-noted', body: noteOf(signal, signalId, now, desk, { isArmed: false, here: known }) },
    ]);
  }
  const body = openedBy(signal, signalId, known?.reference ?? null, desk);
  return {
    take: 'append',
    reference: desk.nextReference,
    opens: true,
    events: [
      { type: 'incident-opened', body },
      { type: 'detection-noted', body: noteOf(signal, signalId, now, desk, { isArmed: false, here: undefined }) },
    ],
  };
}

/** The labels by which a detection is routed, as if it were an alert: rules for `severity` and `namespace` hold for both. */
function labelsOfDetection(
  { rule, severity, namespace, object }: DetectionSignal,
  cluster: string,
): Record<string, string> {
  return {
    alertname: rule,
    ...(namespace === undefined ? {} : { namespace }),
    kind: object.kind,
    name: object.name,
    cluster,
    severity,
  };
}

function asAlert(signal: DetectionSignal, cluster: string): Alert {
  const { fingerprint, status, summary, since, at } = signal;
  return {
    fingerprint,
    status,
    labels: labelsOfDetection(signal, cluster),
    annotations: { summary },
    startsAt: since,
    endsAt: status === 'resolved' ? at : null,
    generatorUrl: '',
  };
}

type OpenedBody = Extract<Told, { type: 'incident-opened' }>['body'];

function openedBy(signal: DetectionSignal, signalId: string, previous: string | null, desk: Desk): OpenedBody {
  const { fingerprint, rule, severity, summary, namespace, object } = signal;
  const labels = labelsOfDetection(signal, desk.cluster);
  return {
    signalId,
    title: `${rule}: ${sayRef(object)}`,
    severity,
    source: 'detection',
    group: groupOfDetection(fingerprint),
    alerts: [asAlert(signal, desk.cluster)],
    summary,
    description: '',
    runbookUrl: '',
    scope: {
      cluster: desk.cluster,
      ...(namespace === undefined ? {} : { namespace }),
      object,
      alert: { name: rule, labels, fingerprint },
    },
    subject: null,
    route: desk.routeOf(labels),
    requester: null,
    previous,
  };
}

type NoteBody = Extract<Told, { type: 'detection-noted' }>['body'];

function noteOf(
  signal: DetectionSignal,
  signalId: string,
  now: Date,
  desk: Desk,
  { isArmed, here }: { readonly isArmed: boolean; readonly here: IncidentState | undefined },
): NoteBody {
  const { fingerprint, rule, source, object, since } = signal;
  const { escalation = null, incidents } = desk;
  // Only told again (an incident that a person closed while the problem went on): where it is not known yet, it began once all the same.
  const occurrences = here === undefined ? Math.max(1, signal.occurrences) : signal.occurrences;
  const earliestMs = now.getTime() - (escalation?.windowMs ?? 0);
  const earlier = incidents
    .filter(({ reference }) => reference !== here?.reference)
    .flatMap(({ detections }) =>
      Object.hasOwn(detections, fingerprint) ? (detections[fingerprint]?.starts ?? []) : [],
    )
    .filter(({ at }) => Date.parse(at) >= earliestMs)
    .reduce((sum, { times }) => sum + times, 0);
  return {
    signalId,
    fingerprint,
    rule,
    source,
    object,
    since,
    occurrences,
    earlier,
    escalation:
      escalation === null || isArmed
        ? null
        : {
            at: new Date(now.getTime() + escalation.afterMs).toISOString(),
            times: escalation.times,
            windowMs: escalation.windowMs,
          },
  };
}

/** Whether an incident is about the object of a detection, or about one through which the same problem shows. */
function isAbout({ opened, alerts, detections, investigation }: IncidentState, signal: DetectionSignal): boolean {
  const cause = investigation?.document.findings[0]?.object;
  return [signal.object, ...signal.related].some((object) => {
    const question = questionAbout(object);
    return (
      sameObject(question, opened) ||
      isSameSubject(question, opened.scope.alert?.labels ?? {}) ||
      alerts.some(({ labels }) => isSameSubject(question, labels)) ||
      Object.values(detections).some((known) => sameObject(question, questionAbout(known.object))) ||
      (cause !== undefined && sameObject(question, questionAbout(cause)))
    );
  });
}

function questionAbout(object: ObjectRef) {
  return { scope: { cluster: '', object }, subject: null };
}

function sayBeginning({ rule, object, occurrences }: DetectionSignal): string {
  const often = occurrences > 1 ? ` (${occurrences} times since it was last told)` : '';
  return `${rule} is seen on ${sayRef(object)}${often}`;
}

function append(reference: string, events: readonly Told[]): Taken {
  return { take: 'append', reference, opens: false, events };
}

function ignore(why: string): Taken {
  return { take: 'ignore', why };
}
