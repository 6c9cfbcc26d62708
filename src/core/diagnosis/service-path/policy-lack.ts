import { sayPath } from '../../cluster/field-path.ts';
import type { Blocked, Flow, PolicyPod, RuleMiss } from '../../cluster/network-policy.ts';
import type { WireObject } from '../../cluster/object.ts';
import { matchesLabelSelector } from '../../cluster/selector.ts';
import { at, numberAt, recordsAt, stringsAt, textAt } from '../../cluster/wire.ts';
import { looksLike } from './looks-like.ts';
import { sayLabels } from './selector-mismatch.ts';

/** Which policy is to be changed for a flow to pass, and what it lacks. */
export type PolicyLack = {
  readonly policy: WireObject;
  readonly path: string;
  readonly observed: string;
  readonly expected: string;
  readonly says: string;
};

/** Whether any pod or namespace has a label with this value. */
type IsWorn = (key: string, value: string) => boolean;

/**
 * Among the policies that isolate a pod, the one that comes nearest to letting the flow pass: a rule for the right port whose labels differ in one value, then a rule for the right
 * peer with another port, then a policy with rules, then one without any.
 */
export function lackIn(blocked: Blocked, flow: Flow, isWorn: IsWorn): PolicyLack {
  const near = blocked.misses
    .filter(({ portFits, peerFits }) => portFits && !peerFits)
    .flatMap((miss) => nearPeer(blocked, flow, miss, isWorn) ?? []);
  const [byPeer] = near;
  if (byPeer !== undefined) return byPeer;
  const byPort = blocked.misses.find((miss) => miss.peerFits && !miss.portFits && isForSuch(blocked, flow, miss));
  if (byPort !== undefined) return wrongPort(blocked, flow, byPort);
  const withRules = blocked.misses[0]?.policy;
  const policy = withRules ?? blocked.policies[0];
  if (policy === undefined) throw new TypeError('a flow is blocked by at least one policy');
  return noRule(blocked, flow, policy, withRules !== undefined);
}

/** Whether a rule that is for the right peers is about this kind of traffic: one that names them, and not the rule that lets everybody look up names. */
function isForSuch({ direction }: Blocked, flow: Flow, { rule, policy }: RuleMiss): boolean {
  const dnsOnly = recordsAt(rule, 'ports').every(({ record }) =>
    [53, 5353, 'dns', 'dns-tcp'].some((port) => port === record.port),
  );
  if (dnsOnly) return flow.port === 53;
  const namesPeers = recordsAt(rule, direction === 'ingress' ? 'from' : 'to').length > 0;
  return namesPeers || recordsAt(policy, 'spec', direction).length === 1;
}

/** A peer whose labels differ in one value from those of the other end. */
function nearPeer(
  { direction }: Blocked,
  flow: Flow,
  { policy, index, rule }: RuleMiss,
  isWorn: IsWorn,
): PolicyLack | undefined {
  const other = direction === 'ingress' ? flow.from : flow.to;
  const field = direction === 'ingress' ? 'from' : 'to';
  for (const { index: place, record: peer } of recordsAt(rule, field)) {
    const path = `spec.${direction}[${index}].${field}[${place}]`;
    const found =
      nearLabels(at(peer, 'podSelector'), other.labels, `${path}.podSelector`) ??
      nearLabels(at(peer, 'namespaceSelector'), namespaceLabels(other), `${path}.namespaceSelector`);
    // Labels that others have are a rule for those others, not a slip.
    if (found !== undefined && (looksLike(found.observed, found.expected) || !isWorn(found.key, found.observed)))
      return {
        policy,
        ...found,
        says: `its rule is for ${found.key}=${found.observed}, and the other end has ${found.key}=${found.expected}`,
      };
    if (
      matchesLabelSelector(at(peer, 'podSelector'), other.labels) &&
      at(peer, 'namespaceSelector') === undefined &&
      other.namespace !== policy.metadata.namespace
    ) {
      return {
        policy,
        path,
        observed: `a podSelector alone: pods of namespace ${policy.metadata.namespace ?? ''} only`,
        expected: `a namespaceSelector for ${other.namespace} beside it`,
        says: `its rule means pods of its own namespace, and the other end is in ${other.namespace}`,
      };
    }
  }
  return undefined;
}

function namespaceLabels({ namespace, namespaceLabels: labels }: PolicyPod): Readonly<Record<string, string>> {
  return { ...labels, 'kubernetes.io/metadata.name': namespace };
}

function nearLabels(selector: unknown, labels: Readonly<Record<string, string>>, path: string) {
  const wanted = Object.entries(stringsAt(selector, 'matchLabels'));
  const wrong = wanted.filter(([key, value]) => !Object.hasOwn(labels, key) || labels[key] !== value);
  const [only] = wrong;
  if (only === undefined || wrong.length > 1 || recordsAt(selector, 'matchExpressions').length > 0) return undefined;
  const [key, observed] = only;
  const expected = Object.hasOwn(labels, key) ? labels[key] : undefined;
  return expected === undefined
    ? undefined
    : { path: `${path}.${sayPath(['matchLabels', key])}`, observed, expected, key };
}

function wrongPort({ direction }: Blocked, flow: Flow, { policy, index, rule }: RuleMiss): PolicyLack {
  const ports = recordsAt(rule, 'ports');
  const observed = ports.map(({ record }) => `${textAt(record, 'protocol') ?? 'TCP'} ${portText(record)}`).join(', ');
  const [only] = ports;
  const sameNumber = ports.length === 1 && numberAt(only?.record, 'port') === flow.port;
  const path = `spec.${direction}[${index}].ports${ports.length === 1 ? `[${only?.index ?? 0}].${sameNumber ? 'protocol' : 'port'}` : ''}`;
  return {
    policy,
    path,
    observed:
      ports.length !== 1 ? observed : sameNumber ? (textAt(only?.record, 'protocol') ?? 'TCP') : portText(only?.record),
    expected: ports.length !== 1 ? `${flow.protocol} ${flow.port}` : sameNumber ? flow.protocol : String(flow.port),
    says: `its rule is for ${observed}, and the pods listen on ${flow.protocol} ${flow.port}`,
  };
}

function portText(port: unknown): string {
  return String(numberAt(port, 'port') ?? textAt(port, 'port') ?? 'any');
}

function noRule({ direction }: Blocked, flow: Flow, policy: WireObject, hasRules: boolean): PolicyLack {
  const other = direction === 'ingress' ? flow.from : flow.to;
  const own = direction === 'ingress' ? flow.to : flow.from;
  const away = other.namespace === own.namespace ? '' : ` of namespace ${other.namespace}`;
  const { 'pod-template-hash': _hash, ...labels } = other.labels;
  const peer = `${direction === 'ingress' ? 'from' : 'to'} pods ${sayLabels(labels)}${away} on ${flow.protocol} ${flow.port}`;
  return {
    policy,
    path: `spec.${direction}`,
    observed: hasRules ? `no rule ${peer}` : `no ${direction} rule at all`,
    expected: `a rule ${peer}`,
    says: hasRules
      ? `none of its rules is for ${peer.slice(peer.indexOf(' ') + 1)}`
      : `it lets nothing ${direction === 'ingress' ? 'in' : 'out'}`,
  };
}
