import { coded, type Scene } from './case.ts';
import { type App, alerts, app } from './recipes.ts';

const asked = (made: App, alert = alerts.crashLooping(made, made.container)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

const share = (s: Scene, low: number, high: number) =>
  Array.from({ length: 12 }, () => s.w.random.int(low * 100, high * 100) / 10_000);

/** CPU: throttled, used up. */
export const processor = {
  ...coded(
    'cpu-throttled',
    {
      'cfs-share': (s, well) => {
        const { w } = s;
        const limit = w.random.pick(['200m', '300m', '500m']);
        const made = app(w, {
          container: {
            resources: { limits: { cpu: limit, memory: '512Mi' }, requests: { cpu: limit, memory: '512Mi' } },
          },
        });
        w.metric(
          `sum(increase(container_cpu_cfs_throttled_periods_total{container!=""}[5m])) by (container, pod, namespace) / sum(increase(container_cpu_cfs_periods_total{}[5m])) by (container, pod, namespace)`,
          made.pods.map((pod) => ({
            labels: { namespace: made.namespace, pod: pod.name, container: made.container },
            value: well ? share(s, 0, 4) : share(s, 55, 90),
          })),
        );
        return {
          about: 'Most CPU periods are throttled at its limit.',
          object: made.ref,
          says: [limit],
          ask: {
            ...asked(made, {
              name: 'CPUThrottlingHigh',
              labels: { namespace: made.namespace, pod: made.pod.name, container: made.container, severity: 'info' },
              summary: 'Processes experience elevated CPU throttling.',
            }),
          },
        };
      },
    },
    {
      'busy-without-limit': (s) => {
        const { w } = s;
        const made = app(w, {
          container: {
            resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '500m', memory: '512Mi' } },
          },
        });
        w.metric(
          'sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))',
          made.pods.map((pod) => ({
            labels: { namespace: made.namespace, pod: pod.name, container: made.container },
            value: Array.from({ length: 12 }, (_, index) => 0.96 + (index % 4) * 0.01),
          })),
        );
        w.metric(
          'kube_pod_container_resource_limits{resource="cpu"}',
          made.pods.map((pod) => ({
            labels: {
              namespace: made.namespace,
              pod: pod.name,
              container: made.container,
              resource: 'cpu',
              unit: 'core',
            },
            value: 1,
          })),
        );
        return {
          about: 'It uses all that its limit allows; nobody measured throttling.',
          code: 'cpu-saturated',
          object: made.ref,
          ask: asked(made, {
            name: 'ContainerCpuUsageHigh',
            labels: { namespace: made.namespace, pod: made.pod.name, container: made.container },
          }),
        };
      },
    },
  ),
  ...coded('cpu-saturated', {
    'of-limit': (s, well) => {
      const { w } = s;
      const made = app(w, {
        container: { resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } } },
      });
      w.metric(
        `rate(container_cpu_usage_seconds_total{namespace="${made.namespace}",image!=""}[2m])`,
        made.pods.map((pod) => ({
          labels: { __name__: 'x', namespace: made.namespace, pod: pod.name, container: made.container, cpu: 'total' },
          value: Array.from({ length: 20 }, () => (well ? 0.6 : 1.97) + w.random.int(0, 3) / 100),
        })),
      );
      return {
        about: 'Usage stands at the CPU limit.',
        object: made.ref,
        ask: asked(made, { name: 'PodCPUSaturation', labels: { namespace: made.namespace, pod: made.pod.name } }),
      };
    },
  }),
};
