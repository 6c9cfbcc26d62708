import { refOf, sayRef } from '../../cluster/object.ts';
import { numberAt, textAt } from '../../cluster/wire.ts';
import { fromLog, fromObject } from '../support.ts';
import type { ClusterDns } from './cluster-dns.ts';
import type { ConnectionFailure } from './connection-failures.ts';
import { forwardTargets, kubernetesZones } from './corefile.ts';
import { usesOtherDns } from './dns-bypassed.ts';
import { type DnsFault, isServiceName, logsOf } from './dns-fault.ts';
import { firingAbout, type ServicePathContext } from './service-path-context.ts';

const clusterDomain = 'cluster.local';

export function wrongZone(
  { now }: ServicePathContext,
  { configs }: ClusterDns,
  lookups: readonly ConnectionFailure[],
): DnsFault | undefined {
  const [config] = configs;
  const corefile = textAt(config, 'data', 'Corefile');
  const answered = lookups.filter((failure) => failure.answered);
  if (config === undefined || corefile === undefined || answered.length === 0) return undefined;
  const zones = kubernetesZones(corefile);
  if (zones?.includes(clusterDomain) === true) return undefined;
  return {
    object: config,
    summary: `Names of Services are not resolved: the Corefile in ${sayRef(refOf(config))} ${zones === undefined ? 'has no kubernetes plugin' : `answers for ${zones.slice(0, 3).join(' ')}, not for ${clusterDomain}`}.`,
    cause: {
      path: 'data.Corefile',
      observed: zones === undefined ? 'no kubernetes plugin' : `kubernetes ${zones.slice(0, 3).join(' ')}`,
      expected: `kubernetes ${clusterDomain} in-addr.arpa ip6.arpa`,
    },
    support: [
      fromObject(
        config,
        now,
        zones === undefined ? 'no kubernetes plugin in the Corefile' : `kubernetes ${zones.slice(0, 3).join(' ')}`,
      ),
    ],
    grounds: { basis: 'stated', current: true, repeated: true },
  };
}

const upstream =
  /plugin\/errors: 2 (\S{1,253})\. [A-Z]{1,10}: (?:read|dial|write) udp \S{1,80}->(\S{1,80}:53): (?:i\/o timeout|read: connection refused|connection refused)|plugin\/errors: 2 (\S{1,253})\. [A-Z]{1,10}: (?:no next plugin|unreachable backend)/g;

/** CoreDNS itself says that the servers it asks do not answer. */
export function upstreamFailing(
  context: ServicePathContext,
  { pods, configs, workloads }: ClusterDns,
): DnsFault | undefined {
  const { view, now } = context;
  const lines = logsOf(view, pods).flatMap(({ pod, log }) => {
    const matches = [...log.text.slice(-20_000).matchAll(upstream)];
    return matches.length < 3 ? [] : [{ pod, log, server: matches.at(-1)?.[2], count: matches.length }];
  });
  const unanswered = context.failures.all.filter(
    (failure) => failure.how === 'unresolved' && !isServiceName(context, failure),
  );
  const [first] = lines;
  const object = configs[0] ?? workloads[0];
  if (first === undefined || object === undefined || unanswered.length === 0) return undefined;
  const targets = forwardTargets(textAt(configs[0], 'data', 'Corefile') ?? '');
  return {
    object,
    summary: `Names outside the cluster are not resolved: the server that CoreDNS asks${first.server === undefined ? '' : ` (${first.server})`} does not answer.`,
    cause: {
      path: configs[0] === undefined ? 'spec.template.spec' : 'data.Corefile',
      observed:
        targets.length === 0 ? `no answer from ${first.server ?? 'its upstream'}` : `forward . ${targets.join(' ')}`,
      expected: 'name servers that answer',
    },
    support: [
      fromLog(first.pod, first.log, 4),
      fromObject(
        object,
        now,
        targets.length === 0 ? 'it forwards what it does not know' : `forward . ${targets.join(' ')}`,
      ),
    ],
    grounds: { basis: 'likely', current: true, repeated: lines.length > 1 || unanswered.length > 1 },
  };
}

/** Several workloads fail to resolve Services that exist, and CoreDNS looks well: it is still the place to look. */
export function unexplainedLookups(
  context: ServicePathContext,
  { workloads }: ClusterDns,
  lookups: readonly ConnectionFailure[],
): DnsFault | undefined {
  const { now } = context;
  const [workload] = workloads;
  const own = lookups.filter((failure) => isServiceName(context, failure) || !failure.answered);
  const callers = new Set(own.filter(({ from }) => !usesOtherDns(from.pods)).map(({ from }) => sayRef(from.ref)));
  if (workload === undefined || callers.size < 2) return undefined;
  const alerts = firingAbout(context, refOf(workload));
  return {
    object: workload,
    summary: `${callers.size} workloads cannot resolve names of the cluster (${[...callers].toSorted().slice(0, 3).join(', ')}), although ${sayRef(refOf(workload))} has ready pods.`,
    cause: {
      path: 'spec.template.spec',
      observed: `lookups of ${callers.size} workloads fail`,
      expected: 'answers for Services that exist',
    },
    support: [fromObject(workload, now, `${numberAt(workload, 'status', 'readyReplicas') ?? 0} ready pods`)],
    grounds: { basis: 'inferred', current: true, repeated: callers.size > 2 || alerts.length > 0 },
  };
}
