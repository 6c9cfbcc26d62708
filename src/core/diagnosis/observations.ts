import type { ObjectRef, WireObject } from '../cluster/object.ts';

/** One line of a metric over time. An instant query gives one point; times in milliseconds, oldest first. */
export type MetricSeries = {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly at: number; readonly value: number }[];
};

/** What a metrics server answered to one query. In a snapshot the queries are those of whoever recorded it, so they are read by the metrics they mention. */
export type MetricAnswer = { readonly query: string; readonly series: readonly MetricSeries[] };

/** One connectivity check: `ok: null` when it could not be made. */
export type Probe = {
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly ok: boolean | null;
  readonly error?: string | undefined;
};

/** The state of the services of one host as its init system tells it: `{ kubelet: 'active', containerd: 'failed' }`. */
export type HostServices = { readonly node: string; readonly services: Readonly<Record<string, string>> };

/** Who calls whom, by the names that a mesh or a catalog uses: `checkout`, `shop/checkout`, a host name. */
export type Call = { readonly from: string; readonly to: string };

/** One check of an API server's own health page: `/readyz` → `etcd`, failed. */
export type HealthCheck = {
  readonly page: string;
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
};

/** A change as the audit log tells it. `user` is who asked, `fields` the paths that a patch names (never values). */
export type AuditEntry = {
  readonly at: number;
  readonly user: string;
  readonly verb: string;
  readonly object: ObjectRef;
  readonly fields: readonly string[];
};

/** An alert that fires (or fired) somewhere in the cluster at the time. Times in milliseconds. */
export type ObservedAlert = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly firing: boolean;
  readonly startsAt: number | undefined;
  readonly endsAt: number | undefined;
};

/** Everything that was read besides the objects and logs of the view. A list is empty when its source gave nothing or was not there. */
export type Observations = {
  readonly metrics: readonly MetricAnswer[];
  readonly probes: readonly Probe[];
  readonly hosts: readonly HostServices[];
  readonly calls: readonly Call[];
  /** Objects as somebody declared them (Git, a release), to compare with what is. */
  readonly declared: readonly WireObject[];
  readonly checks: readonly HealthCheck[];
  readonly audit: readonly AuditEntry[];
  readonly alerts: readonly ObservedAlert[];
  /** The PromQL of the alert that was asked about, as it stands among the queries of `metrics` when it was answered. */
  readonly expression?: string | undefined;
};

export const noObservations: Observations = {
  metrics: [],
  probes: [],
  hosts: [],
  calls: [],
  declared: [],
  checks: [],
  audit: [],
  alerts: [],
};

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/g;

/**
 * The answers whose query mentions a metric by its exact name, or by a name that `metric` matches. Of a recording rule (`level:metric:operations`, as Prometheus
 * recommends to name them) the metric inside counts too.
 */
export function answersAbout(observations: Observations, metric: string | RegExp): readonly MetricAnswer[] {
  return observations.metrics.filter(({ query }) =>
    [...query.slice(0, 10_000).matchAll(metricName)].some(([name]) =>
      [name, recordedMetric(name)].some((one) =>
        typeof metric === 'string' ? one === metric : one !== undefined && metric.test(one),
      ),
    ),
  );
}

// `node_namespace_pod_container:container_memory_working_set_bytes` has no operations.
function recordedMetric(name: string): string | undefined {
  return name.split(':')[1];
}

/** The newest value of a series, when it is a number. */
export function newestOf({ points }: MetricSeries): number | undefined {
  const value = points.at(-1)?.value;
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
