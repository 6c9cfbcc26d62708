import type { AlertRule } from '../monitoring/alert-source.ts';
import type { LabelSet } from '../monitoring/label-sets.ts';
import { latencyMetric } from './api-latency.ts';
import type { World } from './scenario.ts';

const runbooks = 'https://runbooks.prometheus-operator.dev/runbooks/kubernetes';
// kube-state-metrics' own target labels: `container` is that of the exporter, not of the workload the alert is about.
const exporter = { job: 'kube-state-metrics', container: 'kube-rbac-proxy-main', instance: '10.244.0.9:8443' };
/**
 * As `max_over_time(…[2500ms])`: a container that is up for a moment between two crashes is still crash looping, and what was seen of a pod outlives it by the
 * window. It covers the time that pods of a new revision take until they loop too, so a change that does not heal never looks like one that did.
 */
const crashLoopWindowMs = 2_500;

/**
 * The alerting rules of a sandbox world. Names, labels and texts are those of kube-prometheus; the times are shorter. They look at the whole
 * cluster, not at the scenarios.
 */
export function worldAlertRules(world: World, now: () => number): AlertRule[] {
  const looping = new Map<string, { labels: LabelSet; lastSeenMs: number }>();
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
      active() {
        const { instance, job } = exporter;
        for (const pod of world.cluster.list('Pod')) {
          const { name: podName, namespace = '', uid = '' } = pod.metadata;
          for (const { name, state } of pod.status?.containerStatuses ?? []) {
            if (state?.waiting?.reason !== 'CrashLoopBackOff') continue;
            const labels = { instance, job, namespace, pod: podName, container: name, reason: 'CrashLoopBackOff', uid };
            looping.set(`${uid}/${name}`, { labels, lastSeenMs: now() });
          }
        }
        for (const [key, { lastSeenMs }] of looping) if (now() - lastSeenMs >= crashLoopWindowMs) looping.delete(key);
        return [...looping.values()].map(({ labels }) => labels);
      },
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
