import type { ObjectStore } from './object-store.ts';
import { timestamp } from './object-writes.ts';
import type { KubeObject, ObjectOf } from './stored-object.ts';

/**
 * Deletes as the API server does: a pod on a node is only marked, and its kubelet removes it after the processes have stopped; anything else
 * is gone at once and the garbage collector takes what it owned. `graceSeconds` 0 removes a pod at once.
 *
 * @returns the object as the client sees it: the marked pod, or the last state.
 */
export function deleteObject(
  store: ObjectStore,
  object: KubeObject,
  options: { nowMs: number; graceSeconds?: number },
): KubeObject {
  const { kind, metadata } = object;
  const marked = markedForDeletion(object, options);
  if (marked === undefined) return store.remove(kind, metadata.namespace, metadata.name) ?? object;
  return metadata.deletionTimestamp === undefined ? store.replace(marked) : object;
}

/** The pod with its deletion mark, or undefined when the object goes at once. */
export function markedForDeletion(
  object: KubeObject,
  options: { nowMs: number; graceSeconds?: number },
): KubeObject | undefined {
  if (object.kind !== 'Pod') return undefined;
  const pod = object as ObjectOf<'Pod'>;
  const graceSeconds = options.graceSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  if (pod.spec?.nodeName === undefined || graceSeconds === 0) return undefined;
  const metadata = {
    ...pod.metadata,
    deletionTimestamp: timestamp(options.nowMs + graceSeconds * 1000),
    deletionGracePeriodSeconds: graceSeconds,
  };
  return { ...object, metadata };
}
