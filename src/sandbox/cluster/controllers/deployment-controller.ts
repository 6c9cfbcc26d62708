import { isDeepStrictEqual } from 'node:util';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { Names } from '../store/names.ts';
import type { Change, ObjectStore } from '../store/object-store.ts';
import { edit, toCreate } from '../store/object-writes.ts';
import type { ObjectOf } from '../store/stored-object.ts';
import type { Controller } from './control-loop.ts';
import { type DeploymentStatus, deploymentStatus, progressDeadlineAt } from './deployment-status.ts';
import { controlledBy, controllerOf, ownedBy, splitKey, wakeSelfAndOwner } from './ownership.ts';
import { isActive } from './pod-state.ts';
import type { RecordEvent } from './record-event.ts';
import { newReplicaCount, oldReplicaCounts, type ReplicaCounts, rolloutLimits } from './rollout-arithmetic.ts';
import { templateHash } from './template-hash.ts';

type Deployment = ObjectOf<'Deployment'>;
type ReplicaSet = ObjectOf<'ReplicaSet'>;

const revisionKey = 'deployment.kubernetes.io/revision';
const revisionHistoryKey = 'deployment.kubernetes.io/revision-history';
const desiredKey = 'deployment.kubernetes.io/desired-replicas';
const maxReplicasKey = 'deployment.kubernetes.io/max-replicas';
const hashLabel = 'pod-template-hash';

/** Drives Deployments through their rollouts, as kube-controller-manager's deployment controller does. */
export function createDeploymentController(parts: {
  store: ObjectStore;
  names: Names;
  now: () => number;
  recordEvent: RecordEvent;
}): Controller {
  const { store, names, now, recordEvent } = parts;

  function reconcile(key: string): number | undefined {
    const [namespace, name] = splitKey(key);
    const deployment = store.get('Deployment', namespace, name);
    if (deployment?.spec === undefined || deployment.metadata.deletionTimestamp !== undefined) return undefined;
    const owned = ownedBy(store, 'ReplicaSet', deployment).sort((a, b) => revisionOf(a) - revisionOf(b));
    const found = owned.find((set) => hasTemplateOf(set, deployment));
    const isPaused = deployment.spec.paused === true;
    const created = found === undefined && !isPaused ? createReplicaSet(deployment, owned) : undefined;
    const fresh = found === undefined ? created : isPaused ? found : numberRevision(deployment, found, owned);
    const old = owned.filter((set) => set !== found);

    if (isPaused) scaleOnly(deployment, fresh, old);
    else if (deployment.spec.strategy?.type === 'Recreate') recreate(deployment, fresh, old);
    else roll(deployment, fresh, old);

    writeStatus(deployment, created !== undefined);
    if (!isPaused) forgetOldRevisions(deployment);
    const after = store.get('Deployment', namespace, name);
    return after === undefined ? undefined : progressDeadlineAt(after);
  }

  function createReplicaSet(deployment: Deployment, owned: readonly ReplicaSet[]): ReplicaSet {
    const { namespace = '', name } = deployment.metadata;
    const template = structuredClone(templateOf(deployment));
    const hash = templateHash(template);
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const revision = String(highestRevision(owned) + 1);
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { ...annotationsToCopy(deployment), [revisionKey]: revision, ...replicaAnnotations(deployment) },
        ownerReferences: [controlledBy(deployment)],
      },
      spec: {
        replicas: 0,
        ...(deployment.spec?.minReadySeconds === undefined ? {} : { minReadySeconds: deployment.spec.minReadySeconds }),
        selector: {
          ...deployment.spec?.selector,
          matchLabels: { ...deployment.spec?.selector.matchLabels, [hashLabel]: hash },
        },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
      status: { replicas: 0 },
    };
    const stored = store.insert(
      toCreate(set, { names, nowMs: now(), manager: 'kube-controller-manager' }),
    ) as ReplicaSet;
    setRevision(deployment, revision);
    return stored;
  }

  /** The ReplicaSet of the wanted template is always the newest revision: an undo moves its number up. */
  function numberRevision(deployment: Deployment, set: ReplicaSet, owned: readonly ReplicaSet[]): ReplicaSet {
    const { namespace = '', name } = set.metadata;
    const others = owned.filter((one) => one !== set);
    const previous = revisionOf(set);
    const revision = previous > highestRevision(others) ? previous : highestRevision(others) + 1;
    const numbered = edit(store, 'ReplicaSet', namespace, name, (draft) => {
      const annotations = { ...draft.metadata.annotations, ...annotationsToCopy(deployment) };
      annotations[revisionKey] = String(revision);
      if (revision !== previous && previous > 0) {
        const history = annotations[revisionHistoryKey];
        annotations[revisionHistoryKey] = history === undefined ? String(previous) : `${history},${previous}`;
      }
      draft.metadata.annotations = annotations;
    });
    setRevision(deployment, String(revision));
    return numbered ?? set;
  }

  function setRevision(deployment: Deployment, revision: string): void {
    edit(store, 'Deployment', deployment.metadata.namespace, deployment.metadata.name, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [revisionKey]: revision };
    });
  }

  function roll(deployment: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): void {
    if (fresh === undefined) return;
    const desired = deployment.spec?.replicas ?? 1;
    const limits = limitsOf(deployment);
    const total = [fresh, ...old].reduce((sum, set) => sum + (set.spec?.replicas ?? 0), 0);
    const wanted = newReplicaCount(desired, fresh.spec?.replicas ?? 0, total, limits);
    // One direction per look, as the real controller: what was scaled up is seen before anything is scaled down.
    if (scale(deployment, fresh, wanted)) return;
    const counts = oldReplicaCounts(desired, countsOf(fresh), old.map(countsOf), limits);
    for (const set of old) scale(deployment, set, counts.get(set.metadata.name) ?? 0);
  }

  function recreate(deployment: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): void {
    for (const set of old) scale(deployment, set, 0);
    const oldPods = old.flatMap((set) => ownedBy(store, 'Pod', set));
    const hasOldPods = oldPods.some((pod) => isActive(pod) || pod.metadata.deletionTimestamp !== undefined);
    if (!hasOldPods && fresh !== undefined) scale(deployment, fresh, deployment.spec?.replicas ?? 1);
  }

  /** A paused Deployment still scales: its only ReplicaSet, or the new one by the difference that a rollout left. */
  function scaleOnly(deployment: Deployment, fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): void {
    const desired = deployment.spec?.replicas ?? 1;
    const active = [...old, ...(fresh === undefined ? [] : [fresh])].filter((set) => (set.spec?.replicas ?? 0) > 0);
    const target = active.length === 0 ? (fresh ?? old.at(-1)) : active.at(-1);
    if (target === undefined) return;
    const annotated = Number(target.metadata.annotations?.[desiredKey] ?? desired);
    if (active.length <= 1) scale(deployment, target, desired);
    else if (annotated !== desired)
      scale(deployment, target, Math.max(0, (target.spec?.replicas ?? 0) + desired - annotated));
  }

  function scale(deployment: Deployment, set: ReplicaSet, replicas: number): boolean {
    const before = set.spec?.replicas ?? 0;
    edit(store, 'ReplicaSet', set.metadata.namespace, set.metadata.name, (draft) => {
      if (draft.spec !== undefined) draft.spec.replicas = replicas;
      draft.metadata.annotations = { ...draft.metadata.annotations, ...replicaAnnotations(deployment) };
    });
    if (before === replicas) return false;
    const direction = replicas > before ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
    recordEvent({
      about: deployment,
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message,
      component: 'deployment-controller',
    });
    return true;
  }

  function writeStatus(deployment: Deployment, hasJustCreated: boolean): void {
    const { namespace, name } = deployment.metadata;
    const current = store.get('Deployment', namespace, name);
    if (current === undefined) return;
    const owned = ownedBy(store, 'ReplicaSet', current);
    const fresh = owned.find((set) => hasTemplateOf(set, current));
    const old = owned.filter((set) => set !== fresh);
    const { unavailable } = limitsOf(current);
    const view = { deployment: current, fresh, old, maxUnavailable: unavailable, hasJustCreated, nowMs: now() };
    const status: DeploymentStatus = deploymentStatus(view);
    edit(store, 'Deployment', namespace, name, (draft) => {
      draft.status = status;
    });
  }

  function forgetOldRevisions(deployment: Deployment): void {
    const limit = deployment.spec?.revisionHistoryLimit ?? 10;
    const old = ownedBy(store, 'ReplicaSet', deployment)
      .filter(
        (set) =>
          !hasTemplateOf(set, deployment) && (set.spec?.replicas ?? 0) === 0 && (set.status?.replicas ?? 0) === 0,
      )
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const set of old.slice(0, Math.max(0, old.length - limit))) {
      store.remove('ReplicaSet', set.metadata.namespace, set.metadata.name);
    }
  }

  const wakeOwn = wakeSelfAndOwner('Deployment', 'ReplicaSet');

  /** A Recreate rollout also waits for pods to be gone, which moves no status of their ReplicaSet. */
  function wakes(change: Change): string[] {
    if (change.object.kind !== 'Pod') return wakeOwn(change);
    const set = controllerOf(change.object);
    if (change.type !== 'DELETED' || set?.kind !== 'ReplicaSet') return [];
    const { namespace = '' } = change.object.metadata;
    const owner = store.get('ReplicaSet', namespace, set.name);
    const deployment = owner === undefined ? undefined : controllerOf(owner);
    return deployment === undefined ? [] : [`${namespace}/${deployment.name}`];
  }

  return { name: 'deployment', wakes, reconcile };
}

function templateOf(deployment: Deployment): PodTemplateSpec {
  return deployment.spec?.template ?? {};
}

function hasTemplateOf(set: ReplicaSet, deployment: Deployment): boolean {
  const template = set.spec?.template;
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return isDeepStrictEqual({ ...template, metadata: { ...template?.metadata, labels } }, { ...templateOf(deployment) });
}

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[revisionKey] ?? 0);
}

function highestRevision(sets: readonly ReplicaSet[]): number {
  return Math.max(0, ...sets.map(revisionOf));
}

function countsOf(set: ReplicaSet): ReplicaCounts {
  return { name: set.metadata.name, replicas: set.spec?.replicas ?? 0, available: set.status?.availableReplicas ?? 0 };
}

function limitsOf(deployment: Deployment) {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const desired = deployment.spec?.replicas ?? 1;
  const isRolling = deployment.spec?.strategy?.type !== 'Recreate' && desired > 0;
  return isRolling ? rolloutLimits(desired, maxSurge, maxUnavailable) : { surge: 0, unavailable: 0 };
}

function replicaAnnotations(deployment: Deployment): Record<string, string> {
  const desired = deployment.spec?.replicas ?? 1;
  return { [desiredKey]: String(desired), [maxReplicasKey]: String(desired + limitsOf(deployment).surge) };
}

const neverCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionKey,
  revisionHistoryKey,
  desiredKey,
  maxReplicasKey,
]);

/** A Deployment's annotations travel to its ReplicaSet (`kubernetes.io/change-cause` above all), except those that mean the object itself. */
function annotationsToCopy(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !neverCopied.has(key)),
  );
}
