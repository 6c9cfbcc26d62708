import type { ClusterView, ViewedKind } from '../cluster/cluster-view.ts';
import { isKnownKind, type KnownKind, knownKindNames, typeOfKind } from '../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../cluster/object.ts';
import { matchesLabelMap } from '../cluster/selector.ts';
import { serviceSelectorOf } from '../cluster/service.ts';
import { type Link, refKey, type Topology } from '../cluster/topology.ts';
import { at, stringsAt, textAt } from '../cluster/wire.ts';
import type { ScopeView } from './analysis.ts';

const workloadKinds: readonly KnownKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'];
const madeKinds: readonly KnownKind[] = ['ReplicaSet', 'Job'];
/** Kinds whose pods stay, so that a Service may lead to them. */
const lastingKinds: readonly KnownKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'];

/** How many calls from one workload to another are followed: what my dependency's dependency suffers is still my trouble. */
const maxCalls = 3;
/** What holds for every workload, wherever it runs, is looked at for every question. Distance: further than anything connected. */
export const commonDistance = 6;
const systemNamespace = 'kube-system';
const commonKinds: ReadonlySet<string> = new Set([
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'APIService',
  'ComponentStatus',
]);
/** Bounds and guards of a namespace act on all its workloads; Services and autoscalers that are attached to nothing may be meant for any of them. */
const namespaceKinds: readonly KnownKind[] = ['ResourceQuota', 'LimitRange'];
/** An entry that routes to a Service which is not there may have meant any of the namespace. */
const entryKinds: readonly KnownKind[] = ['Ingress', 'HTTPRoute'];
const maybeLostKinds: readonly KnownKind[] = ['Service', 'HorizontalPodAutoscaler', 'PodDisruptionBudget'];

/**
 * The objects a question is about. Of a namespace: everything in it, the nodes and volumes it uses, and what is common to all. Of one object: what it
 * needs and what needs it, through the topology. A neighbour that merely lives in the same namespace is not among them: its trouble is not the answer.
 *
 * Undefined when the object was not read.
 */
export function scopeViewOf(
  view: ClusterView,
  topology: Topology,
  scope: { readonly namespace?: string | undefined; readonly object?: ObjectRef | undefined },
): ScopeView | undefined {
  const { object } = scope;
  if (object === undefined || object.kind === 'Namespace') {
    const namespace = object?.name ?? scope.namespace;
    return namespace === undefined ? everything(view) : wholeNamespace(view, topology, namespace);
  }
  const found = view.get(object);
  if (found === undefined && !(object.kind === 'Node' && podsOnNode(view, object.name).length > 0)) return undefined;
  return connected(view, topology, found === undefined ? object : refOf(found));
}

function everything(view: ClusterView): ScopeView {
  return scopeOf(view, () => 0, {});
}

function wholeNamespace(view: ClusterView, topology: Topology, namespace: string): ScopeView {
  const distances = new Map<string, number>();
  for (const kind of knownKindNames) {
    if (!typeOfKind(kind).namespaced) continue;
    for (const object of view.list(kind, namespace)) distances.set(refKey(refOf(object)), 0);
  }
  for (const secret of view.list('Secret', namespace)) distances.set(refKey(refOf(secret)), 0);
  distances.set(refKey({ kind: 'Namespace', name: namespace }), 0);
  // Nodes, volumes, classes and the Services of others that the namespace calls; not the others' pods on the same nodes.
  for (const kind of knownKindNames) {
    if (!typeOfKind(kind).namespaced) continue;
    for (const object of view.list(kind, namespace)) spread(view, topology, refOf(object), distances, 0);
  }
  return withCommon(view, distances, { namespace });
}

function connected(view: ClusterView, topology: Topology, asked: ObjectRef): ScopeView {
  const distances = new Map<string, number>([[refKey(asked), 0]]);
  if (asked.kind === 'Node') {
    for (const pod of podsOnNode(view, asked.name)) {
      distances.set(refKey(refOf(pod)), 1);
      for (const { ref } of view.ownersOf(pod)) distances.set(refKey(ref), 1);
      // What keeps a node from being drained, and the volumes that hang on it.
      for (const { from, by } of topology.neededBy(refOf(pod))) if (by === 'guards') setNearer(distances, from, 2);
      for (const { to, by } of topology.needs(refOf(pod))) if (by === 'mounts') setNearer(distances, to, 2);
    }
    return withCommon(view, distances);
  }
  spread(view, topology, asked, distances, 0);
  // What it made and what has no pods any more: the ReplicaSets of a Deployment, the Jobs of a CronJob.
  const made = view.get(asked);
  for (const kind of madeKinds)
    for (const object of made === undefined ? [] : view.controlledBy(made, kind))
      setNearer(distances, refOf(object), 0);
  const emptyServices = servicesWithoutPods(view, topology, asked);
  for (const caller of callersSide(topology, asked, emptyServices)) {
    if (!distances.has(refKey(caller))) distances.set(refKey(caller), 1);
    // What it acts on beside the object asked about (the other pods of a policy) is a neighbour; its class and its Gateway are its own.
    for (const { to, by } of topology.needs(caller)) if (by === 'uses') setNearer(distances, to, 2);
  }
  reachAbsentPods(view, topology, distances);
  const { namespace } = asked;
  if (namespace !== undefined) {
    for (const kind of namespaceKinds)
      for (const object of view.list(kind, namespace)) setNearer(distances, refOf(object), 2);
    for (const kind of maybeLostKinds) {
      for (const object of view.list(kind, namespace)) {
        const ref = refOf(object);
        if (topology.needs(ref).every(({ to }) => view.get(to) === undefined || to.kind.startsWith('Endpoint')))
          setNearer(distances, ref, 2);
      }
    }
    for (const kind of entryKinds) {
      for (const object of view.list(kind, namespace)) {
        const ref = refOf(object);
        if (topology.needs(ref).some(({ to, by }) => by === 'routes-to' && view.get(to) === undefined))
          setNearer(distances, ref, 2);
      }
    }
  }
  return withCommon(view, distances);
}

/**
 * Who stands before an object on the way of a request or acts on it: the Services of a workload's pods (or of those it would have), their Ingresses, its autoscaler, budget and
 * policies; of what requests go through, the policies and budgets of the pods behind it.
 */
function callersSide(topology: Topology, asked: ObjectRef, emptyServices: readonly ObjectRef[]): readonly ObjectRef[] {
  const pods =
    asked.kind === 'Pod'
      ? [asked]
      : topology
          .needs(asked)
          .filter(({ by }) => by === 'runs')
          .map(({ to }) => to);
  const owners = topology
    .needs(asked)
    .filter(({ by }) => by === 'owned-by')
    .map(({ to }) => to);
  const acting = (links: readonly Link[]) =>
    links.filter(({ by }) => by !== 'owned-by' && by !== 'runs' && by !== 'calls').map(({ from }) => from);
  const first = [...[asked, ...pods, ...owners].flatMap((ref) => acting(topology.neededBy(ref))), ...emptyServices];
  const second = first.filter(({ kind }) => kind === 'Service').flatMap((ref) => acting(topology.neededBy(ref)));
  const guards = podsBehind(topology, asked).flatMap((pod) =>
    topology
      .neededBy(pod)
      .filter(({ by }) => by === 'restricts' || by === 'guards')
      .map(({ from }) => from),
  );
  return [...owners, ...first, ...second, ...guards];
}

/** The pods that a Service leads to; of an Ingress or a route, those of its Services. */
function podsBehind(topology: Topology, entry: ObjectRef): readonly ObjectRef[] {
  const to = (ref: ObjectRef, kind: Link['by']) =>
    topology
      .needs(ref)
      .filter(({ by }) => by === kind)
      .map((link) => link.to);
  const services = entry.kind === 'Service' ? [entry] : to(entry, 'routes-to');
  return services.flatMap((service) => to(service, 'selects'));
}

/** The Services that would lead to a workload's pods if it had any: what links them otherwise are the pods. */
function servicesWithoutPods(view: ClusterView, topology: Topology, asked: ObjectRef): readonly ObjectRef[] {
  const workload = view.get(asked);
  const labels = workload === undefined ? undefined : templateLabelsOf(workload);
  if (labels === undefined || topology.needs(asked).some(({ by }) => by === 'runs')) return [];
  return view
    .list('Service', asked.namespace)
    .filter((service) => matchesLabelMap(serviceSelectorOf(service) ?? {}, labels))
    .map(refOf);
}

/** Behind a Service that selects no pod stand the workloads whose pods it would select: scaled to zero, or unable to make any. */
function reachAbsentPods(view: ClusterView, topology: Topology, distances: Map<string, number>): void {
  for (const service of view.list('Service')) {
    const ref = refOf(service);
    const distance = distances.get(refKey(ref));
    const selector = serviceSelectorOf(service);
    if (distance === undefined || selector === undefined) continue;
    if (topology.needs(ref).some(({ by }) => by === 'selects')) continue;
    for (const kind of lastingKinds) {
      for (const workload of view.list(kind, ref.namespace)) {
        const labels = templateLabelsOf(workload);
        if (labels === undefined || view.controllerOf(workload) !== undefined || !matchesLabelMap(selector, labels))
          continue;
        setNearer(distances, refOf(workload), distance + 1);
        spread(view, topology, refOf(workload), distances, distance + 1);
        for (const { from, by } of topology.neededBy(refOf(workload)))
          if (by === 'scales') setNearer(distances, from, distance + 2);
      }
    }
  }
}

function templateLabelsOf(workload: WireObject): Readonly<Record<string, string>> | undefined {
  const template = at(workload, 'spec', 'template');
  return template === undefined ? undefined : stringsAt(template, 'metadata', 'labels');
}

/** Follows what an object needs. Owners are taken along (they are what must change), their other pods are not when a pod was asked about. */
function spread(
  view: ClusterView,
  topology: Topology,
  start: ObjectRef,
  distances: Map<string, number>,
  base: number,
): void {
  const queue: { ref: ObjectRef; distance: number; calls: number }[] = [{ ref: start, distance: base, calls: 0 }];
  const visited = new Set<string>();
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const key = refKey(step.ref);
    if (visited.has(key)) continue;
    visited.add(key);
    for (const { to, by } of topology.needs(step.ref)) {
      const calls = step.calls + (by === 'calls' ? 1 : 0);
      if (calls > maxCalls) continue;
      const distance = step.distance + (by === 'owned-by' || by === 'runs' ? 0 : 1);
      setNearer(distances, to, distance);
      // Upwards only the chain of owners: a ReplicaSet's Deployment, not again all that the Deployment runs.
      if (by === 'owned-by') {
        const owner = view.get(to);
        if (owner !== undefined) for (const { ref } of view.ownersOf(owner)) setNearer(distances, ref, distance);
        if (step.ref.kind === 'Pod') linkCallsOf(topology, to, distance, calls, queue);
      } else queue.push({ ref: to, distance, calls });
    }
    if (step.calls > 0) for (const owner of ownersOfRunning(view, step.ref)) setNearer(distances, owner, step.distance);
  }
}

function linkCallsOf(
  topology: Topology,
  owner: ObjectRef,
  distance: number,
  calls: number,
  queue: { ref: ObjectRef; distance: number; calls: number }[],
): void {
  for (const { to, by } of topology.needs(owner))
    if (by === 'calls' && calls < maxCalls) queue.push({ ref: to, distance: distance + 1, calls: calls + 1 });
}

function ownersOfRunning(view: ClusterView, ref: ObjectRef): readonly ObjectRef[] {
  const object = view.get(ref);
  return object === undefined ? [] : view.ownersOf(object).map((owner) => owner.ref);
}

function withCommon(view: ClusterView, distances: Map<string, number>, whole?: ScopeView['whole']): ScopeView {
  const distanceOf = (object: WireObject): number | undefined => {
    const known = distances.get(refKey(refOf(object)));
    if (known !== undefined) return known;
    return object.metadata.namespace === systemNamespace || commonKinds.has(object.kind) ? commonDistance : undefined;
  };
  return scopeOf(view, distanceOf, whole);
}

function scopeOf(
  view: ClusterView,
  distanceOf: (object: WireObject) => number | undefined,
  whole?: ScopeView['whole'],
): ScopeView {
  const lists = new Map<ViewedKind, readonly WireObject[]>();
  const list = (kind: ViewedKind): readonly WireObject[] => {
    const known = lists.get(kind);
    if (known !== undefined) return known;
    const found = byName(view.list(kind).filter((object) => distanceOf(object) !== undefined));
    lists.set(kind, found);
    return found;
  };
  return {
    whole,
    get pods() {
      return list('Pod');
    },
    get workloads() {
      return byName(workloadKinds.flatMap((kind) => list(kind)));
    },
    list,
    has: (ref) => {
      const object = view.get(ref);
      return object !== undefined && distanceOf(object) !== undefined;
    },
    distance: (ref) => {
      const object = view.get(ref);
      return object === undefined ? undefined : distanceOf(object);
    },
  };
}

function podsOnNode(view: ClusterView, name: string): readonly WireObject[] {
  return view.list('Pod').filter((pod) => textAt(pod, 'spec', 'nodeName') === name);
}

function setNearer(distances: Map<string, number>, ref: ObjectRef, distance: number): void {
  if (!isKnownKind(ref.kind) && ref.kind !== 'Secret') return;
  const key = refKey(ref);
  const known = distances.get(key);
  if (known === undefined || known > distance) distances.set(key, distance);
}

function byName(objects: readonly WireObject[]): readonly WireObject[] {
  return objects
    .map((object) => ({ object, key: `${object.metadata.namespace ?? ''}/${object.metadata.name}/${object.kind}` }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ object }) => object);
}
