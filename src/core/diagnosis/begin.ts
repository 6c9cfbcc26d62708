import type { ClusterView } from '../cluster/cluster-view.ts';
import type { WireObject } from '../cluster/object.ts';
import { type ContainerStatus, conditionOf, type Termination } from '../cluster/pod.ts';
import { parseTime, textAt, timeAt } from '../cluster/wire.ts';
import { eventsWith } from './support.ts';

const minuteMs = 60_000;
/** The kubelet's back-off before restart 1, 2, …: doubled each time up to five minutes. */
const firstBackoffMs = 10_000;
const longestBackoffMs = 5 * minuteMs;
/** A day of them; more restarts than that say no more. */
const mostWaits = 300;
/** Readiness that is written this soon after the start was never anything else. */
const startingMs = minuteMs;
/** Events of a loop that come this long after one another are still of one trouble: recorders write at least that often. */
const maxGapMs = 15 * minuteMs;

const troubleReasons: ReadonlySet<string> = new Set(['BackOff', 'Failed', 'Unhealthy', 'FailedPostStartHook']);

/** A pod that suffers, and the container in it that does. */
type Sufferer = { readonly pod: WireObject; readonly status: ContainerStatus };

/**
 * When a trouble of containers began, in milliseconds: the first failure that is known of any of them. It is not the last crash, since each restart writes over the one before, nor
 * the creation of a pod that ran well for months. Undefined when nothing tells a time.
 */
export function beginOf(view: ClusterView, sufferers: readonly Sufferer[]): number | undefined {
  const times = sufferers.flatMap((one) => beginOfOne(view, one) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

function beginOfOne(view: ClusterView, { pod, status }: Sufferer): number | undefined {
  const start = timeAt(pod, 'status', 'startTime') ?? parseTime(pod.metadata.creationTimestamp);
  const end = status.state.is === 'terminated' ? status.state.end : status.lastEnd;
  const lost = lostReadinessAt(pod, status, start);
  const looped = end?.finishedAt === undefined ? undefined : end.finishedAt - loopedMs(status);
  const known = [end?.finishedAt, looped, lost, firstEventAt(view, pod, status)].filter((time) => time !== undefined);
  if (start !== undefined && ((lost === undefined && isNeverReady(pod, status)) || fillsLife(status, end, start)))
    return startOfTry(status, start);
  if (known.length === 0) return start;
  const first = Math.min(...known);
  return start === undefined ? first : Math.max(start, first);
}

/** When the pod lost the readiness that it had; undefined when it never had any, or when that is not told. */
function lostReadinessAt(pod: WireObject, { list }: ContainerStatus, start: number | undefined): number | undefined {
  const condition = conditionOf(pod, list === 'initContainers' ? 'Initialized' : 'Ready');
  if (condition?.status !== 'False' || condition.since === undefined || start === undefined) return undefined;
  return condition.since - start > startingMs ? condition.since : undefined;
}

function isNeverReady(pod: WireObject, { list }: ContainerStatus): boolean {
  const condition = conditionOf(pod, list === 'initContainers' ? 'Initialized' : 'Ready');
  return condition?.status === 'False' && condition.since !== undefined;
}

/** Whether restarts fill the whole time since the pod's start: so many take that long, with the kubelet's waits between them. */
function fillsLife({ restartCount }: ContainerStatus, end: Termination | undefined, start: number): boolean {
  if (end?.finishedAt === undefined) return false;
  const runMs = end.startedAt === undefined ? 0 : Math.max(0, end.finishedAt - end.startedAt);
  const waitsMs = waitsOf(restartCount - 1).reduce((sum, wait) => sum + wait, 0);
  return end.finishedAt - start <= waitsMs + (restartCount + 1) * runMs + startingMs;
}

/** The kubelet's first `count` waits; the first restart of all comes without one. */
function waitsOf(count: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.min(count, mostWaits)) }, (_, index) =>
    Math.min(longestBackoffMs, firstBackoffMs * 2 ** index),
  );
}

// A container that runs for the first time had nothing to fail at before it was started.
function startOfTry({ state, restartCount }: ContainerStatus, start: number): number {
  const first = state.is === 'running' && restartCount === 0 ? state.startedAt : undefined;
  return first === undefined ? start : Math.max(first, start);
}

/**
 * How long a container must have been at it before its last end, at least: the waits that the kubelet made between the ends. Its message tells the last wait, and the waits double; without one the
 * restart count, which also counts what was long ago, says nothing.
 */
function loopedMs({ state, restartCount }: ContainerStatus): number {
  if (state.is !== 'waiting' || state.reason !== 'CrashLoopBackOff') return 0;
  const [, minutes, seconds] = /\bback-off (?:(\d{1,2})m)?(\d{1,2})s restarting/.exec(state.message ?? '') ?? [];
  const lastMs = 1000 * (60 * Number(minutes ?? 0) + Number(seconds ?? 0));
  // The last wait is after the last end; those before it were all shorter.
  return waitsOf(restartCount - 1).reduce((sum, wait) => (wait < lastMs ? sum + wait : sum), 0);
}

/** The first event of this container's trouble, as far as one follows the other up to the newest. */
function firstEventAt(view: ClusterView, pod: WireObject, status: ContainerStatus): number | undefined {
  const events = eventsWith(view, pod, troubleReasons).filter((event) => isAbout(event.object, event.message, status));
  let first: number | undefined;
  for (const event of events) {
    const [from, to] = [event.first ?? event.last, event.last ?? event.first];
    if (from === undefined || to === undefined) continue;
    if (first !== undefined && first - to > maxGapMs) break;
    first = first === undefined ? from : Math.min(first, from);
  }
  return first;
}

// What kept the image from coming is another trouble than that of the process in it.
function isAbout(event: WireObject, message: string | undefined, { list, name }: ContainerStatus): boolean {
  if (/^(?:Failed to pull image|Back-off pulling image|Error: (?:ErrImagePull|ImagePullBackOff))/.test(message ?? ''))
    return false;
  const place = textAt(event, 'involvedObject', 'fieldPath') ?? textAt(event, 'regarding', 'fieldPath');
  return place === undefined || place === `spec.${list}{${name}}`;
}
