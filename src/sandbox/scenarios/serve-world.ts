import type { Readable, Writable } from 'node:stream';
import { serveLines } from '../cluster/line-server.ts';
import { clusterCalls } from '../cluster/serve-cluster.ts';
import type { SandboxWorld } from './sandbox-world.ts';

/**
 * Runs a sandbox world for a parent process, over lines of JSON (see `serveLines`). Ready gives `{ clusterUrl, metricsUrl, kubeconfigs }`;
 * the calls are those of a served cluster, and `startScenario`, `state`, `deliveries`. The end of the input stops the world.
 */
export async function serveWorld(parts: { world: SandboxWorld; input: Readable; output: Writable }): Promise<void> {
  const { input, output, world } = parts;
  const { clusterUrl, kubeconfigFor, metricsUrl } = await world.start();
  const kubeconfigs = {
    operator: kubeconfigFor('operator'),
    reader: kubeconfigFor('reader'),
    admin: kubeconfigFor('admin'),
  };
  const calls = {
    ...clusterCalls(world.cluster),
    startScenario: (name: unknown) => world.startScenario(String(name)),
    state: (name: unknown) => world.state(String(name)),
    deliveries: () => world.alerts.deliveries(),
  };
  try {
    await serveLines({ calls, ready: { clusterUrl, metricsUrl, kubeconfigs }, input, output });
  } finally {
    await world.stop();
  }
}
