import { sayRef, type WireObject } from '../../cluster/object.ts';
import { serviceNameOf } from '../../cluster/topology.ts';
import { at, textAt } from '../../cluster/wire.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import type { ClusterDns } from './cluster-dns.ts';
import type { ConnectionFailure } from './connection-failures.ts';
import { explainedByDns, isServiceName } from './dns-fault.ts';
import { byName } from './service-map.ts';
import type { ServicePathContext } from './service-path-context.ts';

export function usesOtherDns(pods: readonly WireObject[]): boolean {
  return pods.some((pod) => ['None', 'Default'].includes(textAt(pod, 'spec', 'dnsPolicy') ?? ''));
}

/** One workload whose pods do not ask the cluster's name servers at all, and which fails to resolve Services. */
export function bypassed(
  context: ServicePathContext,
  dns: ClusterDns,
  lookups: readonly ConnectionFailure[],
): readonly FindingDraft[] {
  const { view, now } = context;
  const found = new Map<string, FindingDraft>();
  for (const failure of lookups) {
    const pod = failure.from.pods
      .toSorted(byName)
      .find((one) => usesOtherDns([one]) && at(one, 'spec', 'hostNetwork') !== true);
    const object = view.get(failure.from.ref);
    if (pod === undefined || object === undefined || !context.scope.has(failure.from.ref)) continue;
    const named = isServiceName(context, failure) || (serviceNameOf(failure.host, '')?.namespace ?? '') !== '';
    if (!named) continue;
    const policy = textAt(pod, 'spec', 'dnsPolicy') ?? '';
    const servers = at(pod, 'spec', 'dnsConfig', 'nameservers');
    const own = dns.services.flatMap((service) => textAt(service, 'spec', 'clusterIP') ?? []);
    if (Array.isArray(servers) && servers.some((server) => own.includes(server))) continue;
    const path =
      object.kind === 'Pod'
        ? 'spec.dnsPolicy'
        : object.kind === 'CronJob'
          ? 'spec.jobTemplate.spec.template.spec.dnsPolicy'
          : 'spec.template.spec.dnsPolicy';
    found.set(sayRef(failure.from.ref), {
      code: 'dns-failing',
      object: failure.from.ref,
      summary: `${sayRef(failure.from.ref)} cannot resolve ${failure.host}: with dnsPolicy ${policy} its pods do not ask the name servers of the cluster.`,
      cause: { path, observed: policy, expected: 'ClusterFirst, or nameservers of the cluster in dnsConfig' },
      support: [fromObject(pod, now, `dnsPolicy ${policy}`), failure.evidence],
      grounds: { basis: 'stated', current: true, repeated: true },
      pods: failure.from.pods.map(podKey),
      affects: [failure.from.ref],
      explains: explainedByDns,
    });
  }
  return [...found.values()];
}
