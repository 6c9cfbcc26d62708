import type { OwnerReference } from 'kubernetes-types/meta/v1.js';
import type { Change, ObjectStore } from '../store/object-store.ts';
import type { KubeObject, ObjectOf } from '../store/stored-object.ts';

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function controlledBy(owner: KubeObject): OwnerReference {
  const { name, uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function ownedBy<K extends string>(store: ObjectStore, kind: K, owner: KubeObject): ObjectOf<K>[] {
  return store
    .list(kind, owner.metadata.namespace)
    .filter((object) => controllerOf(object)?.uid === owner.metadata.uid);
}

export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

export function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Wakes for the kind itself, and for objects of `dependents` that one of that kind controls. */
export function wakeSelfAndOwner(kind: string, dependents: string) {
  return ({ object }: Change): string[] => {
    if (object.kind === kind) return [keyOf(object)];
    if (object.kind !== dependents) return [];
    const owner = controllerOf(object);
    return owner?.kind === kind ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
  };
}
