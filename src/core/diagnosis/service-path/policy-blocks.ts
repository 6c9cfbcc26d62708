import type { ClusterView } from '../../cluster/cluster-view.ts';
import { type Blocked, blockedBy, type Direction, type Flow, policyPodOf } from '../../cluster/network-policy.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isLivePod, readinessOf } from '../../cluster/pod-readiness.ts';
import { resolveTargetPort } from '../../cluster/service.ts';
import { refKey } from '../../cluster/topology.ts';
import { at, booleanAt, parseTime } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import { clusterDnsOf } from './cluster-dns.ts';
import { lackIn } from './policy-lack.ts';
import { byName } from './service-map.ts';
import { type ServicePathContext, sufferedByCallers } from './service-path-context.ts';

/** A way that somebody needs, and what tells that it does not work. */
type Edge = {
  readonly from: { readonly ref: FindingDraft['object']; readonly pods: readonly WireObject[] };
  readonly to: WireObject | undefined;
  readonly flows: readonly Flow[];
  readonly witnesses: readonly EvidenceDraft[];
  readonly times: number;
  readonly dns: boolean;
};

/**
 * `network-policy-blocks`: a caller cannot reach a Service, and the NetworkPolicies, evaluated for the very pods and port, do not let it pass. A policy that closes a way nobody
 * needs is no fault: a failed check, a timeout in the caller's log, or at least a caller that is not ready must tell.
 */
export function findBlockingPolicies(context: ServicePathContext): readonly FindingDraft[] {
  const policies = policiesByNamespace(context.view);
  if (policies.size === 0) return [];
  const found = new Map<string, FindingDraft>();
  for (const edge of [...failedEdges(context), ...lookupEdges(context), ...quietEdges(context)]) {
    const draft = judge(context, policies, edge);
    if (draft === undefined || ![draft.object, edge.from.ref].some((ref) => context.scope.has(ref))) continue;
    const key = `${refKey(draft.object)}\n${refKey(edge.from.ref)}\n${edge.to === undefined ? 'dns' : refKey(refOf(edge.to))}`;
    // The first tells most: failures that were seen come before callers that merely suffer.
    if (!found.has(key)) found.set(key, draft);
  }
  return perPolicy([...found.values()]);
}

/** A policy that closes several ways is one cause: the best witnessed stands, and speaks for the others. */
function perPolicy(drafts: readonly FindingDraft[]): readonly FindingDraft[] {
  const groups = new Map<string, FindingDraft[]>();
  for (const draft of drafts) {
    const key = `${refKey(draft.object)}\n${draft.cause.path.split('[')[0]}`;
    groups.set(key, [...(groups.get(key) ?? []), draft]);
  }
  return [...groups.values()].flatMap(([first, ...more]) =>
    first === undefined
      ? []
      : [
          {
            ...first,
            pods: [...new Set([first, ...more].flatMap(({ pods }) => pods))],
            affects: [first, ...more].flatMap(({ affects }) => affects ?? []),
          },
        ],
  );
}

function policiesByNamespace(view: ClusterView): ReadonlyMap<string, readonly WireObject[]> {
  const groups = new Map<string, WireObject[]>();
  for (const policy of view.list('NetworkPolicy').toSorted(byName)) {
    const key = policy.metadata.namespace ?? '';
    groups.set(key, [...(groups.get(key) ?? []), policy]);
  }
  return groups;
}

function judge(
  context: ServicePathContext,
  policies: ReadonlyMap<string, readonly WireObject[]>,
  edge: Edge,
): FindingDraft | undefined {
  if (edge.flows.length === 0) return undefined;
  for (const direction of ['egress', 'ingress'] as const) {
    const blocked = edge.flows.map((flow) => {
      const namespace = direction === 'ingress' ? flow.to.namespace : flow.from.namespace;
      return { flow, by: blockedBy(policies.get(namespace) ?? [], flow, direction) };
    });
    const [first] = blocked;
    // One way that is open is enough: then something else keeps the caller from its answer.
    if (first?.by !== undefined && blocked.every(({ by }) => by !== undefined))
      return draft(context, edge, first.flow, first.by, direction);
  }
  return undefined;
}

const maxPods = 3;

function flowsTo(
  context: ServicePathContext,
  callers: readonly WireObject[],
  to: WireObject,
  port: number | undefined,
): readonly Flow[] {
  const { view } = context;
  const senders = callers.filter(isPoliced).slice(0, maxPods);
  if (to.kind !== 'Service') {
    if (port === undefined || !isPoliced(to)) return [];
    return senders.map((pod) => ({ from: policyPodOf(view, pod), to: policyPodOf(view, to), port, protocol: 'TCP' }));
  }
  const facts = context.services.of(to);
  const ports = facts.ports.filter((one) => port === undefined || one.port === port);
  const [servicePort] = ports;
  if (servicePort === undefined || (port === undefined && ports.length > 1)) return [];
  const receivers = facts.pods.filter((pod) => isPoliced(pod) && readinessOf(pod) === true).slice(0, maxPods);
  return senders.flatMap((sender) =>
    receivers.flatMap((receiver) => {
      const number = resolveTargetPort(servicePort, at(receiver, 'spec'));
      return number === undefined
        ? []
        : [
            {
              from: policyPodOf(view, sender),
              to: policyPodOf(view, receiver),
              port: number,
              protocol: servicePort.protocol,
            },
          ];
    }),
  );
}

/** Policies do not act on pods that use the host's network. */
function isPoliced(pod: WireObject): boolean {
  return isLivePod(pod) && booleanAt(pod, 'spec', 'hostNetwork') !== true;
}

function failedEdges(context: ServicePathContext): readonly Edge[] {
  return context.failures.all.flatMap(({ from, to, port, how, evidence, times }) => {
    if (to === undefined || (how !== 'timeout' && how !== 'failed')) return [];
    if (isReached(context, from.ref, to, port)) return [];
    return [{ from, to, flows: flowsTo(context, from.pods, to, port), witnesses: [evidence], times, dns: false }];
  });
}

function isReached(
  { failures }: ServicePathContext,
  from: Edge['from']['ref'],
  to: WireObject,
  port: number | undefined,
): boolean {
  return failures.successes.some(
    (success) =>
      success.to === to && refKey(success.from) === refKey(from) && (port === undefined || success.port === port),
  );
}

/** Lookups that nobody answered: the way to the name servers. */
function lookupEdges(context: ServicePathContext): readonly Edge[] {
  const { view } = context;
  const dns = clusterDnsOf(context);
  const target =
    dns.pods[0] === undefined
      ? {
          namespace: 'kube-system',
          labels: { 'k8s-app': 'kube-dns' },
          namespaceLabels: undefined,
          ip: undefined,
          spec: undefined,
        }
      : policyPodOf(view, dns.pods[0]);
  return context.failures.all.flatMap(({ from, how, answered, evidence, times }) => {
    if (how !== 'unresolved' || answered) return [];
    const flows = from.pods
      .filter(isPoliced)
      .slice(0, maxPods)
      .map((pod) => ({ from: policyPodOf(view, pod), to: target, port: dns.port, protocol: 'UDP' }));
    return [{ from, to: undefined, flows, witnesses: [evidence], times, dns: true }];
  });
}

const maxQuietEdges = 2000;
const startUpMs = 60_000;

/** Ways that a caller needs by its environment, a mesh or a catalog, while the caller is not ready: nothing says yet that this way is why. */
function quietEdges(context: ServicePathContext): readonly Edge[] {
  const { view, now } = context;
  const edges: Edge[] = [];
  for (const service of context.scope.list('Service')) {
    for (const caller of context.services.of(service).callers) {
      if (edges.length >= maxQuietEdges) return edges;
      const object = view.get(caller);
      if (object === undefined) continue;
      const pods = (object.kind === 'Pod' ? [object] : view.podsOf(object)).filter((pod) => {
        const created = parseTime(pod.metadata.creationTimestamp);
        return isRunningUnready(pod) && created !== undefined && now - created > startUpMs;
      });
      if (pods.length === 0 || isReached(context, caller, service, undefined)) continue;
      const from = { ref: caller, pods: pods.toSorted(byName) };
      edges.push({
        from,
        to: service,
        flows: flowsTo(context, from.pods, service, undefined),
        witnesses: [],
        times: 0,
        dns: false,
      });
    }
  }
  return edges;
}

function isRunningUnready(pod: WireObject): boolean {
  return isLivePod(pod) && at(pod, 'status', 'phase') === 'Running' && readinessOf(pod) === false;
}

function isWorn(view: ClusterView, key: string, value: string): boolean {
  const has = ({ metadata: { labels = {}, name }, kind }: WireObject): boolean =>
    (Object.hasOwn(labels, key) && labels[key] === value) ||
    (kind === 'Namespace' && key === 'kubernetes.io/metadata.name' && name === value);
  return view.list('Pod').some(has) || view.list('Namespace').some(has);
}

function draft(
  context: ServicePathContext,
  edge: Edge,
  flow: Flow,
  blocked: Blocked,
  direction: Direction,
): FindingDraft {
  const { now } = context;
  const lack = lackIn(blocked, flow, (key, value) => isWorn(context.view, key, value));
  const ref = refOf(lack.policy);
  const [caller] = edge.from.pods;
  const what = edge.dns
    ? 'the name servers of the cluster'
    : edge.to === undefined
      ? 'its target'
      : sayRef(refOf(edge.to));
  const port = `${flow.protocol} ${flow.port}`;
  const seen = edge.witnesses.length > 0;
  return {
    code: 'network-policy-blocks',
    object: ref,
    summary: `${sayRef(ref)} keeps ${sayRef(edge.from.ref)} from reaching ${what} on ${port}: ${lack.says}.`,
    cause: { path: lack.path, observed: lack.observed, expected: lack.expected },
    recommendation: {
      text: `Let ${direction === 'ingress' ? 'in' : 'out'} ${port} ${direction === 'ingress' ? `from ${sayRef(edge.from.ref)}` : `to ${what}`}: ${lack.expected}.`,
    },
    support: [
      fromObject(lack.policy, now, `${direction} of the pods it selects: ${lack.says}`),
      ...edge.witnesses,
      ...(caller === undefined
        ? []
        : [
            fromObject(
              caller,
              now,
              `no ${direction} rule of ${blocked.policies.length} policies lets it through on ${port}`,
            ),
          ]),
    ],
    grounds: { basis: seen ? 'stated' : 'likely', current: true, repeated: seen },
    pods: edge.from.pods.map(podKey),
    affects: [edge.from.ref],
    explains: sufferedByCallers,
  };
}
