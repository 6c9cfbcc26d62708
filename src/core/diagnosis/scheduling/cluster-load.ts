import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import { phaseOf } from '../../cluster/pod.ts';
import { type Amounts, addRequests, createReadAmount, type ReadAmount } from '../../cluster/pod-resources.ts';
import { repellingTaintsOf, type Taint } from '../../cluster/taint.ts';
import { at, booleanAt, isRecord, recordsAt, textAt } from '../../cluster/wire.ts';

/** One node as the scheduler sees it: what it is, and what already stands on it. */
export type NodeLoad = {
  readonly object: WireObject;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly isCordoned: boolean;
  /** Undefined when the node's object does not say. */
  readonly allocatable: Amounts | undefined;
  /** Requests of the pods on it that were read: a lower bound where not all were. */
  readonly used: Amounts;
  readonly pods: readonly WireObject[];
  /** Whether every pod on it was read: only then can it be called free. */
  readonly hasAllPods: boolean;
};

/** Placed pods that a term selects. `isSure` is false when a namespace would have to be read to tell. */
export type Partners = { readonly pods: readonly WireObject[]; readonly isSure: boolean };

/** Everything that pods are placed by, read once for all pending pods. */
export type ClusterLoad = {
  readonly view: ClusterView;
  readonly read: ReadAmount;
  readonly nodes: readonly NodeLoad[];
  readonly nodeByName: ReadonlyMap<string, NodeLoad>;
  /** Whether every pod of every namespace was read: only then can a partner be called absent. */
  readonly hasAllPods: boolean;
  /** Pods that stand on a node, by namespace. */
  readonly placed: ReadonlyMap<string, readonly WireObject[]>;
  /** Placed pods that keep others away by a required anti-affinity of their own. */
  readonly repelling: readonly WireObject[];
  /** Answers that were found already, by term: a term that looks into every namespace costs a look at every pod. */
  readonly partners: Map<string, Partners>;
};

/** Reads nodes by name and what stands on each: O(nodes + pods). */
export function readClusterLoad(view: ClusterView): ClusterLoad {
  const read = createReadAmount();
  const byNode = new Map<string, { pods: WireObject[]; used: Map<string, number> }>();
  const placed = new Map<string, WireObject[]>();
  const repelling: WireObject[] = [];
  for (const pod of view.list('Pod')) {
    const nodeName = textAt(pod, 'spec', 'nodeName');
    const phase = phaseOf(pod);
    if (nodeName === undefined || phase === 'Succeeded' || phase === 'Failed') continue;
    let entry = byNode.get(nodeName);
    if (entry === undefined) {
      entry = { pods: [], used: new Map() };
      byNode.set(nodeName, entry);
    }
    entry.pods.push(pod);
    addRequests(entry.used, at(pod, 'spec'), read);
    const { namespace = '' } = pod.metadata;
    const neighbours = placed.get(namespace);
    if (neighbours === undefined) placed.set(namespace, [pod]);
    else neighbours.push(pod);
    if (at(pod, 'spec', 'affinity') !== undefined && requiredTerms(pod, 'podAntiAffinity').length > 0)
      repelling.push(pod);
  }
  const nodes = view
    .list('Node')
    .map((object): NodeLoad => {
      const { name, labels = {} } = object.metadata;
      const standing = byNode.get(name);
      return {
        object,
        name,
        labels,
        taints: repellingTaintsOf(object),
        isCordoned: booleanAt(object, 'spec', 'unschedulable') === true,
        allocatable: allocatableOf(object, read),
        used: standing?.used ?? new Map(),
        pods: standing?.pods ?? [],
        hasAllPods: view.hasAllPodsOn(name),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    view,
    read,
    nodes,
    nodeByName: new Map(nodes.map((node) => [node.name, node])),
    hasAllPods: view.hasAll('Pod'),
    placed,
    repelling,
    partners: new Map(),
  };
}

function allocatableOf(node: WireObject, read: ReadAmount): Amounts | undefined {
  const listed = at(node, 'status', 'allocatable');
  const quantities = isRecord(listed) ? listed : at(node, 'status', 'capacity');
  if (!isRecord(quantities)) return undefined;
  const amounts = new Map<string, number>();
  for (const [resource, quantity] of Object.entries(quantities)) {
    const amount = read(resource, quantity);
    if (amount !== undefined) amounts.set(resource, amount);
  }
  return amounts;
}

/** Required terms of a pod's affinity or anti-affinity to other pods, with their index in the list. */
export function requiredTerms(pod: unknown, kind: 'podAffinity' | 'podAntiAffinity') {
  return recordsAt(pod, 'spec', 'affinity', kind, 'requiredDuringSchedulingIgnoredDuringExecution').filter(
    ({ record }) => textAt(record, 'topologyKey') !== undefined,
  );
}
