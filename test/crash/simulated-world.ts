import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSimulatedCluster } from '../../src/sandbox/cluster/simulated-cluster.ts';
import { createAlertSource } from '../../src/sandbox/monitoring/alert-source.ts';
import { createMetricsServer } from '../../src/sandbox/monitoring/metrics-server.ts';
import { badImage } from '../../src/sandbox/scenarios/bad-image.ts';
import { healthyImages, healthyObjects } from '../../src/sandbox/scenarios/healthy-cluster.ts';
import type { World } from '../../src/sandbox/scenarios/scenario.ts';
import { worldAlertRules } from '../../src/sandbox/scenarios/world-alert-rules.ts';
import { type CrashWorld, type Webhook, webhookToken } from './crash-world.ts';

/** The sandbox's cluster with the scenario `bad-image` and its alerting, with shorter waits than people are shown. */
export function createSimulatedWorld(): CrashWorld {
  const cluster = createSimulatedCluster({
    name: 'sandbox',
    images: { ...healthyImages, ...badImage.images },
    objects: healthyObjects(),
  });
  const metrics = createMetricsServer({ now: Date.now });
  // Nothing of this scenario happens later by itself.
  const world: World = { cluster, metrics, later: () => undefined };
  badImage.setUp(world);
  cluster.change('Deployment', 'shop', 'checkout', ({ spec }) => {
    if (spec !== undefined) spec.progressDeadlineSeconds = 1;
  });
  cluster.settle();
  let webhook: Webhook = { wasOpened: () => false, url: () => '' };
  const alerts = createAlertSource({
    webhookUrl: () => webhook.url(),
    token: webhookToken,
    rules: worldAlertRules(world, Date.now).map((rule) => ({
      ...rule,
      active: () => (webhook.wasOpened() ? rule.active() : false),
    })),
    groupWaitMs: 20,
    groupIntervalMs: 200,
    evaluateEveryMs: 50,
    retryAfterMs: 100,
  });

  return {
    async start(facts) {
      webhook = facts.webhook;
      const [{ kubeconfigFor }, { url }] = await Promise.all([cluster.start(), metrics.start()]);
      const [reader, writer] = [join(facts.folder, 'reader.kubeconfig'), join(facts.folder, 'writer.kubeconfig')];
      await writeFile(reader, kubeconfigFor('reader'), { mode: 0o600 });
      await writeFile(writer, kubeconfigFor('operator'), { mode: 0o600 });
      alerts.start();
      return {
        config: {
          cluster: { name: 'sandbox', kubeconfig: reader, writer: { kubeconfig: writer } },
          prometheus: { url },
        },
        secrets: ['a secret of the sandbox', ...Object.values(cluster.snapshot().tokens)],
      };
    },
    breakIt: async () => badImage.breakIt(world),
    generation: async () => cluster.get('Deployment', 'shop', 'checkout')?.metadata.generation ?? 0,
    requests: () => cluster.requests(),
    deliveries: () => alerts.deliveries(),
    async stop() {
      await alerts.stop();
      await Promise.all([cluster.stop(), metrics.stop()]);
    },
  };
}
