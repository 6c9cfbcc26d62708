import { deleteObject } from '../store/delete-object.ts';
import type { Names } from '../store/names.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { edit } from '../store/object-writes.ts';
import type { Controller } from './control-loop.ts';
import { ownedBy, splitKey, wakeSelfAndOwner } from './ownership.ts';
import { isReady, podFromTemplate } from './pod-state.ts';
import { templateHash } from './template-hash.ts';

const revisionLabel = 'controller-revision-hash';

/** StatefulSets: ordered names, one pod at a time, updates from the highest ordinal down. Keeps no ControllerRevisions. */
export function createStatefulSetController(parts: {
  store: ObjectStore;
  names: Names;
  now: () => number;
}): Controller {
  const { store, names, now } = parts;

  function reconcile(key: string): undefined {
    const [namespace, name] = splitKey(key);
    const set = store.get('StatefulSet', namespace, name);
    if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const desired = set.spec.replicas ?? 1;
    const updateRevision = `${name}-${templateHash(set.spec.template)}`;
    const pods = ownedBy(store, 'Pod', set);
    const ordinalOf = (podName: string): number => Number(podName.slice(name.length + 1));
    const inOrder = pods.toSorted((a, b) => ordinalOf(a.metadata.name) - ordinalOf(b.metadata.name));
    const isBusy = inOrder.some((pod) => !isReady(pod) || pod.metadata.deletionTimestamp !== undefined);
    const outdated = inOrder.filter((pod) => pod.metadata.labels?.[revisionLabel] !== updateRevision);
    const missing = Array.from({ length: desired }, (_, ordinal) => `${name}-${ordinal}`).find(
      (podName) => !pods.some((pod) => pod.metadata.name === podName),
    );
    const surplus = inOrder.findLast((pod) => ordinalOf(pod.metadata.name) >= desired);
    const broken = outdated.findLast((pod) => !isReady(pod) && pod.metadata.deletionTimestamp === undefined);
    if (surplus !== undefined) deleteObject(store, surplus, { nowMs: now() });
    else if (missing !== undefined && (!isBusy || set.spec.podManagementPolicy === 'Parallel')) {
      const labels = { [revisionLabel]: updateRevision, 'statefulset.kubernetes.io/pod-name': missing };
      store.insert(podFromTemplate(set, set.spec.template, { name: missing, labels }, { names, nowMs: now() }));
    } else if (set.spec.updateStrategy?.type !== 'OnDelete') {
      // A pod of an old revision that is not ready is replaced at once: it would never let the update go on.
      const next = broken ?? (isBusy ? undefined : outdated.at(-1));
      if (next !== undefined) deleteObject(store, next, { nowMs: now() });
    }
    const after = ownedBy(store, 'Pod', set);
    const updated = after.filter((pod) => pod.metadata.labels?.[revisionLabel] === updateRevision).length;
    const ready = after.filter(isReady).length;
    edit(store, 'StatefulSet', namespace, name, (draft) => {
      const isComplete = updated === desired && after.length === desired;
      draft.status = {
        observedGeneration: draft.metadata.generation ?? 1,
        replicas: after.length,
        readyReplicas: ready,
        availableReplicas: ready,
        currentReplicas: isComplete ? updated : after.length - updated,
        updatedReplicas: updated,
        currentRevision: isComplete ? updateRevision : (draft.status?.currentRevision ?? updateRevision),
        updateRevision,
        collisionCount: 0,
      };
    });
  }

  return { name: 'statefulset', wakes: wakeSelfAndOwner('StatefulSet', 'Pod'), reconcile };
}
