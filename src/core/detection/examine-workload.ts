import { refOf, type WireObject } from '../cluster/object.ts';
import { conditionOf, isTerminating } from '../cluster/pod.ts';
import { numberAt, timeAt } from '../cluster/wire.ts';
import type { Owner } from './examine-pod.ts';
import type { Sighting } from './sighting.ts';

/** The kinds that Warning events speak of and no scan lists: each is read when an event names it, and judged by what it is now. */
export const eventKinds = ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'] as const;

/**
 * A controller that may not create its pods (quota, admission, a missing service account), or a Job that has failed. `reason` and `message` are of the event that led here: a
 * StatefulSet and a DaemonSet have no condition for it, so there the event's word is taken, once fewer pods exist than are wanted.
 */
export function examineWorkload(
  object: WireObject,
  owner: Owner,
  event: { readonly reason: string | undefined; readonly message: string | undefined },
): Sighting | undefined {
  if (isTerminating(object)) return undefined;
  if (object.kind === 'Job') return failedJob(object, owner);
  const failure = conditionOf(object, 'ReplicaFailure');
  const isRefused = failure?.status === 'True' || (event.reason === 'FailedCreate' && failure === undefined);
  const { wanted, there } = countsOf(object);
  if (!isRefused || there >= wanted) return undefined;
  const why = failure?.message ?? event.message ?? 'no reason given';
  return {
    rule: 'replicas-not-created',
    severity: 'warning',
    object: owner.ref,
    uid: owner.uid,
    related: [],
    summary: `${there} of ${wanted} pods exist, and creating more is refused: ${why}`,
    since: failure?.since,
  };
}

function countsOf(object: WireObject): { readonly wanted: number; readonly there: number } {
  return object.kind === 'DaemonSet'
    ? {
        wanted: numberAt(object, 'status', 'desiredNumberScheduled') ?? 0,
        there: numberAt(object, 'status', 'currentNumberScheduled') ?? 0,
      }
    : { wanted: numberAt(object, 'spec', 'replicas') ?? 1, there: numberAt(object, 'status', 'replicas') ?? 0 };
}

function failedJob(job: WireObject, owner: Owner): Sighting | undefined {
  const failed = conditionOf(job, 'Failed');
  if (failed?.status !== 'True') return undefined;
  // The failed Job of a CronJob is kept as history: a later run that went well has answered it.
  const wentWellAt = timeAt(owner.object, 'status', 'lastSuccessfulTime');
  if (wentWellAt !== undefined && failed.since !== undefined && wentWellAt > failed.since) return undefined;
  return {
    rule: 'job-failed',
    severity: 'warning',
    object: owner.ref,
    uid: owner.uid,
    related: owner.ref.kind === 'Job' ? [] : [refOf(job)],
    summary:
      `Job ${job.metadata.name} has failed: ${failed.reason ?? 'no reason given'}: ${failed.message ?? ''}`.trim(),
    since: failed.since,
  };
}
