import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { isLivePod } from '../../cluster/pod-readiness.ts';
import { at, textAt } from '../../cluster/wire.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import { dnsNamespaces } from './cluster-dns.ts';
import type { ConnectionFailure } from './connection-failures.ts';
import { explainedByDns, sayState, unready } from './dns-fault.ts';
import { byName } from './service-map.ts';
import type { ServicePathContext } from './service-path-context.ts';

const cacheName = /^(?:[a-z0-9-]{0,40}-)?node-?local-?dns(?:-cache)?$/;

/** NodeLocal DNSCache: the pods of a node ask the cache on their own node, so one that is not ready is the name server of that node alone. */
export function nodeLocalDown(
  context: ServicePathContext,
  lookups: readonly ConnectionFailure[],
): readonly FindingDraft[] {
  const { view, now } = context;
  const caches = dnsNamespaces
    .flatMap((namespace) => view.list('DaemonSet', namespace))
    .filter((one) => isCache(one) && !isTerminating(one) && context.scope.has(refOf(one)));
  return caches.toSorted(byName).flatMap((daemonSet): readonly FindingDraft[] => {
    const down = view
      .podsOf(daemonSet)
      .filter((pod) => isLivePod(pod) && unready([pod], now))
      .toSorted(byName);
    const nodes = new Set(down.flatMap((pod) => textAt(pod, 'spec', 'nodeName') ?? []));
    const felt = lookups
      .map((failure) => ({ failure, pods: failure.from.pods.filter((pod) => asksOn(pod, nodes)) }))
      .filter(({ pods }) => pods.length > 0);
    const [first] = down;
    const [caller] = felt;
    if (first === undefined || caller === undefined) return [];
    const ref = refOf(daemonSet);
    const named = [...nodes].toSorted().slice(0, 3).join(', ');
    return [
      {
        code: 'dns-failing',
        object: ref,
        summary: `Names are not resolved on node ${named}: ${sayRef(refOf(first))}, which the pods of its node ask, is ${sayState(first)}; ${sayRef(caller.failure.from.ref)} cannot resolve ${caller.failure.host}.`,
        cause: {
          path: 'status.numberReady',
          observed: `${down.length} not ready, on ${named}`,
          expected: 'a ready pod on every node',
        },
        support: [
          fromObject(first, now, sayState(first)),
          ...down.slice(1, 3).map((pod) => fromObject(pod, now, sayState(pod))),
          ...felt.slice(0, 3).map(({ failure }) => failure.evidence),
        ],
        grounds: { basis: 'stated', current: true, repeated: true },
        pods: [...new Set([...down, ...felt.flatMap(({ pods }) => pods)].map(podKey))],
        affects: felt.map(({ failure }) => failure.from.ref),
        explains: explainedByDns,
      },
    ];
  });
}

function isCache({ metadata }: WireObject): boolean {
  return cacheName.test(metadata.name) || metadata.labels?.['k8s-app'] === 'node-local-dns';
}

/** Whether a pod asks the name server of its node: one on the network of its host asks what the host does, unless it says otherwise. */
function asksOn(pod: WireObject, nodes: ReadonlySet<string>): boolean {
  const policy = textAt(pod, 'spec', 'dnsPolicy') ?? 'ClusterFirst';
  const isOfCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && at(pod, 'spec', 'hostNetwork') !== true);
  return isOfCluster && nodes.has(textAt(pod, 'spec', 'nodeName') ?? '');
}
