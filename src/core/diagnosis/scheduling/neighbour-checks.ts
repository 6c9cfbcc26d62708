import type { ClusterView } from '../../cluster/cluster-view.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import { matchesLabelSelector } from '../../cluster/selector.ts';
import { at, isRecord, listAt, stringsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type ClusterLoad, type NodeLoad, type Partners, requiredTerms } from './cluster-load.ts';
import type { Constraint, Obstacle } from './obstacle.ts';

/**
 * A selector of pods in affinity terms and spread constraints: absent selects nothing, empty selects everything. It is read once, and then asked of every pod
 * of a namespace or cluster.
 */
export function podSelector(selector: unknown): (pod: WireObject) => boolean {
  if (!isRecord(selector)) return () => false;
  const pairs = Object.entries(stringsAt(selector, 'matchLabels'));
  const matchExpressions = listAt(selector, 'matchExpressions');
  return ({ metadata: { labels = {} } }) =>
    pairs.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
    (matchExpressions.length === 0 || matchesLabelSelector({ matchExpressions }, labels));
}

function isEmptySelector(selector: WireRecord): boolean {
  const labels = at(selector, 'matchLabels');
  return (!isRecord(labels) || Object.keys(labels).length === 0) && listAt(selector, 'matchExpressions').length === 0;
}

/** Whether a term of `owner` looks into a namespace: its list and its selector are ORed; neither means the owner's own. Undefined when the namespace was not read. */
function looksInto(view: ClusterView, term: WireRecord, owner: WireObject, namespace: string): boolean | undefined {
  const listed = listAt(term, 'namespaces');
  const selector = at(term, 'namespaceSelector');
  if (listed.includes(namespace)) return true;
  if (!isRecord(selector)) return listed.length === 0 && namespace === (owner.metadata.namespace ?? '');
  if (isEmptySelector(selector)) return true;
  const object = view.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  return object === undefined ? undefined : matchesLabelSelector(selector, object.metadata.labels ?? {});
}

function termSelects(view: ClusterView, term: WireRecord, owner: WireObject, pod: WireObject): boolean | undefined {
  if (!podSelector(at(term, 'labelSelector'))(pod)) return false;
  return looksInto(view, term, owner, pod.metadata.namespace ?? '');
}

/** Placed pods that a term of `owner` selects. */
export function partnersOf(load: ClusterLoad, term: WireRecord, owner: WireObject): Partners {
  // Only a term that says nothing of namespaces looks into its owner's alone.
  const looksHome = listAt(term, 'namespaces').length === 0 && !isRecord(at(term, 'namespaceSelector'));
  const key = JSON.stringify([term, looksHome ? owner.metadata.namespace : '']);
  const known = load.partners.get(key);
  if (known !== undefined) return known;
  const selects = podSelector(at(term, 'labelSelector'));
  const pods: WireObject[] = [];
  let isSure = true;
  for (const [namespace, placed] of load.placed) {
    const looks = looksInto(load.view, term, owner, namespace);
    if (looks === false) continue;
    const selected = placed.filter(selects);
    if (looks === true) pods.push(...selected);
    else if (selected.length > 0) isSure = false;
  }
  const partners = { pods, isSure };
  load.partners.set(key, partners);
  return partners;
}

type Check = (node: NodeLoad) => { readonly obstacles: readonly Obstacle[]; readonly unknown: readonly Constraint[] };

/** What placed pods have to do with a pending one (filter InterPodAffinity). Reads the placed pods once, then answers for each node. */
export function createNeighbourCheck(load: ClusterLoad, pod: WireObject): Check {
  const terms = requiredTerms(pod, 'podAffinity').map((term) => ({ ...term, ...partnersOf(load, term.record, pod) }));
  // A partner is a pod that every term selects, not one for each term.
  const [firstTerm, ...otherTerms] = terms.map(({ pods }) => pods);
  const others = otherTerms.map((pods) => new Set(pods));
  const partners = (firstTerm ?? []).filter((each) => others.every((pods) => pods.has(each)));
  const wants = terms.map(({ index, record, isSure }) => {
    const key = textAt(record, 'topologyKey') ?? '';
    return { index, key, isSure, domains: domainsOf(load, partners, key) };
  });
  // The first of a group may stand anywhere: nobody is there yet, and it is its own partner.
  const isFirst =
    wants.every(({ domains }) => domains.size === 0) &&
    terms.every(({ record }) => termSelects(load.view, record, pod, pod) === true);
  const avoids = requiredTerms(pod, 'podAntiAffinity').map(({ index, record }) => {
    const key = textAt(record, 'topologyKey') ?? '';
    return { index, key, domains: holdersByDomain(load, partnersOf(load, record, pod).pods, key) };
  });
  const avoided = foreignDomains(load, pod);

  return (node) => {
    const obstacles: Obstacle[] = [];
    const unknown: Constraint[] = [];
    for (const { index, key, domains, isSure } of wants) {
      const domain = labelOf(node, key);
      const isThere = domain !== undefined && (isFirst || domains.has(domain));
      if (isThere) continue;
      if (domain === undefined || (load.hasAllPods && isSure)) {
        obstacles.push({ is: 'pod-affinity', term: index });
        break;
      }
      unknown.push('pod-affinity');
    }
    for (const { index, key, domains } of avoids) {
      const domain = labelOf(node, key);
      const holder = domain === undefined ? undefined : domains.get(domain);
      if (holder === undefined) continue;
      obstacles.push({ is: 'pod-anti-affinity', term: index, holder });
      break;
    }
    if (avoids.length > 0 && !load.hasAllPods && !obstacles.some(({ is }) => is === 'pod-anti-affinity'))
      unknown.push('pod-anti-affinity');
    const foreign = avoided.find(({ key, domain }) => labelOf(node, key) === domain);
    const isMutual = obstacles.some(({ is }) => is === 'pod-anti-affinity');
    // Its own kind refuses it by the very rule that it has itself: that is one reason, not two.
    if (foreign !== undefined && !(isMutual && isOfSameWorkload(load.view, foreign.holder, pod)))
      obstacles.push({ is: 'foreign-anti-affinity', holder: foreign.holder });
    else if (foreign === undefined && !load.hasAllPods) unknown.push('foreign-anti-affinity');
    return { obstacles, unknown };
  };
}

function isOfSameWorkload(view: ClusterView, one: WireObject, other: WireObject): boolean {
  return sayRef(workloadOf(view, one).ref) === sayRef(workloadOf(view, other).ref);
}

/** Domains that placed pods keep this one out of by their own required anti-affinity. */
function foreignDomains(load: ClusterLoad, pod: WireObject) {
  return load.repelling.flatMap((holder) =>
    requiredTerms(holder, 'podAntiAffinity').flatMap(({ record }) => {
      if (termSelects(load.view, record, holder, pod) !== true) return [];
      const key = textAt(record, 'topologyKey') ?? '';
      const node = load.nodeByName.get(textAt(holder, 'spec', 'nodeName') ?? '');
      const domain = node === undefined ? undefined : labelOf(node, key);
      return domain === undefined ? [] : [{ key, domain, holder }];
    }),
  );
}

function holdersByDomain(load: ClusterLoad, pods: readonly WireObject[], key: string): Map<string, WireObject> {
  const domains = new Map<string, WireObject>();
  for (const pod of pods) {
    const node = load.nodeByName.get(textAt(pod, 'spec', 'nodeName') ?? '');
    const domain = node === undefined ? undefined : labelOf(node, key);
    if (domain !== undefined && !domains.has(domain)) domains.set(domain, pod);
  }
  return domains;
}

function domainsOf(load: ClusterLoad, pods: readonly WireObject[], key: string): ReadonlySet<string> {
  return new Set(holdersByDomain(load, pods, key).keys());
}

export function labelOf({ labels }: { readonly labels: Readonly<Record<string, string>> }, key: string) {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
