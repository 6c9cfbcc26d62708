import { refOf } from '../../cluster/object.ts';
import { readinessOf } from '../../cluster/pod-readiness.ts';
import { at } from '../../cluster/wire.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { type ClusterDns, clusterDnsOf } from './cluster-dns.ts';
import type { ConnectionFailure } from './connection-failures.ts';
import { unexplainedLookups, upstreamFailing, wrongZone } from './dns-answers.ts';
import { bypassed } from './dns-bypassed.ts';
import { brokenCorefile } from './dns-corefile.ts';
import { type DnsFault, explainedByDns, isServiceName } from './dns-fault.ts';
import { nodeLocalDown } from './dns-node-local.ts';
import { noneReady, scaledToZero, serviceFault } from './dns-workload.ts';
import type { ServicePathContext } from './service-path-context.ts';

/**
 * `dns-failing`: names are not resolved inside the cluster. The first of these that holds: CoreDNS is scaled to zero; its Service leads past it; its Corefile cannot
 * be read; none of its pods is ready; it answers for the wrong zone; the servers it asks do not answer; workloads cannot resolve Services that exist although
 * CoreDNS looks well. Where it is well, a cache on a node that is not ready may be why the pods of that node resolve nothing.
 */
export function findDnsFaults(context: ServicePathContext): readonly FindingDraft[] {
  const dns = clusterDnsOf(context);
  const lookups = failedLookups(context);
  const fault =
    scaledToZero(context, dns) ??
    serviceFault(context, dns) ??
    brokenCorefile(context, dns) ??
    noneReady(context, dns) ??
    wrongZone(context, dns, lookups) ??
    upstreamFailing(context, dns) ??
    unexplainedLookups(context, dns, lookups);
  const single = fault === undefined ? [...bypassed(context, dns, lookups), ...nodeLocalDown(context, lookups)] : [];
  return [
    ...(fault === undefined || !context.scope.has(refOf(fault.object)) ? [] : [draft(context, dns, lookups, fault)]),
    ...single,
  ];
}

/** Lookups that failed although they should not have: of Services that exist, or that no name server answered. */
function failedLookups(context: ServicePathContext): readonly ConnectionFailure[] {
  return context.failures.all.filter(
    (failure) => failure.how === 'unresolved' && (!failure.answered || isServiceName(context, failure)),
  );
}

function draft(
  context: ServicePathContext,
  dns: ClusterDns,
  lookups: readonly ConnectionFailure[],
  fault: DnsFault,
): FindingDraft {
  const suffering = context.scope.pods.filter(
    (pod) => readinessOf(pod) === false && at(pod, 'spec', 'hostNetwork') !== true,
  );
  const [first, ...more] = fault.support;
  return {
    code: 'dns-failing',
    object: refOf(fault.object),
    summary: fault.summary,
    cause: fault.cause,
    support: [first, ...more, ...lookups.slice(0, 3).map(({ evidence }) => evidence)],
    grounds: fault.grounds,
    pods: [...new Set([...dns.pods, ...suffering].map(podKey))],
    affects: [...dns.workloads, ...dns.services].map(refOf).concat(lookups.map(({ from }) => from.ref)),
    explains: explainedByDns,
  };
}
