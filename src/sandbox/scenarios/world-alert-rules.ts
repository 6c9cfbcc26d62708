import type { AlertRule } from '../monitoring/alert-source.ts';
import { latencyMetric } from './api-latency.ts';
import type { World } from './scenario.ts';

const runbooks = 'https://runbooks.prometheus-operator.dev/runbooks/kubernetes';
// kube-state-metrics' own target labels: `container` is that of the exporter, not of the workload the alert is about.
const exporter = { job: 'kube-state-metrics', container: 'kube-rbac-proxy-main', instance: '10.244.0.9:8443' };
/** As `max_over_time(…[1500ms])`: a container that is up for a moment between two crashes is still crash looping. */
const crashLoopWindowMs = 1_500;

/**
 * The alerting rules of a sandbox world. Names, labels and texts are those of kube-prometheus; the times are shorter. They look at the whole
 * cluster, not at the scenarios.
 */
export function worldAlertRules(world: World, now: () => number): AlertRule[] {
  const lastSeenLooping = new Map<string, number>();
  return [
    {
      alert: 'KubeDeploymentRolloutStuck',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Deployment rollout is not progressing.',
        description:
          'Rollout of deployment {{ $labels.namespace }}/{{ $labels.deployment }} is not progressing for longer than 15 minutes.',
        runbook_url: `${runbooks}/kubedeploymentrolloutstuck`,
      },
      active: () =>
        world.cluster
          .list('Deployment')
          .filter(({ status }) =>
            status?.conditions?.some(({ status: value, type }) => type === 'Progressing' && value === 'False'),
          )
          .map(({ metadata }) => ({
            ...exporter,
            namespace: metadata.namespace ?? '',
            deployment: metadata.name,
            condition: 'Progressing',
            status: 'false',
          })),
    },
    {
      alert: 'KubePodCrashLooping',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'Pod is crash looping.',
        description:
          'Pod {{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }}) is in waiting state (reason: "CrashLoopBackOff").',
        runbook_url: `${runbooks}/kubepodcrashlooping`,
      },
      active: () =>
        world.cluster.list('Pod').flatMap((pod) =>
          (pod.status?.containerStatuses ?? []).flatMap(({ name, state }) => {
            const { name: podName, namespace = '', uid = '' } = pod.metadata;
            const key = `${uid}/${name}`;
            if (state?.waiting?.reason === 'CrashLoopBackOff') lastSeenLooping.set(key, now());
            const isLooping = now() - (lastSeenLooping.get(key) ?? Number.NEGATIVE_INFINITY) < crashLoopWindowMs;
            const { instance, job } = exporter;
            return isLooping
              ? [{ instance, job, namespace, pod: podName, container: name, reason: 'CrashLoopBackOff', uid }]
              : [];
          }),
        ),
    },
    {
      alert: 'KubeAPILatency',
      labels: { severity: 'warning' },
      annotations: {
        summary: 'The API server answers slowly.',
        description:
          'The API server has a 99th percentile latency above 1.5 seconds for {{ $labels.verb }} {{ $labels.resource }}.',
        runbook_url: `${runbooks}/kubeapilatencyhigh`,
      },
      active: () =>
        world.metrics
          .read(latencyMetric)
          .filter(({ value }) => value > 1.5)
          .map(({ labels: { __name__: _, ...labels } }) => labels),
    },
  ];
}
