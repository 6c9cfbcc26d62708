import type { ClusterView } from './cluster-view.ts';
import type { WireObject } from './object.ts';
import { matchesLabelSelector } from './selector.ts';
import { declaredPortsOf } from './service.ts';
import { at, isRecord, listAt, numberAt, recordsAt, textAt, type WireRecord } from './wire.ts';

export type Direction = 'ingress' | 'egress';

/** One end of a connection: a pod, or an address outside the cluster's pods. */
export type PolicyPod = {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of its namespace; undefined when the Namespace was not read. */
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
  readonly ip: string | undefined;
  readonly spec: unknown;
};

/** What is to be reached: a port of the receiving pod, by its number there. */
export type Flow = {
  readonly from: PolicyPod;
  readonly to: PolicyPod;
  readonly port: number;
  readonly protocol: string;
};

/** How a rule that does not let a flow pass fails: by its peers, its ports, or both. */
export type RuleMiss = {
  readonly policy: WireObject;
  readonly index: number;
  readonly rule: WireRecord;
  readonly peerFits: boolean;
  readonly portFits: boolean;
};

export type Blocked = {
  readonly direction: Direction;
  /** The policies that isolate the pod, none of which lets the flow pass. */
  readonly policies: readonly WireObject[];
  readonly misses: readonly RuleMiss[];
};

export function policyPodOf(view: ClusterView, pod: WireObject): PolicyPod {
  const namespace = pod.metadata.namespace ?? '';
  const found = view.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  return {
    namespace,
    labels: pod.metadata.labels ?? {},
    namespaceLabels: found?.metadata.labels,
    ip: textAt(pod, 'status', 'podIP'),
    spec: at(pod, 'spec'),
  };
}

/**
 * Whether the NetworkPolicies of one direction stop a flow: ingress policies are those of the receiver's namespace that select it, egress
 * policies those of the sender's. Undefined when none isolates the pod, or one lets the flow pass (policies only ever add to what is allowed).
 *
 * Source: the NetworkPolicy API (networking.k8s.io/v1). What a network plugin allows besides (host traffic, its own policies) is not known here.
 */
export function blockedBy(policies: readonly WireObject[], flow: Flow, direction: Direction): Blocked | undefined {
  const isolated = direction === 'ingress' ? flow.to : flow.from;
  const acting = policies.filter((policy) => actsOn(policy, isolated, direction));
  if (acting.length === 0) return undefined;
  const misses: RuleMiss[] = [];
  for (const policy of acting) {
    for (const { index, record: rule } of recordsAt(policy, 'spec', direction)) {
      const peerFits = peersFit(rule, policy.metadata.namespace ?? '', flow, direction);
      const portFits = portsFit(rule, flow);
      if (peerFits && portFits) return undefined;
      misses.push({ policy, index, rule, peerFits, portFits });
    }
  }
  return { direction, policies: acting, misses };
}

/** Whether a policy isolates a pod in a direction. Without `policyTypes` it is Ingress, and Egress when it has egress rules. */
function actsOn(policy: WireObject, pod: PolicyPod, direction: Direction): boolean {
  if (policy.metadata.namespace !== pod.namespace || !isRecord(at(policy, 'spec'))) return false;
  const types = listAt(policy, 'spec', 'policyTypes');
  const named = direction === 'ingress' ? 'Ingress' : 'Egress';
  const acts =
    types.length > 0 ? types.includes(named) : direction === 'ingress' || listAt(policy, 'spec', 'egress').length > 0;
  return acts && selectsLabels(at(policy, 'spec', 'podSelector'), pod.labels);
}

/** A selector of a policy: the empty one selects everything, as does one left out of the spec. */
function selectsLabels(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return true;
  if (!isRecord(selector)) return false;
  const isEmpty =
    Object.keys(recordOr(selector.matchLabels)).length === 0 && listAt(selector, 'matchExpressions').length === 0;
  return isEmpty || matchesLabelSelector(selector, labels);
}

function recordOr(value: unknown): WireRecord {
  return isRecord(value) ? value : {};
}

function peersFit(rule: WireRecord, policyNamespace: string, flow: Flow, direction: Direction): boolean {
  const field = direction === 'ingress' ? 'from' : 'to';
  const peers = listAt(rule, field);
  if (peers.length === 0) return true;
  const other = direction === 'ingress' ? flow.from : flow.to;
  return peers.some((peer) => peerFits(peer, policyNamespace, other));
}

/** Whether one peer of a rule means a pod. */
function peerFits(peer: unknown, policyNamespace: string, other: PolicyPod): boolean {
  const block = at(peer, 'ipBlock');
  if (isRecord(block)) return other.ip !== undefined && inBlock(other.ip, block);
  const namespaceSelector = at(peer, 'namespaceSelector');
  const podSelector = at(peer, 'podSelector');
  if (namespaceSelector === undefined && podSelector === undefined) return false;
  const fitsNamespace =
    namespaceSelector === undefined ? other.namespace === policyNamespace : selectsNamespace(namespaceSelector, other);
  return fitsNamespace && selectsLabels(podSelector, other.labels);
}

const nameLabel = 'kubernetes.io/metadata.name';

function selectsNamespace(selector: unknown, { namespace, namespaceLabels }: PolicyPod): boolean {
  // The API server puts this label on every namespace; what other labels one has that was not read must not make a policy look as if it blocked.
  const labels = { ...namespaceLabels, [nameLabel]: namespace };
  if (namespaceLabels === undefined && mentionsOtherLabels(selector)) return true;
  return selectsLabels(selector, labels);
}

function mentionsOtherLabels(selector: unknown): boolean {
  const keys = [
    ...Object.keys(recordOr(at(selector, 'matchLabels'))),
    ...recordsAt(selector, 'matchExpressions').map(({ record }) => record.key),
  ];
  return keys.some((key) => key !== nameLabel);
}

function portsFit(rule: WireRecord, flow: Flow): boolean {
  const ports = recordsAt(rule, 'ports');
  return ports.length === 0 || ports.some(({ record }) => portFits(record, flow));
}

function portFits(port: WireRecord, { to, port: wanted, protocol }: Flow): boolean {
  if ((textAt(port, 'protocol') ?? 'TCP') !== protocol) return false;
  const value = at(port, 'port');
  if (value === undefined || value === null) return true;
  if (typeof value === 'number') {
    const end = numberAt(port, 'endPort') ?? value;
    return wanted >= value && wanted <= end;
  }
  return declaredPortsOf(to.spec).some(
    (declared) => declared.name === value && declared.number === wanted && declared.protocol === protocol,
  );
}

function inBlock(ip: string, block: WireRecord): boolean {
  const inside = isInCidr(ip, block.cidr);
  // What cannot be read must not make a policy look as if it blocked.
  if (inside === undefined) return true;
  return inside && !listAt(block, 'except').some((except) => isInCidr(ip, except) === true);
}

/** Whether an IPv4 address lies in a CIDR; undefined for IPv6 and for what is no CIDR. */
function isInCidr(ip: string, cidr: unknown): boolean | undefined {
  const match = typeof cidr === 'string' ? /^([\d.]{7,15})\/(\d{1,2})$/.exec(cidr) : null;
  const [address, base] = [ipv4(ip), ipv4(match?.[1] ?? '')];
  const bits = Number(match?.[2]);
  if (address === undefined || base === undefined || !(bits >= 0 && bits <= 32)) return undefined;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(base / size);
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
