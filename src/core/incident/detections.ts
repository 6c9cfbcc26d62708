import type { ObjectRef } from '../cluster/object.ts';
import type { Alert } from '../signal/signal.ts';
import type { BodyOf } from './events.ts';

/** One source that says that an incident is on: an alert group, or a detection of the co-pilot's own. `seq` is of its last signal. */
export type IncidentSource = {
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly Alert[];
  readonly seq: number;
};
export type IncidentSources = Readonly<Record<string, IncidentSource>>;

/**
 * Something that the co-pilot saw by itself and that belongs to the incident. `starts` are the instants at which it began here, each with how often. `flaps` is how often
 * it ended and began again in this incident, `times` how often it began altogether (earlier incidents included), both within the window that was configured then.
 */
export type Detection = {
  readonly rule: string;
  readonly object: ObjectRef;
  readonly source: 'watch' | 'scan';
  readonly since: string;
  readonly starts: readonly { readonly at: string; readonly times: number }[];
  readonly flaps: number;
  readonly times: number;
};

/** When to call the people of the route: once nobody acknowledged until `at`, or once it began `times` times within `windowMs`. */
export type Escalation = { readonly at: string; readonly times: number; readonly windowMs: number };

/** More starts than this are not remembered one by one: escalation has long happened, and the state must stay small. */
const maxStarts = 50;

const groupPrefix = 'detection:';

/** The source of an incident that stands for a detection: cannot be the id of an alert group, which is a bare hash. */
export function groupOfDetection(fingerprint: string): string {
  return groupPrefix + fingerprint;
}

/** The source that reopens an incident: the detection whose alert it carries, else the incident's first group. */
export function reopeningSource(
  state: { readonly group: string | null; readonly sources: IncidentSources },
  alerts: readonly Alert[],
): string | null {
  const own = groupOfDetection(alerts[0]?.fingerprint ?? '');
  return Object.hasOwn(state.sources, own) ? own : state.group;
}

/** The sources after one of them spoke. A null group is a signal without identity, which only the incident as a whole can end. */
export function withSource(sources: IncidentSources, group: string | null, source: IncidentSource): IncidentSources {
  return group === null ? sources : { ...sources, [group]: source };
}

/** Only the source that reopens an incident holds it open: what the others say is told again by them, if it is still so. */
export function onlySource(sources: IncidentSources, group: string | null, source: IncidentSource): IncidentSources {
  const others = Object.entries(sources).map(([id, other]) => [id, { ...other, status: 'resolved' as const }]);
  return withSource(Object.fromEntries(others), group, source);
}

export function alertsOf(sources: IncidentSources): Alert[] {
  return Object.values(sources).flatMap(({ alerts }) => alerts);
}

/** An incident with several sources is over at its source when all of them say so. */
export function areAllResolved(sources: IncidentSources): boolean {
  return Object.values(sources).every(({ status }) => status === 'resolved');
}

/** A detection after it was noted at an instant. */
export function noteDetection(
  before: Detection | undefined,
  note: BodyOf<'detection-noted'>,
  at: string,
  windowMs: number,
): Detection {
  const { rule, object, source, since, occurrences, earlier } = note;
  const more = occurrences === 0 ? [] : [{ at, times: occurrences }];
  const starts = [...(before?.starts ?? []), ...more].slice(-maxStarts);
  const recent = starts
    .filter((start) => Date.parse(at) - Date.parse(start.at) <= windowMs)
    .reduce((sum, { times }) => sum + times, 0);
  return { rule, object, source, since, starts, flaps: Math.max(0, recent - 1), times: earlier + recent };
}

/** How often the detections of an incident flapped, all together. */
export function flapsOf(detections: Readonly<Record<string, Detection>>): number {
  return Object.values(detections).reduce((sum, { flaps }) => sum + flaps, 0);
}

/** How often the most frequent detection of an incident began within its window. */
export function timesOf(detections: Readonly<Record<string, Detection>>): number {
  return Math.max(0, ...Object.values(detections).map(({ times }) => times));
}
