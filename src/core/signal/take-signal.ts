import { sayRef } from '../cluster/object.ts';
import type { Told } from '../incident/events.ts';
import { activeRun, type IncidentState } from '../incident/state.ts';
import type { Desk, Taken } from './desk.ts';
import { scopeOfQuestion, subjectOfQuestion } from './question-scope.ts';
import { type AlertGroupSignal, alertNameOf, type CommandSignal, type Signal } from './signal.ts';
import { asked, isSameSubject, sameObject, subjectOfLabels } from './subject.ts';
import { takeDetection } from './take-detection.ts';

export type { Desk, Taken } from './desk.ts';

/**
 * Decides what a signal means. One problem, one thread: the same alert group joins its incident, an alert about an object that a person is already
 * investigating joins that one, and a group that fires again shortly after its end reopens it. Pure; every signal that is not ignored is carried by an event.
 */
export function takeSignal(signal: Signal, signalId: string, now: Date, desk: Desk): Taken {
  if (desk.incidents.some(({ signals }) => signals.includes(signalId))) return ignore('it was taken before');
  switch (signal.kind) {
    case 'alert-group':
      return takeAlert(signal, signalId, now, desk);
    case 'command':
      return takeCommand(signal, signalId, desk);
    case 'detection':
      return takeDetection(signal, signalId, now, desk);
  }
  return signal satisfies never;
}

function takeAlert(arrived: AlertGroupSignal, signalId: string, now: Date, desk: Desk): Taken {
  const signal = withoutHeartbeats(arrived, desk.heartbeats);
  if (signal === null) return ignore(`${alertNameOf(arrived)} is a heartbeat`);
  const known = desk.incidents.findLast(
    ({ group, sources }) => group === signal.group || Object.hasOwn(sources, signal.group),
  );
  const { alerts, status } = signal;
  const joined = (it: IncidentState): Taken => {
    const body = { signalId, status, group: signal.group, alerts, summary: sayGroup(signal) };
    return { take: 'append', reference: it.reference, opens: false, events: [{ type: 'signal-joined', body }] };
  };
  if (known !== undefined && known.phase !== 'resolved') return joined(known);
  if (status === 'resolved') return ignore('no open incident belongs to it');
  const open = desk.incidents.findLast(
    (it) =>
      it.phase !== 'resolved' &&
      (it.group === null || it.opened.source === 'detection') &&
      isSameSubject(it.opened, labelsOf(signal)),
  );
  if (open !== undefined) return joined(open);
  const quietMs = known?.resolvedAt == null ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(known.resolvedAt);
  if (known !== undefined && quietMs <= desk.reopenWithinMs) {
    const body = {
      signalId,
      alerts,
      summary: `${sayGroup(signal)} again, ${Math.round(quietMs / 1000)} s after it ended`,
    };
    return { take: 'append', reference: known.reference, opens: false, events: [{ type: 'incident-reopened', body }] };
  }
  return {
    take: 'append',
    reference: desk.nextReference,
    opens: true,
    events: [{ type: 'incident-opened', body: openedByAlert(signal, signalId, known?.reference ?? null, desk) }],
  };
}

/** A group may hold a heartbeat beside real alerts (grouped by namespace, or not at all): it is left out, and keeps nothing open. Null when nothing else is in it. */
function withoutHeartbeats(signal: AlertGroupSignal, heartbeats: readonly string[]): AlertGroupSignal | null {
  const groupName = alertNameOf(signal);
  const alerts = signal.alerts.filter(({ labels }) => !heartbeats.includes(labels.alertname ?? groupName));
  if (alerts.length === signal.alerts.length) return signal;
  if (alerts.length === 0) return null;
  const isFiring =
    signal.status === 'firing' && (alerts.some(({ status }) => status === 'firing') || signal.truncatedAlerts > 0);
  return { ...signal, alerts, status: isFiring ? 'firing' : 'resolved' };
}

function openedByAlert(signal: AlertGroupSignal, signalId: string, previous: string | null, desk: Desk): OpenedBody {
  const labels = labelsOf(signal);
  const name = alertNameOf(signal);
  const subject = subjectOfLabels(labels);
  const annotations = { ...signal.alerts[0]?.annotations, ...signal.commonAnnotations };
  const namespace = labels.namespace || undefined;
  return {
    signalId,
    title:
      subject === undefined
        ? `${name}${namespace === undefined ? '' : ` in ${namespace}`}`
        : `${name}: ${sayRef(subject)}`,
    severity: labels.severity || 'unknown',
    source: 'alertmanager',
    group: signal.group,
    alerts: signal.alerts,
    summary: annotations.summary ?? annotations.message ?? '',
    description: annotations.description ?? '',
    runbookUrl: annotations.runbook_url ?? '',
    scope: {
      cluster: desk.cluster,
      ...(namespace === undefined ? {} : { namespace }),
      // The object is left to the investigation, which asks the cluster: a pod that the labels name may be gone.
      alert: { name, labels, ...fingerprintOf(signal) },
    },
    subject: null,
    route: desk.routeOf(labels),
    requester: null,
    previous,
  };
}

type OpenedBody = Extract<Told, { type: 'incident-opened' }>['body'];

/** Labels that hold for the whole group, with those of its first firing alert where the group leaves them open. */
function labelsOf(signal: AlertGroupSignal): Readonly<Record<string, string>> {
  const first = signal.alerts.find(({ status }) => status === 'firing') ?? signal.alerts[0];
  return { ...first?.labels, ...signal.commonLabels };
}

function fingerprintOf(signal: AlertGroupSignal): { fingerprint?: string } {
  const fingerprint = signal.alerts[0]?.fingerprint;
  return fingerprint === undefined ? {} : { fingerprint };
}

function sayGroup(signal: AlertGroupSignal): string {
  const firing = signal.alerts.filter(({ status }) => status === 'firing').length;
  const name = alertNameOf(signal);
  return signal.status === 'resolved' ? `${name} ended` : `${name} fires (${firing} of ${signal.alerts.length} alerts)`;
}

function takeCommand(signal: CommandSignal, signalId: string, desk: Desk): Taken {
  const named =
    signal.incident === undefined ? undefined : desk.incidents.find(({ reference }) => reference === signal.incident);
  switch (signal.verb) {
    case 'investigate':
      return investigate(signal, signalId, named, desk);
    case 'ask':
      return ask(signal, signalId, named, desk);
    case 'run': {
      if (named === undefined || named.phase === 'resolved') return ignore('there is no open incident to run it in');
      // One run at a time, and none waiting behind it: two people who ask at once must not start two.
      if (activeRun(named) !== undefined || named.runWanted !== null) return ignore('a run is under way');
      const [runbook = '', ...pairs] = signal.text.split(/\s+/).filter((word) => word !== '');
      if (runbook === '') return ignore('no runbook was named');
      const body = { signalId, runbook, given: givenOf(pairs), requester: signal.person };
      return { take: 'append', reference: named.reference, opens: false, events: [{ type: 'run-requested', body }] };
    }
    case 'stop': {
      const run = named === undefined ? undefined : activeRun(named);
      if (named === undefined || run === undefined) return ignore('no run is under way');
      const body = { run: run.id, signalId, by: signal.person };
      return {
        take: 'append',
        reference: named.reference,
        opens: false,
        events: [{ type: 'run-stop-requested', body }],
      };
    }
    case 'ack': {
      if (named === undefined) return ignore('there is no incident to acknowledge');
      if (named.phase !== 'open') return ignore('it is not open any more');
      const body = { signalId, by: signal.person };
      return {
        take: 'append',
        reference: named.reference,
        opens: false,
        events: [{ type: 'incident-acknowledged', body }, ...commentOf(signal, signalId)],
      };
    }
    case 'resolve': {
      if (named === undefined || named.phase === 'resolved') return ignore('there is no incident to resolve');
      if (activeRun(named) !== undefined) return ignore('a run is under way');
      const body = { signalId, by: 'person', summary: `${signal.person.name} says that it is over.` } as const;
      return {
        take: 'append',
        reference: named.reference,
        opens: false,
        events: [...commentOf(signal, signalId), { type: 'incident-resolved', body }],
      };
    }
  }
  return signal.verb satisfies never;
}

/** What a person wrote beside a decision made over the HTTP API; in Slack the thread itself holds such words. */
function commentOf({ source, text, person }: CommandSignal, signalId: string): Told[] {
  return source === 'api' && text !== '' ? [{ type: 'comment-added', body: { signalId, by: person, text } }] : [];
}

/** A question belongs to the incident in whose thread it was asked, or to the open one about what it names. Outside of any it begins an investigation. */
function ask(signal: CommandSignal, signalId: string, named: IncidentState | undefined, desk: Desk): Taken {
  const question = signal.text.trim();
  const about = question === '' ? null : scopeOfQuestion(question, named, desk.cluster);
  if (about === null) return ignore('the question names nothing to look at');
  const incident = named ?? desk.incidents.findLast((it) => it.phase !== 'resolved' && isAbout(it, about));
  if (incident === undefined)
    return investigate({ ...signal, text: subjectOfQuestion(question) ?? '' }, signalId, undefined, desk);
  const body = { signalId, question, by: signal.person, ...about };
  return {
    take: 'append',
    reference: incident.reference,
    opens: false,
    events: [{ type: 'question-asked', body }],
  };
}

function investigate(signal: CommandSignal, signalId: string, named: IncidentState | undefined, desk: Desk): Taken {
  const text = signal.text.trim();
  const { scope, subject, title } = asked(text, desk.cluster);
  const about = named ?? desk.incidents.findLast((it) => it.phase !== 'resolved' && isAbout(it, { scope, subject }));
  if (about !== undefined) {
    // In its own thread a line without a subject, and outside one about the same thing, asks for the incident's own question again.
    const again = named === undefined || text === '';
    const question = again ? { scope: about.opened.scope, subject: about.opened.subject } : { scope, subject };
    const body = { signalId, ...question, requester: signal.person };
    return {
      take: 'append',
      reference: about.reference,
      opens: false,
      events: [{ type: 'investigation-requested', body }],
    };
  }
  if (text === '') return ignore('nothing was named to investigate');
  const body: OpenedBody = {
    signalId,
    title: `Investigation of ${title}`,
    severity: 'unknown',
    source: 'command',
    group: null,
    alerts: [],
    summary: '',
    description: '',
    runbookUrl: '',
    scope,
    subject,
    route: {
      ...desk.routeOf(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
      channel: signal.channel,
    },
    requester: signal.person,
    previous: null,
  };
  return { take: 'append', reference: desk.nextReference, opens: true, events: [{ type: 'incident-opened', body }] };
}

/** Whether an open incident is already about what a person asks for: the same object, or the alert of that name. */
function isAbout(
  { opened, alerts }: IncidentState,
  { scope, subject }: Pick<ReturnType<typeof asked>, 'scope' | 'subject'>,
): boolean {
  if (scope.object === undefined && subject === null)
    return scope.alert?.name.toLowerCase() === opened.scope.alert?.name.toLowerCase();
  const question = { scope, subject };
  return sameObject(question, opened) || alerts.some(({ labels }) => isSameSubject(question, labels));
}

/** `key=value` words; what is not of that form is dropped, and the plan then says which input it misses. */
function givenOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=');
      return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
    }),
  );
}

function ignore(why: string): Taken {
  return { take: 'ignore', why };
}
