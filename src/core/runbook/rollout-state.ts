import { isRecord } from './source-document.ts';

/** What a Deployment says about its rollout. `failed` is definite: waiting longer does not help. */
export type RolloutState = {
  readonly state: 'complete' | 'progressing' | 'failed' | 'unknown';
  readonly why: string;
};

/**
 * Whether a Deployment's rollout is done, by the rule of `kubectl rollout status` (kubectl's DeploymentStatusViewer): the controller has seen this
 * generation, all wanted replicas are of the new template, none of the old are left, and all new ones are available.
 *
 * `target` is the Deployment's wire JSON; numbers may be bigint, as CEL has them. Counts that the API server leaves out are 0; an object without
 * status or generation is unknown, not done.
 */
export function rolloutState(target: unknown): RolloutState {
  if (!isRecord(target)) return { state: 'unknown', why: 'the object was not read' };
  const { metadata, spec, status } = target;
  if (!isRecord(metadata) || !isRecord(spec) || !isRecord(status)) {
    return { state: 'unknown', why: 'the object has no metadata, spec or status to judge by' };
  }
  const generation = integer(metadata.generation);
  if (generation === undefined) return { state: 'unknown', why: 'the object does not say its generation' };
  if ((integer(status.observedGeneration) ?? 0) < generation) {
    return { state: 'progressing', why: 'the controller has not seen the change yet' };
  }
  if (hasExceededDeadline(status.conditions)) {
    return { state: 'failed', why: 'the rollout exceeded its progress deadline' };
  }
  const wanted = integer(spec.replicas) ?? 1;
  const updated = integer(status.updatedReplicas) ?? 0;
  const all = integer(status.replicas) ?? 0;
  const available = integer(status.availableReplicas) ?? 0;
  if (updated < wanted) return { state: 'progressing', why: `${updated} of ${wanted} replicas are updated` };
  if (all > updated) return { state: 'progressing', why: `${all - updated} old replicas are still to go` };
  if (available < updated)
    return { state: 'progressing', why: `${available} of ${updated} updated replicas are available` };
  return { state: 'complete', why: `${available} of ${wanted} replicas are updated and available` };
}

/**
 * Whether pods serve: at least one that is not being deleted, and each of those is Running with condition Ready (or has Succeeded). `pods` are wire JSON.
 */
export function podsReady(pods: unknown): { readonly ready: boolean; readonly why: string } {
  if (!Array.isArray(pods)) return { ready: false, why: 'the pods were not read' };
  const live = pods.filter(
    (pod) => isRecord(pod) && !(isRecord(pod.metadata) && pod.metadata.deletionTimestamp !== undefined),
  );
  const ready = live.filter(isReady).length;
  return { ready: live.length > 0 && ready === live.length, why: `${ready} of ${live.length} pods are ready` };
}

function isReady(pod: unknown): boolean {
  if (!isRecord(pod) || !isRecord(pod.status)) return false;
  if (pod.status.phase === 'Succeeded') return true;
  return pod.status.phase === 'Running' && hasCondition(pod.status.conditions, { type: 'Ready', status: 'True' });
}

function hasExceededDeadline(conditions: unknown): boolean {
  return hasCondition(conditions, { type: 'Progressing', reason: 'ProgressDeadlineExceeded' });
}

function hasCondition(conditions: unknown, wanted: Readonly<Record<string, string>>): boolean {
  if (!Array.isArray(conditions)) return false;
  return conditions.some(
    (condition) => isRecord(condition) && Object.entries(wanted).every(([key, value]) => condition[key] === value),
  );
}

function integer(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
