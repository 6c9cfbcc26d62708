import { type ClusterEvent, readEvent } from './cluster-event.ts';
import { groupOf, type KnownKind, knownKindNames, typeOfKind } from './kinds.ts';
import type { ObjectRef, WireObject } from './object.ts';
import { matchesLabelMap, matchesLabelSelector } from './selector.ts';
import { at, parseTime, textAt } from './wire.ts';

/** The log text of one container, as far as it was read. `at` is when it was read (milliseconds). */
export type ContainerLog = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  readonly text: string;
  readonly at: number;
};

/** What a view can hold. Secrets are there as metadata alone, and only where an operator has opted in: no list or name asks a cluster for one. */
export type ViewedKind = KnownKind | 'Secret';

/** Who owns an object: the reference always, the object itself when it is in the view and is the very one that was referred to. */
type Owner = { readonly ref: ObjectRef; readonly uid: string; readonly object: WireObject | undefined };

/**
 * Objects of a cluster as wire JSON, indexed, at about one time. It holds what was read: that something is not here does not mean
 * that it does not exist. All lists keep the order in which the objects were given.
 */
export interface ClusterView {
  list(kind: ViewedKind, namespace?: string): readonly WireObject[];
  get(ref: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string | undefined;
    readonly name: string;
  }): WireObject | undefined;
  byUid(uid: string): WireObject | undefined;
  /** The owner that manages the object (`controller: true`). An object of the same name with another uid is not it. */
  controllerOf(object: WireObject): Owner | undefined;
  /** From the object's controller up to the last one known. A cycle ends the walk. */
  ownersOf(object: WireObject): readonly Owner[];
  /** Objects of a kind whose controller is this one. */
  controlledBy(owner: WireObject, kind: KnownKind): readonly WireObject[];
  /** Pods a workload runs: controlled by it (for a Deployment through its ReplicaSets, for a CronJob through its Jobs), and matched by its selector where it has one. For a Service: what its selector matches. */
  podsOf(workload: WireObject): readonly WireObject[];
  nodeOf(pod: WireObject): WireObject | undefined;
  /** Events about this very object, by uid. Where an event names no uid, by name, and only if it is not older than the object. */
  eventsAbout(object: WireObject): readonly ClusterEvent[];
  logOf(pod: WireObject, container: string, which: 'current' | 'previous'): ContainerLog | undefined;
  /** All logs that were read, in the order they were given. */
  readonly logs: readonly ContainerLog[];
  /**
   * Whether every object of a kind (in one namespace, or everywhere) was read: only then does "not in the view" mean "does not exist".
   * Pods of a large cluster are triaged first, and those that are well are not read whole: then this is false for pods.
   */
  hasAll(kind: ViewedKind, namespace?: string): boolean;
  /** Whether every pod that a node runs was read: then the sum of their requests can be trusted. */
  hasAllPodsOn(node: string): boolean;
  /** Objects that were seen only as the line that kubectl prints, because that line says that they are well (or there were too many that are not). */
  triaged(kind: KnownKind, namespace?: string): readonly TriagedObject[];
  readonly size: number;
}

/**
 * A list that was read to its end: all objects of a kind in a namespace, or everywhere. `within`: everywhere, but only these namespaces were looked at at all (a
 * capture of some namespaces). `node`: all pods on that node.
 */
export type WholeList = {
  readonly kind: ViewedKind;
  readonly namespace?: string | undefined;
  readonly within?: ReadonlySet<string> | undefined;
  readonly node?: string | undefined;
};

/** An object known by its printed line. `namespace` is absent where a table over all namespaces was read, since its lines do not say. */
export type TriagedObject = {
  readonly kind: KnownKind;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly isWell: boolean;
  /** What the line says of its state: `0/1 CrashLoopBackOff`. */
  readonly printed: string;
};

/** Builds the index: O(objects). An object given twice (two overlapping reads) counts once, the later one. */
export function createClusterView(
  objects: readonly WireObject[],
  logs: readonly ContainerLog[] = [],
  wholeLists: readonly WholeList[] = [],
  triaged: readonly TriagedObject[] = [],
): ClusterView {
  const whole = new Map(
    wholeLists
      .filter(({ node }) => node === undefined)
      .map(({ kind, namespace, within }) => [wholeKey(kind, namespace), within]),
  );
  const wholeNodes = new Set(
    wholeLists.flatMap(({ kind, node }) => (kind === 'Pod' && node !== undefined ? [node] : [])),
  );
  const hasAll = (kind: ViewedKind, namespace?: string): boolean => {
    if (namespace !== undefined && whole.has(wholeKey(kind, namespace))) return true;
    const everywhere = wholeKey(kind, undefined);
    if (!whole.has(everywhere)) return false;
    const within = whole.get(everywhere);
    return within === undefined || namespace === undefined || within.has(namespace);
  };
  const byKey = new Map<string, WireObject>();
  for (const object of objects) byKey.set(keyOf(object.apiVersion, object.kind, object.metadata), object);
  const byKind = new Map<string, WireObject[]>();
  const byUid = new Map<string, WireObject>();
  const byControllerUid = new Map<string, WireObject[]>();
  for (const object of byKey.values()) {
    push(byKind, kindKey(object.apiVersion, object.kind), object);
    if (object.metadata.uid !== undefined) byUid.set(object.metadata.uid, object);
    const controller = controllerReference(object);
    if (controller !== undefined) push(byControllerUid, controller.uid, object);
  }
  const events = indexEvents([...(byKind.get('/Event') ?? []), ...(byKind.get('events.k8s.io/Event') ?? [])]);
  const logByKey = new Map(logs.map((log) => [logKey(log.namespace, log.pod, log.container, log.previous), log]));

  // Rules ask for the pods of a namespace once for every Service, and for thousands of Services.
  const byNamespace = new Map<ViewedKind, ReadonlyMap<string, readonly WireObject[]>>();
  const inNamespace = (kind: ViewedKind, found: readonly WireObject[], namespace: string): readonly WireObject[] => {
    const known = byNamespace.get(kind);
    if (known !== undefined) return known.get(namespace) ?? [];
    const groups = new Map<string, WireObject[]>();
    for (const object of found)
      if (object.metadata.namespace !== undefined) push(groups, object.metadata.namespace, object);
    byNamespace.set(kind, groups);
    return groups.get(namespace) ?? [];
  };

  const view: ClusterView = {
    size: byKey.size,
    logs,
    hasAll,
    hasAllPodsOn: (node) => wholeNodes.has(node) || hasAll('Pod'),
    triaged: (kind, namespace) =>
      triaged.filter(
        (row) =>
          row.kind === kind && (namespace === undefined || row.namespace === undefined || row.namespace === namespace),
      ),
    list(kind, namespace) {
      const found = byKind.get(kindKeys.get(kind) ?? '') ?? [];
      return namespace === undefined ? found : inNamespace(kind, found, namespace);
    },
    get: (ref) => byKey.get(keyOf(ref.apiVersion, ref.kind, ref)),
    byUid: (uid) => byUid.get(uid),
    controllerOf(object) {
      const reference = controllerReference(object);
      if (reference === undefined) return undefined;
      const { apiVersion, kind, name, uid } = reference;
      const { namespace } = object.metadata;
      const named =
        byKey.get(keyOf(apiVersion, kind, { namespace, name })) ?? byKey.get(keyOf(apiVersion, kind, { name }));
      const same = named !== undefined && (named.metadata.uid === undefined || named.metadata.uid === uid);
      const ref: ObjectRef =
        namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
      return { ref, uid, object: byUid.get(uid) ?? (same ? named : undefined) };
    },
    ownersOf(object) {
      const owners: Owner[] = [];
      const seen = new Set<string>();
      let current: WireObject | undefined = object;
      while (current !== undefined) {
        const owner = view.controllerOf(current);
        if (owner === undefined || seen.has(owner.uid)) break;
        seen.add(owner.uid);
        owners.push(owner);
        current = owner.object;
      }
      return owners;
    },
    controlledBy(owner, kind) {
      const { uid } = owner.metadata;
      if (uid === undefined) return [];
      return (byControllerUid.get(uid) ?? []).filter((object) => object.kind === kind);
    },
    podsOf(workload) {
      if (workload.kind === 'Service') {
        const selector = at(workload, 'spec', 'selector');
        return view
          .list('Pod', workload.metadata.namespace)
          .filter((pod) => matchesLabelMap(selector, pod.metadata.labels ?? {}));
      }
      const between = betweenKind(workload.kind);
      const controllers = between === undefined ? [workload] : view.controlledBy(workload, between);
      const pods = controllers.flatMap((controller) => view.controlledBy(controller, 'Pod'));
      const selector = at(workload, 'spec', 'selector');
      // Orphaned or relabelled pods keep their owner until the controller lets go of them: both must agree.
      return selector === undefined
        ? pods
        : pods.filter((pod) => matchesLabelSelector(selector, pod.metadata.labels ?? {}));
    },
    nodeOf(pod) {
      const name = textAt(pod, 'spec', 'nodeName');
      return name === undefined ? undefined : byKey.get(keyOf('v1', 'Node', { name }));
    },
    eventsAbout(object) {
      const { uid, creationTimestamp } = object.metadata;
      // The kubelet names its own node by the name where others write the uid.
      const byNodeName =
        object.kind === 'Node' && uid !== object.metadata.name ? (events.byUid.get(object.metadata.name) ?? []) : [];
      const sure = [
        ...(uid === undefined ? [] : (events.byUid.get(uid) ?? [])),
        ...byNodeName.filter(({ about }) => about.kind === 'Node'),
      ];
      const created = parseTime(creationTimestamp);
      const named = events.byName.get(eventNameKey(object.kind, object.metadata.namespace, object.metadata.name)) ?? [];
      return [
        ...sure,
        ...named.filter((event) => created !== undefined && event.first !== undefined && event.first >= created),
      ];
    },
    logOf(pod, container, which) {
      return logByKey.get(logKey(pod.metadata.namespace ?? '', pod.metadata.name, container, which === 'previous'));
    },
  };
  return view;
}

function wholeKey(kind: ViewedKind, namespace: string | undefined): string {
  return `${kind}/${namespace ?? '*'}`;
}

function betweenKind(kind: string): 'ReplicaSet' | 'Job' | undefined {
  if (kind === 'Deployment') return 'ReplicaSet';
  return kind === 'CronJob' ? 'Job' : undefined;
}

function controllerReference(object: WireObject) {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

function indexEvents(objects: readonly WireObject[]) {
  const byUid = new Map<string, ClusterEvent[]>();
  const byName = new Map<string, ClusterEvent[]>();
  for (const object of objects) {
    const event = readEvent(object);
    if (event === undefined) continue;
    if (event.about.uid !== undefined) push(byUid, event.about.uid, event);
    else push(byName, eventNameKey(event.about.kind, event.about.namespace, event.about.name), event);
  }
  return { byUid, byName };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const kindKeys: ReadonlyMap<ViewedKind, string> = new Map<ViewedKind, string>([
  ...knownKindNames.map((kind) => [kind, kindKey(typeOfKind(kind).apiVersion, kind)] as const),
  ['Secret', kindKey('v1', 'Secret')],
]);

function kindKey(apiVersion: string, kind: string): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

// The version is left out: the same object may be read as apps/v1 and be referred to as apps/v1beta2.
function keyOf(
  apiVersion: string,
  kind: string,
  named: { readonly namespace?: string | undefined; readonly name: string },
): string {
  return `${kindKey(apiVersion, kind)}/${named.namespace ?? ''}/${named.name}`;
}

function eventNameKey(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

function logKey(namespace: string, pod: string, container: string, previous: boolean): string {
  return `${namespace}/${pod}/${container}/${previous ? 'previous' : 'current'}`;
}
