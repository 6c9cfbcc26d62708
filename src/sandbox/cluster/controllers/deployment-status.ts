import { timestamp } from '../store/object-writes.ts';
import type { ObjectOf } from '../store/stored-object.ts';

type Deployment = ObjectOf<'Deployment'>;
type ReplicaSet = ObjectOf<'ReplicaSet'>;
export type DeploymentStatus = NonNullable<Deployment['status']>;
type Condition = NonNullable<DeploymentStatus['conditions']>[number];

export type RolloutView = {
  readonly deployment: Deployment;
  readonly fresh: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly maxUnavailable: number;
  /** True in the one look in which the new ReplicaSet was made. */
  readonly hasJustCreated: boolean;
  readonly nowMs: number;
};

/** The status the Deployment controller would write now (sync.go and progress.go of Kubernetes 1.35). */
export function deploymentStatus(view: RolloutView): DeploymentStatus {
  const { deployment, fresh, old, nowMs } = view;
  const all = fresh === undefined ? old : [...old, fresh];
  const sum = (count: (set: ReplicaSet) => number | undefined): number =>
    all.reduce((total, set) => total + (count(set) ?? 0), 0);
  const desired = deployment.spec?.replicas ?? 1;
  const replicas = sum((set) => set.status?.replicas);
  const ready = sum((set) => set.status?.readyReplicas);
  const available = sum((set) => set.status?.availableReplicas);
  const updated = fresh?.status?.replicas ?? 0;
  const unavailable = Math.max(0, sum((set) => set.spec?.replicas) - available);
  const counts: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...(replicas === 0 ? {} : { replicas }),
    ...(updated === 0 ? {} : { updatedReplicas: updated }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    ...(unavailable === 0 ? {} : { unavailableReplicas: unavailable }),
  };
  const availability: Omit<Condition, 'lastUpdateTime' | 'lastTransitionTime'> =
    available >= desired - view.maxUnavailable
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        };
  let conditions = deployment.status?.conditions ?? [];
  conditions = withCondition(conditions, availability, nowMs);
  const progress = progressCondition(view, counts);
  if (progress !== undefined) conditions = withCondition(conditions, progress, nowMs, progress.isProgress);
  return { ...counts, conditions };
}

/** When the progress deadline passes if nothing progresses, or undefined when no clock is running. */
export function progressDeadlineAt(deployment: Deployment): number | undefined {
  const current = progressing(deployment);
  const seconds = deployment.spec?.progressDeadlineSeconds;
  if (current === undefined || seconds === undefined || deployment.spec?.paused === true) return undefined;
  if (current.reason === 'NewReplicaSetAvailable' || current.reason === 'ProgressDeadlineExceeded') return undefined;
  return Date.parse(current.lastUpdateTime ?? '') + seconds * 1000;
}

type Progress = Omit<Condition, 'lastUpdateTime' | 'lastTransitionTime'> & { isProgress: boolean };

function progressCondition(view: RolloutView, next: DeploymentStatus): Progress | undefined {
  const { deployment, fresh, nowMs } = view;
  const current = progressing(deployment);
  const condition = (
    status: 'True' | 'False' | 'Unknown',
    reason: string,
    message: string,
    isProgress = true,
  ): Progress => ({
    type: 'Progressing',
    status,
    reason,
    message,
    isProgress,
  });
  if (deployment.spec?.paused === true) {
    return current?.reason === 'DeploymentPaused'
      ? undefined
      : condition('Unknown', 'DeploymentPaused', 'Deployment is paused');
  }
  if (current?.reason === 'DeploymentPaused') return condition('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  const name = fresh?.metadata.name ?? deployment.metadata.name;
  if (view.hasJustCreated) return condition('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
  if (current === undefined && fresh !== undefined)
    return condition('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`);

  const replicas = next.replicas ?? 0;
  const updated = next.updatedReplicas ?? 0;
  const wasComplete = replicas === updated && current?.reason === 'NewReplicaSetAvailable';
  if (wasComplete) return undefined;
  const desired = deployment.spec?.replicas ?? 1;
  if (updated === desired && replicas === desired && (next.availableReplicas ?? 0) === desired) {
    return condition('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  }
  const before = deployment.status ?? {};
  const hasProgressed =
    updated > (before.updatedReplicas ?? 0) ||
    replicas - updated < (before.replicas ?? 0) - (before.updatedReplicas ?? 0) ||
    (next.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (before.availableReplicas ?? 0);
  if (hasProgressed) return condition('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
  const deadline = progressDeadlineAt(deployment);
  if (deadline === undefined || deadline > nowMs) return undefined;
  return condition('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`, false);
}

function progressing(deployment: Deployment): Condition | undefined {
  return deployment.status?.conditions?.find((condition) => condition.type === 'Progressing');
}

function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, 'lastUpdateTime' | 'lastTransitionTime'> & { isProgress?: boolean },
  nowMs: number,
  touch = false,
): Condition[] {
  const { isProgress: _, ...fields } = next;
  const current = conditions.find((condition) => condition.type === fields.type);
  const isSame = current?.status === fields.status && current.reason === fields.reason;
  if (isSame && !touch && current.message === fields.message) return [...conditions];
  const at = timestamp(nowMs);
  const lastTransitionTime = current?.status === fields.status ? (current.lastTransitionTime ?? at) : at;
  const updated = { ...fields, lastUpdateTime: at, lastTransitionTime };
  return [...conditions.filter((condition) => condition.type !== fields.type), updated];
}
