import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectOf } from './stored-object.ts';

/** One stored change. `previous` is absent for ADDED; for DELETED `object` is the last state with the revision of the deletion. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
};

export type StoreDump = { readonly revision: number; readonly objects: readonly KubeObject[] };

/**
 * What etcd is to a real cluster: objects by kind, namespace and name, one revision counter, and a bounded history for watches.
 *
 * Objects handed out are frozen: change a copy and `replace` it. Nothing here validates; that is the API's work.
 */
export type ObjectStore = {
  get<K extends string>(kind: K, namespace: string | undefined, name: string): ObjectOf<K> | undefined;
  /** Sorted by namespace, then name, as etcd's keys are. */
  list<K extends string>(kind: K, namespace?: string): ObjectOf<K>[];
  /** @throws when an object of that name exists: callers look first. */
  insert(object: KubeObject): KubeObject;
  /** Stores a new state under the next revision; a state equal to the stored one changes nothing, as in etcd3 storage. */
  replace(object: KubeObject): KubeObject;
  remove(kind: string, namespace: string | undefined, name: string): KubeObject | undefined;
  revision(): number;
  /** The objects of a kind as they were at a revision, rebuilt from the history. */
  listAt(kind: string, revision: number): KubeObject[] | 'expired';
  changesSince(kind: string, revision: number): Change[] | 'expired';
  subscribe(listener: (change: Change) => void): () => void;
  dump(): StoreDump;
  /** Replaces everything. The history starts anew, so older watches are expired. */
  load(dump: StoreDump): void;
};

export function createObjectStore(options: { historySize?: number } = {}): ObjectStore {
  const historySize = options.historySize ?? 4096;
  const kinds = new Map<string, Map<string, KubeObject>>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let revision = 1;
  let compactedAt = 1;

  const objectsOf = (kind: string): Map<string, KubeObject> => {
    const objects = kinds.get(kind) ?? new Map<string, KubeObject>();
    kinds.set(kind, objects);
    return objects;
  };

  function record(change: Change): void {
    history.push(change);
    // Compacting in halves keeps the cost of a write constant on average.
    if (history.length > historySize * 2) {
      history = history.slice(-historySize);
      compactedAt = (history[0]?.revision ?? revision) - 1;
    }
    for (const listener of [...listeners]) listener(change);
  }

  function stamped(object: KubeObject): KubeObject {
    revision += 1;
    const copy = structuredClone(object);
    copy.metadata.resourceVersion = String(revision);
    return deepFreeze(copy);
  }

  return {
    // The maps are keyed by kind, so what is stored under a kind has that kind's type.
    get: (kind, namespace, name) => objectsOf(kind).get(keyOf(namespace, name)) as ObjectOf<typeof kind> | undefined,
    list(kind, namespace) {
      const prefix = namespace === undefined ? '' : `${namespace}/`;
      const found = [...objectsOf(kind)].filter(([key]) => key.startsWith(prefix)).sort(byKey);
      return found.map(([, object]) => object as ObjectOf<typeof kind>);
    },
    insert(object) {
      const objects = objectsOf(object.kind);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      if (objects.has(key)) throw new Error(`${object.kind} ${key} is already stored`);
      const stored = stamped(object);
      objects.set(key, stored);
      record({ type: 'ADDED', revision, object: stored });
      return stored;
    },
    replace(object) {
      const objects = objectsOf(object.kind);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const previous = objects.get(key);
      if (previous === undefined) throw new Error(`${object.kind} ${key} is not stored`);
      if (isDeepStrictEqual(comparable(previous), comparable(object))) return previous;
      const stored = stamped(object);
      objects.set(key, stored);
      record({ type: 'MODIFIED', revision, object: stored, previous });
      return stored;
    },
    remove(kind, namespace, name) {
      const objects = objectsOf(kind);
      const previous = objects.get(keyOf(namespace, name));
      if (previous === undefined) return undefined;
      objects.delete(keyOf(namespace, name));
      const last = stamped(previous);
      record({ type: 'DELETED', revision, object: last, previous });
      return last;
    },
    revision: () => revision,
    listAt(kind, at) {
      if (at < compactedAt) return 'expired';
      const objects = new Map(objectsOf(kind));
      for (const change of history.toReversed()) {
        if (change.revision <= at) break;
        if (change.object.kind !== kind) continue;
        const key = keyOf(change.object.metadata.namespace, change.object.metadata.name);
        if (change.previous === undefined) objects.delete(key);
        else objects.set(key, change.previous);
      }
      return [...objects].sort(byKey).map(([, object]) => object);
    },
    changesSince(kind, from) {
      if (from < compactedAt) return 'expired';
      return history.filter((change) => change.revision > from && change.object.kind === kind);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dump: () => ({ revision, objects: [...kinds.values()].flatMap((objects) => [...objects.values()]) }),
    load(dump) {
      kinds.clear();
      history = [];
      // A gap, so that no revision handed out before the load is ever given to another state.
      revision = Math.max(revision, dump.revision) + 1;
      compactedAt = revision;
      for (const object of dump.objects) {
        const frozen = deepFreeze(structuredClone(object));
        objectsOf(object.kind).set(keyOf(object.metadata.namespace, object.metadata.name), frozen);
      }
    },
  };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Without the fields that move by themselves when a write changes nothing else. */
function comparable(object: KubeObject): KubeObject {
  const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
