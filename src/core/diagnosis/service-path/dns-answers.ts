import type { ContainerLog } from '../../cluster/cluster-view.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { numberAt, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { answersAbout, type MetricSeries, newestOf } from '../observations.ts';
import { fromLog, fromObject } from '../support.ts';
import { type ClusterDns, clusterDnsOf } from './cluster-dns.ts';
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
  /plugin\/errors: 2 (\S{1,253})\. [A-Z]{1,10}: (?:(?:read|dial|write) udp \S{1,80}->|dial (?:udp|tcp) )(\S{1,80}:(?:53|853)): (?:i\/o timeout|(?:read: |connect: )?connection refused|(?:connect: )?no route to host)|plugin\/errors: 2 (\S{1,253})\. [A-Z]{1,10}: (?:no next plugin|unreachable backend)/g;
const fewestLines = 3;
const serverFailure = 'SERVFAIL';
/** Above this share of answers that are failures, it is not one bad name that somebody asks for. */
const failingShare = 0.05;

type UpstreamLog = {
  readonly pod: WireObject;
  readonly log: ContainerLog;
  readonly server: string | undefined;
  readonly names: readonly string[];
};

/** What CoreDNS says of servers that do not answer it. Of a Corefile that names its servers only those count: lines about another one are from before it was changed. */
function upstreamLogs(
  { view }: Pick<ServicePathContext, 'view'>,
  { pods, configs }: ClusterDns,
): readonly UpstreamLog[] {
  const targets = forwardTargets(textAt(configs[0], 'data', 'Corefile') ?? '').map(hostOf);
  const areNamed = targets.length > 0 && targets.every((target) => !target.startsWith('/'));
  const found = logsOf(view, pods).flatMap(({ pod, log }) => {
    const lines = [...log.text.slice(-20_000).matchAll(upstream)].filter(
      ([, , server]) => server === undefined || !areNamed || targets.includes(hostOf(server)),
    );
    const names = lines.map(([, name, , other]) => (name ?? other ?? '').toLowerCase());
    return lines.length === 0 ? [] : [{ pod, log, server: lines.at(-1)?.[2], names }];
  });
  return found.reduce((sum, { names }) => sum + names.length, 0) < fewestLines ? [] : found;
}

/** `tls://10.0.0.2:853`, `[fd00::2]:53` and `10.0.0.2` without what is not the host. */
function hostOf(target: string): string {
  const bare = target.replace(/^[a-z]{1,10}:\/\//, '').replace(/%\S{1,20}$/, '');
  return bare.replace(/^\[([^\]]{1,60})\](?::\d{1,5})?$/, '$1').replace(/^([^:]{1,253}):\d{1,5}$/, '$1');
}

/** That name servers complain of the servers they ask: nobody may be called well meanwhile, whether or not a caller was heard. */
export function saysUpstreamFails(context: Pick<ServicePathContext, 'view'>): WireObject | undefined {
  return upstreamLogs(context, clusterDnsOf(context))[0]?.pod;
}

/** CoreDNS itself says that the servers it asks do not answer; callers, or its own counters, say that it is felt. */
export function upstreamFailing(context: ServicePathContext, dns: ClusterDns): DnsFault | undefined {
  const { now } = context;
  const { configs, workloads } = dns;
  const lines = upstreamLogs(context, dns);
  const unanswered = context.failures.all.filter(
    (failure) => failure.how === 'unresolved' && !isServiceName(context, failure),
  );
  const counted = serverFailures(context);
  const [first] = lines;
  const object = configs[0] ?? workloads[0];
  if (first === undefined || object === undefined || (unanswered.length === 0 && counted === undefined))
    return undefined;
  const targets = forwardTargets(textAt(configs[0], 'data', 'Corefile') ?? '');
  const asked = new Set(lines.flatMap(({ names }) => names));
  const isSame = unanswered.some(({ host, answered }) => !answered && asked.has(host.toLowerCase()));
  const isNamed = first.server !== undefined && targets.map(hostOf).includes(hostOf(first.server));
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
      ...(counted === undefined ? [] : [counted]),
      ...unanswered.slice(0, 2).map(({ evidence }) => evidence),
    ],
    // The Corefile names the server that is silent, and who asks cannot resolve the very names: nothing else would look so.
    grounds: {
      basis: isSame && isNamed ? 'stated' : 'likely',
      current: true,
      repeated: lines.length > 1 || unanswered.length > 1,
    },
  };
}

/** CoreDNS counts its answers by their code: a share of failures that is felt. */
function serverFailures({ observations, now }: ServicePathContext): EvidenceDraft | undefined {
  for (const reading of answersAbout(observations, /^coredns_dns_responses?_(?:rcode_count_)?total$/)) {
    const all = reading.series.filter(({ labels }) => labels.rcode !== undefined);
    const sum = (list: readonly MetricSeries[]) => list.reduce((total, one) => total + (newestOf(one) ?? 0), 0);
    const whole = sum(all);
    const share = sum(all.filter(({ labels }) => labels.rcode === serverFailure)) / whole;
    if (!/rate|increase/.test(reading.query) || !(whole > 0) || share < failingShare) continue;
    return {
      kind: 'metric',
      source: `metrics: ${reading.query.slice(0, 200)}`,
      at: now,
      summary: `${Math.round(share * 100)} % of the answers of CoreDNS are ${serverFailure}`,
      from: reading,
    };
  }
  return undefined;
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
