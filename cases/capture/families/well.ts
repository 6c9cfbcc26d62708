import type { CaseContext, CaseDefinition } from '../case-context.ts';
import { object, service, workload } from '../manifests.ts';

const silent = ['rollout-stuck', 'service-no-ready-endpoints', 'recent-change', 'container-crash-looping'];

/** Nothing is wrong, whatever the noise says. */
export const well: readonly CaseDefinition[] = [
  {
    name: 'healthy-whole-shop',
    system: true,
    about: 'Workloads of all kinds with their services, budgets and claims; all is well.',
    run: async (c) => {
      await c.runs('Deployment', 'front');
      await c.runs('StatefulSet', 'store');
      await c.runs('DaemonSet', 'agent');
      await c.runs('Job', 'seed');
      await c.apply(
        service('front'),
        service('store', { clusterIP: 'None' }),
        workload('CronJob', 'report'),
        object('policy/v1', 'PodDisruptionBudget', 'front', {
          spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'front' } } },
        }),
      );
      await c.until(
        'the budget to count',
        async () => (await c.get('PodDisruptionBudget', 'front')).status?.currentHealthy === 2,
      );
      return { status: 'healthy', notClaimed: silent };
    },
  },
  {
    name: 'healthy-recovered-rollout',
    system: true,
    about: 'A bad revision was rolled back half an hour ago; its ReplicaSet and its events are still there.',
    run: async (c) => {
      await c.runs('Deployment', 'front', { spec: { progressDeadlineSeconds: 6 } });
      await c.past({ hours: 30 });
      await c.patch(
        'Deployment',
        'front',
        {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'front',
                    image: 'registry.example.com/team/front:1.9.0',
                    env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'none', key: 'x' } } }],
                  },
                ],
              },
              metadata: { annotations: { 'capture.sre-copilot.dev/kubelet': 'absent' } },
            },
          },
        },
        { type: 'strategic' },
      );
      const pods = await c.podsOf('front', 3, { bound: true });
      const bad = pods.find(({ spec }) => JSON.stringify(spec).includes('front:1.9.0'));
      if (bad === undefined) throw new Error('no new pod');
      await c.kubelet.cannotConfigure(bad, { container: 'front', message: 'configmap "none" not found', retries: 3 });
      await c.until('the deadline', async () =>
        JSON.stringify((await c.get('Deployment', 'front')).status).includes('ProgressDeadlineExceeded'),
      );
      await c.past({ minutes: 30 });
      const [first] = (await c.list('ReplicaSet')).filter(
        ({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'] === '1',
      );
      const template = first?.spec?.template as { metadata: { labels: Record<string, string> } };
      delete template.metadata.labels['pod-template-hash'];
      await c.patch('Deployment', 'front', [{ op: 'replace', path: '/spec/template', value: template }], {
        type: 'json',
        manager: 'kubectl-rollout',
      });
      await c.podsOf('front', 2);
      await c.until(
        'it to be well',
        async () => !JSON.stringify((await c.get('Deployment', 'front')).status).includes('ProgressDeadlineExceeded'),
      );
      return { status: 'healthy', notClaimed: [...silent, 'config-map-missing'] };
    },
  },
  {
    name: 'healthy-stale-alert',
    system: true,
    about: 'An alert speaks of replicas that are missing; they are all there.',
    run: async (c) => {
      await c.runs('Deployment', 'front', { replicas: 3 });
      await c.apply(service('front'));
      c.alert(
        'KubeDeploymentReplicasMismatch',
        { namespace: c.ns, deployment: 'front', job: 'kube-state-metrics' },
        'Deployment has not matched the expected number of replicas.',
      );
      return { status: 'healthy', notClaimed: silent };
    },
  },
  {
    name: 'healthy-scaled-down',
    system: true,
    about: 'Somebody just scaled a Deployment from five to two; the events of the deletion are fresh.',
    run: async (c) => {
      await c.runs('Deployment', 'front', { replicas: 5 });
      await c.past({ hours: 3 });
      await c.patch('Deployment', 'front', { spec: { replicas: 2 } }, { manager: 'kubectl-scale' });
      await settle(c, 'front', 2);
      return { status: 'healthy', notClaimed: silent };
    },
  },
];

async function settle(c: CaseContext, name: string, replicas: number): Promise<void> {
  await c.until('the replicas', async () => (await c.get('Deployment', name)).status?.replicas === replicas);
}
