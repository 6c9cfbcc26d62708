import { candidateNodesOf, waitsForNode } from '../../core/cluster/candidate-nodes.ts';
import type { ClusterView } from '../../core/cluster/cluster-view.ts';
import { namedButUnread, servicesCalledBy } from '../../core/cluster/follow-up.ts';
import type { KnownKind } from '../../core/cluster/kinds.ts';
import { selectorTextOf } from '../../core/cluster/label-selector-text.ts';
import { type ObjectRef, refOf, type WireObject } from '../../core/cluster/object.ts';
import { conditionOf, isTerminating, phaseOf } from '../../core/cluster/pod.ts';
import {
  type PlannedRead,
  type ReadScope,
  readSetFor,
  sourceOf,
  systemNamespace,
} from '../../core/cluster/read-set.ts';
import { createTopology, refKey } from '../../core/cluster/topology.ts';
import { at, numberAt } from '../../core/cluster/wire.ts';
import type { Gathering } from './gathering.ts';

const rounds = 3;
const maxNamed = 40;
const maxExpanded = 20;
const maxFocus = 200;
/** Reading the pods of a node costs about 1.5 MB: beyond so many nodes, the scheduler's own sentence has to do. */
const maxNodesSummed = 16;
const maxSickNamespaces = 4;
const maxPodsWithEvents = 8;

/** What the sick pods of a namespace are judged by, where the whole cluster was asked about and its lists were too long. */
const aroundSickPods: readonly KnownKind[] = [
  'Service',
  'EndpointSlice',
  'ResourceQuota',
  'LimitRange',
  'PersistentVolumeClaim',
  'NetworkPolicy',
  'ServiceAccount',
  'ConfigMap',
];

/**
 * Reads what a question needs of a live cluster: the lists of the plan at once, then, in at most three rounds, what they name and did not give.
 *
 * @param scope Where the question looks. `also`: objects that it may be about.
 * @param focusOf The object that is asked about once the first lists are there; undefined for a namespace or the cluster.
 */
export async function readLive(
  gathering: Gathering,
  { scope, also }: { readonly scope: ReadScope; readonly also: readonly ObjectRef[] },
  focusOf: (view: ClusterView) => ObjectRef | undefined,
): Promise<void> {
  await Promise.all([...readSetFor(scope).map((plan) => gathering.read(plan)), gathering.get(also)]);
  const done = new Set<string>();
  const once = (plans: readonly PlannedRead[]): readonly PlannedRead[] =>
    plans.filter((plan) => {
      const key = JSON.stringify([plan.kind, plan.namespace, plan.labelSelector, plan.fieldSelector]);
      if (done.has(key)) return false;
      done.add(key);
      return true;
    });
  for (let round = 0; round < rounds; round++) {
    const view = gathering.view();
    const focus = focusIn(view, scope, focusOf(view));
    const named = namedButUnread(view, createTopology(view), focus.all, maxNamed);
    const lists = once([
      ...selectedBy(view, focus.near),
      ...roomOnNodes(view, focus.near),
      ...(scope.namespace === undefined && scope.object?.kind !== 'Node' ? aroundSick(view, focus.near) : []),
      ...(scope.object?.kind === 'Node' ? eventsOf(focus.near) : []),
    ]);
    if (named.length === 0 && lists.length === 0) return;
    const before = view.size;
    await Promise.all([gathering.get(named), ...lists.map((plan) => gathering.read(plan))]);
    if (gathering.view().size === before) return;
  }
}

type Focus = {
  /** What is asked about with all that it runs and calls, and whatever is not well: their whole company matters. */
  readonly near: readonly WireObject[];
  /** The same and, where no object was asked about, everything else that was read: what these name matters. */
  readonly all: readonly WireObject[];
};

function focusIn(view: ClusterView, scope: ReadScope, asked: ObjectRef | undefined): Focus {
  const object = asked === undefined ? undefined : view.get(asked);
  const inScope = (candidate: WireObject): boolean =>
    scope.namespace === undefined || candidate.metadata.namespace === scope.namespace;
  const pods = view.list('Pod').filter(inScope);
  const workloads = (['Deployment', 'StatefulSet', 'DaemonSet', 'Job'] as const)
    .flatMap((kind) => view.list(kind))
    .filter(inScope);
  const own = object === undefined ? [] : [object, ...view.podsOf(object)];
  const called = own.flatMap((one) => servicesCalledBy(one)).flatMap((ref) => view.get(ref) ?? []);
  const sick = [...pods.filter(isSickPod), ...workloads.filter(isSickWorkload)];
  const near = withOwners(view, [...own, ...called, ...sick]);
  const isBroad = object === undefined && scope.object?.kind !== 'Node';
  return { near, all: isBroad ? withOwners(view, [...near, ...pods, ...workloads]) : near };
}

function withOwners(view: ClusterView, objects: readonly WireObject[]): readonly WireObject[] {
  const chosen = new Map<string, WireObject>();
  for (const object of objects) {
    if (chosen.size >= maxFocus) break;
    for (const one of [object, ...ownersIn(view, object)]) chosen.set(refKey(refOf(one)), one);
  }
  return [...chosen.values()];
}

function ownersIn(view: ClusterView, object: WireObject): readonly WireObject[] {
  return view.ownersOf(object).flatMap((owner) => owner.object ?? []);
}

function isSickPod(pod: WireObject): boolean {
  if (isTerminating(pod) || phaseOf(pod) === 'Succeeded') return false;
  return phaseOf(pod) !== 'Running' || conditionOf(pod, 'Ready')?.status !== 'True';
}

function isSickWorkload(workload: WireObject): boolean {
  const desired = numberAt(workload, 'spec', 'replicas') ?? numberAt(workload, 'status', 'desiredNumberScheduled');
  const good =
    numberAt(workload, 'status', 'availableReplicas') ??
    numberAt(workload, 'status', 'readyReplicas') ??
    numberAt(workload, 'status', 'numberReady') ??
    0;
  return workload.kind === 'Job' ? conditionOf(workload, 'Failed')?.status === 'True' : good < (desired ?? 1);
}

/** The pods and ReplicaSets that the objects in focus select, where their lists were too long to be read whole. */
function selectedBy(view: ClusterView, near: readonly WireObject[]): readonly PlannedRead[] {
  const workloads = near.filter(({ kind }) => selecting[kind] !== undefined);
  return workloads.slice(0, maxExpanded).flatMap((object) => {
    const { namespace } = object.metadata;
    const kinds = selecting[object.kind];
    const selector = kinds === undefined ? undefined : selectorTextOf(at(object, 'spec', 'selector'));
    if (namespace === undefined || kinds === undefined) return [];
    const bySelector =
      selector === undefined
        ? []
        : kinds
            .filter((kind) => !view.hasAll(kind, namespace))
            .map((kind): PlannedRead => ({ ...listed(kind, namespace), labelSelector: selector, upTo: 300 }));
    const slices =
      object.kind === 'Service' && !view.hasAll('EndpointSlice', namespace)
        ? [
            {
              ...listed('EndpointSlice', namespace),
              labelSelector: `kubernetes.io/service-name=${object.metadata.name}`,
            },
          ]
        : [];
    return [...bySelector, ...slices];
  });
}

const selecting: Readonly<Record<string, readonly KnownKind[]>> = {
  Deployment: ['Pod', 'ReplicaSet'],
  StatefulSet: ['Pod'],
  DaemonSet: ['Pod'],
  ReplicaSet: ['Pod'],
  Job: ['Pod'],
  Service: ['Pod'],
  PodDisruptionBudget: ['Pod'],
};

function listed(kind: KnownKind, namespace: string): PlannedRead {
  return { kind, namespace, source: sourceOf(kind, namespace), need: 'required' };
}

/** For pods that wait for a node: the pods on the nodes that might take them, since only their requests tell whether there is room. */
function roomOnNodes(view: ClusterView, focus: readonly WireObject[]): readonly PlannedRead[] {
  if (view.hasAll('Pod')) return [];
  const waiting = focus.filter((object) => object.kind === 'Pod' && waitsForNode(object));
  const candidates = new Set(waiting.flatMap((pod) => candidateNodesOf(pod, view.list('Node'))));
  if (candidates.size > maxNodesSummed) return [];
  return [...candidates].toSorted().map((name) => ({
    kind: 'Pod',
    fieldSelector: `spec.nodeName=${name}`,
    source: `pods on node ${name}`,
    need: 'required',
  }));
}

function aroundSick(view: ClusterView, focus: readonly WireObject[]): readonly PlannedRead[] {
  const namespaces = new Set(
    focus.flatMap((object) =>
      (object.kind === 'Pod' ? isSickPod(object) : isSickWorkload(object)) && object.metadata.namespace !== undefined
        ? [object.metadata.namespace]
        : [],
    ),
  );
  namespaces.delete(systemNamespace);
  return [...namespaces].slice(0, maxSickNamespaces).flatMap((namespace) =>
    aroundSickPods
      .filter((kind) => !view.hasAll(kind, namespace))
      .map(
        (kind): PlannedRead => ({
          ...listed(kind, namespace),
          need: 'background',
          ...(kind === 'ConfigMap' ? { wholeUpTo: 100 } : { upTo: 500 }),
        }),
      ),
  );
}

/** On a node the sick pods' events lie in many namespaces. */
function eventsOf(focus: readonly WireObject[]): readonly PlannedRead[] {
  return focus
    .filter((object) => object.kind === 'Pod' && isSickPod(object))
    .slice(0, maxPodsWithEvents)
    .flatMap(({ metadata: { namespace, name } }) =>
      namespace === undefined
        ? []
        : [
            {
              ...listed('Event', namespace),
              fieldSelector: `involvedObject.name=${name}`,
              source: `events of Pod ${namespace}/${name}`,
              upTo: 100,
            },
          ],
    );
}
