/** An alert that the monitoring of a test can raise. */
export type AlertName = keyof typeof alerts;

type Alert = { expr: string; for: string; severity: string; summary: string; description: string; runbook: string };

/**
 * Alerts as kube-prometheus has them (names, labels, meaning of the expressions), with waits of seconds instead of a
 * quarter of an hour. `ContainerOOMKilled` is ours: kube-prometheus has no alert for it.
 */
const alerts = {
  KubeDeploymentRolloutStuck: {
    expr: 'kube_deployment_status_condition{condition="Progressing", status="false", job="kube-state-metrics"} != 0',
    for: '2s',
    severity: 'warning',
    summary: 'Deployment rollout is not progressing.',
    description: 'Rollout of deployment {{ $labels.namespace }}/{{ $labels.deployment }} is not progressing.',
    runbook: 'kubedeploymentrolloutstuck',
  },
  KubeDeploymentReplicasMismatch: {
    expr: [
      '(kube_deployment_spec_replicas{job="kube-state-metrics"} > kube_deployment_status_replicas_available{job="kube-state-metrics"})',
      'and (changes(kube_deployment_status_replicas_updated{job="kube-state-metrics"}[5s]) == 0)',
    ].join(' '),
    for: '3s',
    severity: 'warning',
    summary: 'Deployment has not matched the expected number of replicas.',
    description:
      'Deployment {{ $labels.namespace }}/{{ $labels.deployment }} has not matched the expected number of replicas.',
    runbook: 'kubedeploymentreplicasmismatch',
  },
  KubePodCrashLooping: {
    // 6 s bridge the moments in which a crash-looping container runs; kube-prometheus looks back 5 minutes for that.
    expr: 'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff", job="kube-state-metrics"}[6s]) >= 1',
    for: '2s',
    severity: 'warning',
    summary: 'Pod is crash looping.',
    description:
      'Pod {{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }}) is in waiting state (reason: "CrashLoopBackOff").',
    runbook: 'kubepodcrashlooping',
  },
  KubeContainerWaiting: {
    expr: 'kube_pod_container_status_waiting_reason{reason!="CrashLoopBackOff", job="kube-state-metrics"} > 0',
    for: '3s',
    severity: 'warning',
    summary: 'Pod container is waiting.',
    description:
      'Pod {{ $labels.namespace }}/{{ $labels.pod }} on container {{ $labels.container }} has been in waiting state (reason: "{{ $labels.reason }}").',
    runbook: 'kubecontainerwaiting',
  },
  ContainerOOMKilled: {
    expr: [
      '(kube_pod_container_status_last_terminated_reason{reason="OOMKilled", job="kube-state-metrics"} == 1)',
      'and on (namespace, pod, container) (kube_pod_container_status_ready{job="kube-state-metrics"} == 0)',
    ].join(' '),
    for: '2s',
    severity: 'warning',
    summary: 'Container was killed because it went over its memory limit.',
    description:
      'Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} was last ended by OOMKilled and is not ready.',
    runbook: 'containeroomkilled',
  },
  KubeAPILatency: {
    // The series is recorded below, or a constant of the test.
    expr: 'apiserver_request_duration_seconds_p99 > 1.5',
    for: '0s',
    severity: 'warning',
    summary: 'The API server answers slowly.',
    description: 'The API server has a 99th percentile latency of {{ $value }} seconds.',
    runbook: 'kubeapilatencyhigh',
  },
  Watchdog: {
    expr: 'vector(1)',
    for: '0s',
    severity: 'none',
    summary: 'An alert that should always be firing to certify that Alertmanager is working properly.',
    description: 'This alert is always firing.',
    runbook: 'watchdog',
  },
} satisfies Record<string, Alert>;

/** Every alert there is. */
export const alertNames = Object.keys(alerts) as AlertName[]; // the keys of a literal above

/**
 * The rule file of Prometheus: the named alerts, and the recording rule that the runbook kube-api-latency reads.
 *
 * @param constants Series by name that always have the given value; one of them may replace the recording rule.
 */
export function ruleFile({
  names,
  constants = {},
}: {
  names: readonly AlertName[];
  constants?: Readonly<Record<string, number>>;
}): object {
  const recorded: Record<string, string> = {
    apiserver_request_duration_seconds_p99:
      'histogram_quantile(0.99, sum by (le) (rate(apiserver_request_duration_seconds_bucket{verb!~"WATCH|CONNECT"}[15s])))',
    ...Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, `vector(${value})`])),
  };
  return {
    groups: [
      { name: 'recorded', rules: Object.entries(recorded).map(([record, expr]) => ({ record, expr })) },
      { name: 'kubernetes-apps', rules: names.map((name) => alertRule(name, alerts[name])) },
    ],
  };
}

function alertRule(name: string, { expr, for: wait, severity, summary, description, runbook }: Alert): object {
  return {
    alert: name,
    expr,
    for: wait,
    labels: { severity },
    annotations: {
      summary,
      description,
      runbook_url: `https://runbooks.prometheus-operator.dev/runbooks/kubernetes/${runbook}`,
    },
  };
}
