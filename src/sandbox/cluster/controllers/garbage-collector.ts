import { deleteObject } from '../store/delete-object.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Controller } from './control-loop.ts';

/** Deletes what a deleted owner or namespace leaves behind. */
export function createGarbageCollector(parts: {
  store: ObjectStore;
  now: () => number;
  kinds: readonly string[];
}): Controller {
  const { store, now, kinds } = parts;

  function reconcile(key: string): undefined {
    const [what, value = ''] = key.split('=');
    for (const kind of kinds) {
      const dependents =
        what === 'owner'
          ? store.list(kind).filter(({ metadata }) => isOrphanOf(metadata.ownerReferences, value))
          : store.list(kind, value).filter(({ metadata }) => metadata.namespace === value);
      for (const object of dependents) deleteObject(store, object, { nowMs: now() });
    }
  }

  return {
    name: 'garbage-collector',
    wakes: ({ object, type }) => {
      if (type !== 'DELETED') return [];
      return object.kind === 'Namespace'
        ? [`namespace=${object.metadata.name}`]
        : [`owner=${object.metadata.uid ?? ''}`];
    },
    reconcile,
  };
}

/** Whether that owner was the only one. */
function isOrphanOf(owners: readonly { uid: string }[] = [], uid: string): boolean {
  return owners.length > 0 && owners.every((owner) => owner.uid === uid);
}
