/** One question to a metrics server. `about` names it to people when it could not be answered. */
export type StandardQuery = { readonly id: string; readonly about: string; readonly promql: string };

/** What the measurements are wanted for. Names are those of the cluster's objects: they are quoted, whatever they hold. */
export type MeasuredScope = {
  /** Namespaces with pods of the scope; empty for a question about nodes alone. */
  readonly namespaces: readonly string[];
  /** A part that all names of the pods begin with, when one workload is asked about. */
  readonly podPrefix?: string | undefined;
  readonly hasClaims: boolean;
  readonly hasNodes: boolean;
};

const maxNamespaces = 20;
const container = 'container!="", container!="POD"';

/**
 * The few queries that rules read, for what the scope needs: cAdvisor's CPU and memory, the kubelet's volumes, node-exporter's clock and network, the blackbox exporter's
 * probes, and the control plane's own. Each mentions the metric it is about by name, since rules find answers by that; shares are written as a division.
 */
export function standardQueriesFor(scope: MeasuredScope): readonly StandardQuery[] {
  return [
    ...controlPlane,
    ...(scope.hasNodes ? nodes : []),
    ...(scope.namespaces.length === 0 ? [] : workloads(scope)),
    ...(scope.namespaces.length > 0 && scope.hasClaims ? volumes(scope) : []),
  ];
}

const controlPlane: readonly StandardQuery[] = [
  {
    id: 'alerts-firing',
    about: 'alerts that fire',
    promql: 'ALERTS{alertstate="firing"}',
  },
  {
    id: 'apiserver-latency-p99',
    about: 'latency of the API server',
    promql:
      'histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket{verb!~"WATCH|WATCHLIST|CONNECT"}[5m])))',
  },
  {
    id: 'apiserver-errors',
    about: 'errors of the API server',
    promql: 'sum(rate(apiserver_request_total{code=~"5.."}[5m])) / sum(rate(apiserver_request_total[5m]))',
  },
  { id: 'etcd-leader', about: 'the leader of etcd', promql: 'etcd_server_has_leader' },
  { id: 'etcd-size', about: 'the size of etcd', promql: 'etcd_mvcc_db_total_size_in_bytes' },
  { id: 'etcd-quota', about: 'the quota of etcd', promql: 'etcd_server_quota_backend_bytes' },
  {
    id: 'etcd-fsync-p99',
    about: 'the disk of etcd',
    promql: 'histogram_quantile(0.99, sum by (le, instance) (rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m])))',
  },
  {
    id: 'coredns-answers',
    about: 'answers of CoreDNS',
    promql: 'sum by (rcode) (rate(coredns_dns_responses_total[5m]))',
  },
  { id: 'probe-success', about: 'probes', promql: 'probe_success' },
  { id: 'probe-certificates', about: 'certificates that probes saw', promql: 'probe_ssl_earliest_cert_expiry' },
];

const nodes: readonly StandardQuery[] = [
  { id: 'node-clock-offset', about: 'clocks of nodes', promql: 'node_timex_offset_seconds' },
  { id: 'node-clock-sync', about: 'clocks of nodes', promql: 'node_timex_sync_status' },
  {
    id: 'node-receive-errors',
    about: 'the network of nodes',
    promql:
      'sum by (instance, node, nodename) (rate(node_network_receive_errs_total[5m])) / sum by (instance, node, nodename) (rate(node_network_receive_packets_total[5m]))',
  },
  {
    id: 'node-receive-drops',
    about: 'the network of nodes',
    promql:
      'sum by (instance, node, nodename) (rate(node_network_receive_drop_total[5m])) / sum by (instance, node, nodename) (rate(node_network_receive_packets_total[5m]))',
  },
  {
    id: 'node-cpu-idle',
    about: 'the CPU of nodes',
    promql: 'avg by (instance, node, nodename) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
  },
];

function workloads(scope: MeasuredScope): readonly StandardQuery[] {
  const pods = podMatchers(scope);
  const by = 'sum by (namespace, pod, container)';
  const rate = (metric: string) => `${by} (rate(${metric}{${pods}, ${container}}[5m]))`;
  return [
    {
      id: 'cpu-throttling',
      about: 'CPU throttling',
      promql: `${rate('container_cpu_cfs_throttled_periods_total')} / ${rate('container_cpu_cfs_periods_total')}`,
    },
    { id: 'cpu-usage', about: 'CPU use', promql: rate('container_cpu_usage_seconds_total') },
    {
      id: 'memory-working-set',
      about: 'memory use',
      promql: `max by (namespace, pod, container) (container_memory_working_set_bytes{${pods}, ${container}})`,
    },
  ];
}

function volumes(scope: MeasuredScope): readonly StandardQuery[] {
  const where = namespaceMatcher(scope.namespaces);
  return ['used_bytes', 'capacity_bytes', 'inodes_used', 'inodes'].map((part) => ({
    id: `volume-${part.replace('_', '-')}`,
    about: 'space on volumes',
    promql: `max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_${part}{${where}})`,
  }));
}

function podMatchers({ namespaces, podPrefix }: MeasuredScope): string {
  const where = namespaceMatcher(namespaces);
  return podPrefix === undefined ? where : `${where}, pod=~${quoted(`${escapeRegex(podPrefix)}.*`)}`;
}

function namespaceMatcher(namespaces: readonly string[]): string {
  const [only, ...others] = namespaces.slice(0, maxNamespaces);
  if (only !== undefined && others.length === 0) return `namespace=${quoted(only)}`;
  return `namespace=~${quoted(namespaces.slice(0, maxNamespaces).map(escapeRegex).join('|'))}`;
}

/** A PromQL string in double quotes takes the escapes of Go. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

export function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The expression of the rule behind an alert, from its `generatorURL` (`…/graph?g0.expr=…`). Undefined when it carries none. */
export function expressionOf(generatorUrl: string | undefined): string | undefined {
  if (generatorUrl === undefined || generatorUrl.length > 20_000 || !URL.canParse(generatorUrl)) return undefined;
  const expression = new URL(generatorUrl).searchParams.get('g0.expr')?.trim();
  return expression === undefined || expression === '' ? undefined : expression.slice(0, 8000);
}
