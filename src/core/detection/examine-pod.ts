import { type ObjectRef, refOf, sayRef, type WireObject } from '../cluster/object.ts';
import { type ContainerStatus, conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../cluster/pod.ts';
import { textAt, timeAt } from '../cluster/wire.ts';
import type { Sighting } from './sighting.ts';

/** What a pod belongs to, as far as it was read: the top of its owners, or the pod itself. */
export type Owner = {
  readonly ref: ObjectRef;
  readonly uid: string | undefined;
  readonly object?: WireObject | undefined;
};

/** The kubelet forgets a container's restarts after it ran for ten minutes (`MaxContainerBackOff` twice over): until then it is not out of its loop. */
const quietAfterMs = 10 * 60_000;
/** One restart is an accident, three are a pattern. */
const loopRestarts = 3;

const imageReasons: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'ImageInspectError',
  'SignatureValidationFailed',
]);

/**
 * What is wrong with a pod right now, at most one thing: the most telling. Silent for a pod that ends, that has succeeded, that was replaced (Failed with an owner that
 * makes another), and for whatever its node explains. Age is not looked at here: `since` says when it began.
 */
export function examinePod(
  pod: WireObject,
  owner: Owner,
  now: number,
  brokenNodes: ReadonlySet<string>,
): Sighting | undefined {
  const phase = phaseOf(pod);
  if (isTerminating(pod) || (phase !== 'Pending' && phase !== 'Running')) return undefined;
  const node = textAt(pod, 'spec', 'nodeName');
  if (node !== undefined && brokenNodes.has(node)) return undefined;
  const statuses = containerStatusesOf(pod);
  const seen = imagePull(statuses) ?? crashLoop(statuses, now) ?? notStarted(pod, statuses) ?? notReady(pod, statuses);
  if (seen === undefined) return undefined;
  const self = refOf(pod);
  const isOwned = owner.ref.kind !== 'Pod';
  return {
    ...seen,
    summary: `${sayRef(self)}: ${seen.summary}`,
    object: owner.ref,
    uid: owner.uid,
    related: isOwned ? [self] : [],
  };
}

type Seen = Pick<Sighting, 'rule' | 'severity' | 'summary' | 'since'>;

function imagePull(statuses: readonly ContainerStatus[]): Seen | undefined {
  for (const { name, state, image } of statuses) {
    if (state.is !== 'waiting' || !imageReasons.has(state.reason ?? '')) continue;
    return {
      rule: 'pod-image-pull',
      severity: 'warning',
      summary: `container ${name} waits with ${state.reason} for ${image ?? 'its image'}.`,
      since: undefined,
    };
  }
  return undefined;
}

function crashLoop(statuses: readonly ContainerStatus[], now: number): Seen | undefined {
  for (const { name, state, restartCount, lastEnd, ready } of statuses) {
    const waits = state.is === 'waiting' && state.reason === 'CrashLoopBackOff';
    // Between two ends a container looks fine for a while, so its last end counts until it has held out.
    const endedAt = state.is === 'terminated' ? state.end.finishedAt : lastEnd?.finishedAt;
    const justEnded = endedAt !== undefined && now - endedAt < quietAfterMs;
    const isBetween = ready !== true && restartCount >= loopRestarts && justEnded && lastEnd?.exitCode !== 0;
    if (!waits && !isBetween) continue;
    const how = lastEnd?.reason === undefined ? '' : `, last with ${lastEnd.reason} (exit code ${lastEnd.exitCode})`;
    return {
      rule: 'pod-crash-looping',
      severity: 'warning',
      summary: `container ${name} ended ${restartCount} times${how}.`,
      since: undefined,
    };
  }
  return undefined;
}

function notStarted(pod: WireObject, statuses: readonly ContainerStatus[]): Seen | undefined {
  if (phaseOf(pod) !== 'Pending') return undefined;
  const scheduled = conditionOf(pod, 'PodScheduled');
  const created = timeAt(pod, 'metadata', 'creationTimestamp');
  if (scheduled?.status !== 'True') {
    // A pod that waits on purpose (scheduling gates) is not stuck.
    if (scheduled?.reason === 'SchedulingGated') return undefined;
    const why = scheduled?.message === undefined ? 'no scheduler has looked at it' : scheduled.message;
    return {
      rule: 'pod-unschedulable',
      severity: 'warning',
      summary: `it finds no node: ${why}`,
      since: scheduled?.since ?? created,
    };
  }
  // An init container that runs is work, and may take as long as it takes.
  if (statuses.some(({ list, state }) => list === 'initContainers' && state.is === 'running')) return undefined;
  const waiting = statuses.flatMap(({ name, state }) => (state.is === 'waiting' ? [{ name, ...state }] : []));
  const telling = waiting.find(({ reason }) => reason !== 'PodInitializing' && reason !== 'ContainerCreating');
  const [first = telling] = telling === undefined ? waiting : [telling];
  const how = first === undefined ? '' : `, container ${first.name} waits with ${first.reason ?? 'no reason'}`;
  return {
    rule: 'pod-not-starting',
    severity: 'warning',
    summary: `it has a node, but its containers are not started${how}.`,
    since: scheduled.since ?? created,
  };
}

function notReady(pod: WireObject, statuses: readonly ContainerStatus[]): Seen | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (phaseOf(pod) !== 'Running' || ready?.status !== 'False') return undefined;
  // Sidecars that outlive the main containers of a Job leave it unready for a moment; `PodCompleted` is the kubelet's word for done.
  if (ready.reason === 'PodCompleted') return undefined;
  const unready = statuses.filter(({ list, ready: is }) => list === 'containers' && is === false);
  const which = unready.map(({ name }) => name).join(', ');
  return {
    rule: 'pod-not-ready',
    severity: 'warning',
    summary: which === '' ? 'it runs and is not ready.' : `container ${which} runs and is not ready.`,
    since: ready.since,
  };
}
