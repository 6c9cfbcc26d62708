import { deleteObject } from '../store/delete-object.ts';
import type { Names } from '../store/names.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { edit } from '../store/object-writes.ts';
import { selects } from '../store/selectors.ts';
import type { ObjectOf } from '../store/stored-object.ts';
import type { Controller } from './control-loop.ts';
import { ownedBy, splitKey, wakeSelfAndOwner } from './ownership.ts';
import { availableFrom, isActive, isReady, podFromTemplate, restartsOf } from './pod-state.ts';
import type { RecordEvent } from './record-event.ts';

type Pod = ObjectOf<'Pod'>;
type ReplicaSet = ObjectOf<'ReplicaSet'>;

/** Keeps the wanted number of pods per ReplicaSet. */
export function createReplicaSetController(parts: {
  store: ObjectStore;
  names: Names;
  now: () => number;
  recordEvent: RecordEvent;
}): Controller {
  const { store, names, now, recordEvent } = parts;

  function reconcile(key: string): number | undefined {
    const set = store.get('ReplicaSet', ...splitKey(key));
    if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
    const pods = activePods(set);
    const surplus = pods.length - (set.spec.replicas ?? 1);
    for (let missing = -surplus; missing > 0; missing -= 1) createPod(set);
    for (const pod of [...pods].sort(byExpendability).slice(0, Math.max(0, surplus))) deletePod(set, pod);
    return writeStatus(set);
  }

  const activePods = (set: ReplicaSet): Pod[] => ownedBy(store, 'Pod', set).filter(isActive);

  function createPod(set: ReplicaSet): void {
    const generateName = `${set.metadata.name}-`;
    const identity = { name: `${generateName}${names.suffix(5)}`, generateName };
    const pod = podFromTemplate(set, set.spec?.template ?? {}, identity, { names, nowMs: now() });
    store.insert(pod);
    const message = `Created pod: ${identity.name}`;
    recordEvent({
      about: set,
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message,
      component: 'replicaset-controller',
    });
  }

  function deletePod(set: ReplicaSet, pod: Pod): void {
    deleteObject(store, pod, { nowMs: now() });
    const message = `Deleted pod: ${pod.metadata.name}`;
    recordEvent({
      about: set,
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message,
      component: 'replicaset-controller',
    });
  }

  function writeStatus(set: ReplicaSet): number | undefined {
    const minReadySeconds = set.spec?.minReadySeconds ?? 0;
    const pods = activePods(set);
    const ready = pods.filter(isReady).length;
    const instants = pods.flatMap((pod) => availableFrom(pod, minReadySeconds) ?? []);
    const available = instants.filter((instant) => instant <= now()).length;
    const labelled = pods.filter((pod) =>
      selects({ matchLabels: set.spec?.template?.metadata?.labels ?? {} }, pod.metadata.labels),
    ).length;
    edit(store, 'ReplicaSet', set.metadata.namespace, set.metadata.name, (draft) => {
      draft.status = {
        replicas: pods.length,
        ...(labelled === 0 ? {} : { fullyLabeledReplicas: labelled }),
        ...(ready === 0 ? {} : { readyReplicas: ready }),
        ...(available === 0 ? {} : { availableReplicas: available }),
        observedGeneration: draft.metadata.generation ?? 1,
      };
    });
    const coming = instants.filter((instant) => instant > now());
    return coming.length === 0 ? undefined : Math.min(...coming);
  }

  return { name: 'replicaset', wakes: wakeSelfAndOwner('ReplicaSet', 'Pod'), reconcile };
}

/** Who goes first (ActivePodsWithRanks of Kubernetes): without a node, pending, not ready, most restarts, youngest. */
function byExpendability(a: Pod, b: Pod): number {
  return (
    Number(a.spec?.nodeName !== undefined) - Number(b.spec?.nodeName !== undefined) ||
    Number(a.status?.phase === 'Running') - Number(b.status?.phase === 'Running') ||
    Number(isReady(a)) - Number(isReady(b)) ||
    restartsOf(b) - restartsOf(a) ||
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '')
  );
}
