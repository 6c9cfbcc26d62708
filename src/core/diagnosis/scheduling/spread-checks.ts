import type { WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { at, isRecord, listAt, numberAt, recordsAt, stringsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import type { ClusterLoad, NodeLoad } from './cluster-load.ts';
import { labelOf, podSelector } from './neighbour-checks.ts';
import { selectorObstacles, taintObstacles } from './node-checks.ts';
import type { Constraint, DomainCount, Obstacle } from './obstacle.ts';

type Check = (node: NodeLoad) => { readonly obstacles: readonly Obstacle[]; readonly unknown: readonly Constraint[] };

/** The constraints of a pod spec that forbid (`DoNotSchedule`); those that only wish are left out. */
export function hardSpreads(podSpec: unknown) {
  return recordsAt(podSpec, 'topologySpreadConstraints').filter(
    ({ record }) =>
      textAt(record, 'topologyKey') !== undefined &&
      (textAt(record, 'whenUnsatisfiable') ?? 'DoNotSchedule') === 'DoNotSchedule',
  );
}

/**
 * Filter PodTopologySpread: on a node of a domain there may be no more matching pods than `maxSkew` above the emptiest domain. Only nodes that the pod could
 * choose by label (and, with `nodeTaintsPolicy: Honor`, by taint) and that carry every topology key make up the domains.
 */
export function createSpreadCheck(load: ClusterLoad, pod: WireObject): Check {
  const spec = at(pod, 'spec');
  const constraints = hardSpreads(spec);
  if (constraints.length === 0) return () => ({ obstacles: [], unknown: [] });
  const { namespace = '' } = pod.metadata;
  const hasAllPods = load.hasAllPods || load.view.hasAll('Pod', namespace);
  const keys = constraints.map(({ record }) => textAt(record, 'topologyKey') ?? '');
  const spreads = constraints.map(({ index, record }) => ({
    index,
    key: textAt(record, 'topologyKey') ?? '',
    maxSkew: numberAt(record, 'maxSkew') ?? 1,
    ...countDomains(load, pod, record, keys),
  }));

  return (node) => {
    for (const { index, key, maxSkew, counts, least, own, selector } of spreads) {
      const domain = labelOf(node, key);
      const skew = domain === undefined ? 0 : (counts.get(domain) ?? 0) + own - least;
      if (domain !== undefined && skew <= maxSkew) continue;
      if (!hasAllPods && domain !== undefined) return { obstacles: [], unknown: ['topology-spread'] };
      return {
        obstacles: [{ is: 'topology-spread', constraint: index, domain, counts: sortedCounts(counts) }],
        unknown: selector === undefined ? ['topology-spread'] : [],
      };
    }
    return { obstacles: [], unknown: hasAllPods ? [] : ['topology-spread'] };
  };
}

function countDomains(load: ClusterLoad, pod: WireObject, constraint: WireRecord, keys: readonly string[]) {
  const spec = at(pod, 'spec');
  const key = textAt(constraint, 'topologyKey') ?? '';
  const selector = withLabelKeys(at(constraint, 'labelSelector'), constraint, pod);
  const honorsTaints = textAt(constraint, 'nodeTaintsPolicy') === 'Honor';
  const honorsAffinity = (textAt(constraint, 'nodeAffinityPolicy') ?? 'Honor') === 'Honor';
  const counts = new Map<string, number>();
  const eligible = load.nodes.filter(
    (node) =>
      keys.every((each) => labelOf(node, each) !== undefined) &&
      (!honorsAffinity || selectorObstacles(spec, node).length === 0) &&
      (!honorsTaints || taintObstacles(spec, node).length === 0),
  );
  const selects = podSelector(selector);
  const onNode = new Map<string, number>();
  for (const other of load.placed.get(pod.metadata.namespace ?? '') ?? []) {
    if (isTerminating(other) || !selects(other)) continue;
    const name = textAt(other, 'spec', 'nodeName') ?? '';
    onNode.set(name, (onNode.get(name) ?? 0) + 1);
  }
  for (const node of eligible) {
    const domain = labelOf(node, key) ?? '';
    counts.set(domain, (counts.get(domain) ?? 0) + (onNode.get(node.name) ?? 0));
  }
  const minDomains = numberAt(constraint, 'minDomains') ?? 1;
  const least = counts.size < minDomains ? 0 : Math.min(...counts.values(), Number.MAX_SAFE_INTEGER);
  return {
    counts,
    selector,
    own: selects(pod) ? 1 : 0,
    least: counts.size === 0 ? 0 : least,
  };
}

// `matchLabelKeys` narrows the selector to pods that have the same values as this one (pod-template-hash: one revision).
function withLabelKeys(selector: unknown, constraint: WireRecord, pod: WireObject): unknown {
  const keys = listAt(constraint, 'matchLabelKeys').filter((key) => typeof key === 'string');
  if (keys.length === 0 || !isRecord(selector)) return selector;
  const own = pod.metadata.labels ?? {};
  const added = keys.flatMap((key) => (Object.hasOwn(own, key) ? [[key, own[key]]] : []));
  return { ...selector, matchLabels: { ...stringsAt(selector, 'matchLabels'), ...Object.fromEntries(added) } };
}

function sortedCounts(counts: ReadonlyMap<string, number>): readonly DomainCount[] {
  return [...counts]
    .map(([domain, count]) => ({ domain, count }))
    .toSorted((a, b) => a.count - b.count || (a.domain < b.domain ? -1 : 1));
}
