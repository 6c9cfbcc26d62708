import { deleteObject } from '../store/delete-object.ts';
import type { Names } from '../store/names.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { edit } from '../store/object-writes.ts';
import type { Controller } from './control-loop.ts';
import { keyOf, ownedBy, splitKey, wakeSelfAndOwner } from './ownership.ts';
import { isReady, podFromTemplate } from './pod-state.ts';
import { templateHash } from './template-hash.ts';

const revisionLabel = 'controller-revision-hash';

/** DaemonSets: one pod per node that its node selector matches, replaced one at a time. Keeps no ControllerRevisions. */
export function createDaemonSetController(parts: { store: ObjectStore; names: Names; now: () => number }): Controller {
  const { store, names, now } = parts;
  const wakeOwn = wakeSelfAndOwner('DaemonSet', 'Pod');

  function reconcile(key: string): undefined {
    const [namespace, name] = splitKey(key);
    const set = store.get('DaemonSet', namespace, name);
    if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const { template } = set.spec;
    const hash = templateHash(template);
    const selector = Object.entries(template.spec?.nodeSelector ?? {});
    const nodes = store
      .list('Node')
      .filter((node) => selector.every(([label, value]) => node.metadata.labels?.[label] === value));
    const pods = ownedBy(store, 'Pod', set);
    for (const { metadata } of nodes) {
      if (pods.some((pod) => pod.spec?.nodeName === metadata.name)) continue;
      const generateName = `${name}-`;
      const identity = {
        name: generateName + names.suffix(5),
        generateName,
        labels: { [revisionLabel]: hash },
        nodeName: metadata.name,
      };
      store.insert(podFromTemplate(set, template, identity, { names, nowMs: now() }));
    }
    const misplaced = pods.filter((pod) => !nodes.some((node) => node.metadata.name === pod.spec?.nodeName));
    const isBusy = pods.some((pod) => !isReady(pod) || pod.metadata.deletionTimestamp !== undefined);
    const outdated = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] !== hash);
    const broken = outdated.find((pod) => !isReady(pod));
    const next =
      set.spec.updateStrategy?.type === 'OnDelete' ? undefined : (broken ?? (isBusy ? undefined : outdated[0]));
    for (const pod of [...misplaced, ...(next === undefined ? [] : [next])]) deleteObject(store, pod, { nowMs: now() });

    const after = ownedBy(store, 'Pod', set);
    const ready = after.filter(isReady).length;
    edit(store, 'DaemonSet', namespace, name, (draft) => {
      draft.status = {
        currentNumberScheduled: after.length,
        desiredNumberScheduled: nodes.length,
        numberMisscheduled: misplaced.length,
        numberReady: ready,
        ...(ready === 0 ? {} : { numberAvailable: ready }),
        ...(nodes.length === ready ? {} : { numberUnavailable: nodes.length - ready }),
        updatedNumberScheduled: after.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length,
        observedGeneration: draft.metadata.generation ?? 1,
      };
    });
  }

  return {
    name: 'daemonset',
    wakes: (change) => (change.object.kind === 'Node' ? store.list('DaemonSet').map(keyOf) : wakeOwn(change)),
    reconcile,
  };
}
