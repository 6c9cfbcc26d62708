import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubeconfigYaml } from '../../../src/sandbox/cluster/kubeconfig.ts';
import { createAlertSource } from '../../../src/sandbox/monitoring/alert-source.ts';
import { type CrashWorld, type Webhook, webhookToken } from '../../crash/crash-world.ts';
import type { RealCluster } from '../story.ts';
import { uniqueName } from '../workloads.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

const name = 'checkout';
const image = 'registry.example/shop/checkout';
const glanceMs = 250;

/**
 * A namespace of its own in the shared real cluster, with one Deployment. The rollout, its undoing and all that is read are real; the alert is posted directly,
 * in the form of Alertmanager, from what the real API says of the Deployment.
 */
export function createRealWorld({ facts, workloads }: RealCluster): CrashWorld {
  const namespace = uniqueName('crash');
  const over = new AbortController();
  let proxy: RecordingProxy | undefined;
  let webhook: Webhook = { wasOpened: () => false, url: () => '' };
  let isStuck = false;
  let watching: Promise<void> | undefined;
  const alerts = createAlertSource({
    webhookUrl: () => webhook.url(),
    token: webhookToken,
    rules: [
      {
        alert: 'KubeDeploymentRolloutStuck',
        labels: { severity: 'warning' },
        annotations: { summary: 'Deployment rollout is not progressing.' },
        active: () => (isStuck && webhook.wasOpened() ? [{ namespace, deployment: name }] : []),
      },
    ],
    groupWaitMs: 20,
    groupIntervalMs: 200,
    evaluateEveryMs: 50,
    retryAfterMs: 100,
  });

  // Fires when the new pod cannot be started, ends when the rollout is complete: as the rule of kube-prometheus, without its 15 minutes.
  async function look(): Promise<boolean> {
    if (!isStuck) {
      const pods = await workloads.podsOf(namespace, name);
      return pods.some(({ status }) =>
        status.containerStatuses?.some(({ state }) => /ImagePull/.test(state?.waiting?.reason ?? '')),
      );
    }
    const { spec, status, metadata } = await workloads.deploymentOf(namespace, name);
    const counts = [status.replicas, status.updatedReplicas, status.availableReplicas];
    const isComplete =
      status.observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas);
    return !isComplete;
  }

  async function watch(): Promise<void> {
    while (!over.signal.aborted) {
      // A look that failed says nothing; the next one is near.
      isStuck = await look().catch(() => isStuck);
      await sleep(glanceMs);
    }
  }

  return {
    async start({ folder, webhook: given }) {
      webhook = given;
      await workloads.createNamespace(namespace, { 'test.sre-copilot.dev/crash': 'true' });
      await workloads.applyDeployment({ namespace, name, image: `${image}:v1.4.2`, progressDeadlineSeconds: 60 });
      await workloads.untilRolledOut(namespace, name);
      const { url, ca, tokens } = facts.cluster;
      proxy = await startRecordingProxy({ url, ca });
      const [reader, writer] = await Promise.all(
        (['reader', 'operator'] as const).map(async (user) => {
          const file = join(folder, `${user}.kubeconfig`);
          const text = kubeconfigYaml({ cluster: 'real', url: proxy?.url ?? '', user, token: tokens[user] });
          await writeFile(file, text, { mode: 0o600 });
          return file;
        }),
      );
      alerts.start();
      watching = watch();
      return {
        config: { cluster: { name: 'real', kubeconfig: reader, writer: { kubeconfig: writer } } },
        secrets: Object.values(tokens),
      };
    },
    async breakIt() {
      await workloads.setImage({ namespace, name, image: `${image}:does-not-exist` });
    },
    generation: async () => (await workloads.deploymentOf(namespace, name)).metadata.generation,
    requests: () => proxy?.requests() ?? [],
    deliveries: () => alerts.deliveries(),
    async stop() {
      over.abort();
      await Promise.allSettled([watching, alerts.stop()]);
      await Promise.all([proxy?.close(), workloads.deleteNamespace(namespace)]);
    },
  };
}
