import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import { type Condition, conditionOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { at, isRecord, parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import { eventsWith } from '../support.ts';

/**
 * A pod that stands on no node yet.
 *
 * - `refused`: the scheduler looked at it and found no node
 * - `gated`: it carries scheduling gates, and nobody looks at it before they are taken off
 * - `unseen`: no scheduler has said anything of it
 */
export type PendingPod = {
  readonly pod: WireObject;
  readonly is: 'refused' | 'gated' | 'unseen';
  readonly condition: Condition | undefined;
  /** Milliseconds; undefined when the object does not say when it was made. */
  readonly createdAt: number | undefined;
};

export const schedulingReasons: ReadonlySet<string> = new Set(['FailedScheduling']);
const seenReasons: ReadonlySet<string> = new Set([
  'FailedScheduling',
  'Scheduled',
  'Preempted',
  'NotTriggerScaleUp',
  'TriggeredScaleUp',
]);
// An autoscaler speaks of pods that the scheduler refused, so its word proves as much.

/** Reads a pod that waits for a node; undefined for one that has a node, is over, goes away, or says nothing of itself. */
export function readPendingPod(view: ClusterView, pod: WireObject): PendingPod | undefined {
  if (isTerminating(pod) || phaseOf(pod) !== 'Pending') return undefined;
  if (!isRecord(at(pod, 'spec')) || textAt(pod, 'spec', 'nodeName') !== undefined) return undefined;
  const condition = conditionOf(pod, 'PodScheduled');
  const createdAt = parseTime(pod.metadata.creationTimestamp);
  if (condition?.status === 'True') return undefined;
  if (
    condition?.reason === 'SchedulingGated' ||
    (condition === undefined && recordsAt(pod, 'spec', 'schedulingGates').length > 0)
  )
    return { pod, is: 'gated', condition, createdAt };
  if (condition === undefined && eventsWith(view, pod, seenReasons).length === 0)
    return { pod, is: 'unseen', condition, createdAt };
  return { pod, is: 'refused', condition, createdAt };
}

export const defaultScheduler = 'default-scheduler';

export function schedulerOf(pod: WireObject): string {
  return textAt(pod, 'spec', 'schedulerName') ?? defaultScheduler;
}
