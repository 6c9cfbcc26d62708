import { isDeepStrictEqual } from 'node:util';
import { withDefaults } from './default-fields.ts';
import type { Names } from './names.ts';
import type { ObjectStore } from './object-store.ts';
import { type KubeObject, type ObjectOf, valueAt } from './stored-object.ts';

export type Subresource = 'status' | undefined;

// Kinds whose metadata.generation the API server keeps (pods since 1.35).
const countsGenerations = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Ingress',
  'Job',
  'NetworkPolicy',
  'Pod',
  'PodDisruptionBudget',
  'ReplicaSet',
  'StatefulSet',
]);
const withoutStatusSubresource = new Set(['ConfigMap', 'Endpoints', 'EndpointSlice', 'Event', 'Secret']);

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

/** A new object as the API server would store it: stamped, defaulted, without what a client may not set. */
export function toCreate(draft: KubeObject, stamp: { names: Names; nowMs: number; manager?: string }): KubeObject {
  const object = withDefaults(structuredClone(draft));
  const { metadata } = object;
  metadata.uid = stamp.names.uid();
  metadata.creationTimestamp ??= timestamp(stamp.nowMs);
  delete metadata.resourceVersion;
  delete metadata.generation;
  if (countsGenerations.has(object.kind)) metadata.generation = 1;
  return managedBy(object, stamp);
}

/**
 * The next state of an object after a write to it or to its status subresource.
 *
 * A write to the object cannot change its status, one to the status cannot change anything else; the generation moves with the spec only.
 */
export function toUpdate(
  before: KubeObject,
  draft: KubeObject,
  stamp: { subresource: Subresource; nowMs: number; manager?: string },
): KubeObject {
  const object = structuredClone(stamp.subresource === 'status' ? { ...before, status: draft.status } : draft);
  if (stamp.subresource === undefined && !withoutStatusSubresource.has(before.kind)) {
    if (before.status === undefined) delete object.status;
    else object.status = structuredClone(before.status);
  }
  const next = withDefaults(object);
  const { generation } = before.metadata;
  if (generation !== undefined) {
    next.metadata.generation = isDeepStrictEqual(before.spec, next.spec) ? generation : generation + 1;
  }
  return managedBy(next, stamp);
}

/**
 * Changes a stored object in place for a controller: `change` gets a copy, the result is stored. Nothing happens when the object is gone.
 *
 * Both halves are written at once; a controller that changes the spec moves the generation like any other client.
 */
export function edit<K extends string>(
  store: ObjectStore,
  kind: K,
  namespace: string | undefined,
  name: string,
  change: (draft: ObjectOf<K>) => void,
): ObjectOf<K> | undefined {
  const before = store.get(kind, namespace, name);
  if (before === undefined) return undefined;
  const draft = structuredClone(before);
  change(draft);
  const { generation } = before.metadata;
  // A controller's only change to a pod's spec is the binding to a node, which does not count as one.
  const counts = generation !== undefined && kind !== 'Pod';
  if (counts && !isDeepStrictEqual(valueAt(before, 'spec'), valueAt(draft, 'spec'))) {
    draft.metadata.generation = generation + 1;
  }
  // What is stored under `kind` is of that kind.
  return store.replace(draft) as ObjectOf<K>;
}

function managedBy(
  object: KubeObject,
  stamp: { nowMs: number; manager?: string; subresource?: Subresource },
): KubeObject {
  const { manager, subresource } = stamp;
  if (manager === undefined) return object;
  const others = (object.metadata.managedFields ?? []).filter(
    (entry) => entry.manager !== manager || entry.subresource !== subresource,
  );
  const entry = {
    manager,
    operation: 'Update',
    apiVersion: object.apiVersion,
    time: timestamp(stamp.nowMs),
    fieldsType: 'FieldsV1',
    fieldsV1: {},
    ...(subresource === undefined ? {} : { subresource }),
  };
  object.metadata.managedFields = [...others, entry];
  return object;
}
