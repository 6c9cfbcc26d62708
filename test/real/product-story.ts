import { type CopilotOnCluster, startCopilotOnCluster } from '../support/copilot-on-cluster.ts';
import type { AlertName } from './alert-rules.ts';
import { findFreePorts } from './free-ports.ts';
import { readRunFacts } from './run-facts.ts';
import { startStory } from './story.ts';

/** The product over the shared real cluster, told by a real Alertmanager. */
export type ProductStory = CopilotOnCluster & { readonly alertmanagerUrl: string };

/**
 * Starts Prometheus with its rules, Alertmanager, and the product between them and the cluster: reader kubeconfig to look, operator
 * kubeconfig to change, Alertmanager's webhook with its token. About a second.
 *
 * @param namespaces What the exporter looks at: the story's own.
 * @param runbooks A folder in place of the shipped one.
 */
export async function startProductStory({
  namespaces,
  alerts,
  constants,
  runbooks,
}: {
  readonly namespaces: readonly string[];
  readonly alerts: readonly AlertName[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly runbooks?: string;
}): Promise<ProductStory> {
  const { reader, operator } = readRunFacts().cluster.kubeconfigs;
  // Each of the two must know the other's address at its start, so the port is chosen first.
  const [port = 0] = await findFreePorts(1);
  const webhook = { url: `http://127.0.0.1:${port}/webhooks/alertmanager`, token: 'a-webhook-token-of-tests' };
  const monitoring = await startStory({
    webhookUrl: webhook.url,
    webhookToken: webhook.token,
    alerts,
    namespaces,
    ...(constants === undefined ? {} : { constants }),
  });
  try {
    const product = await startCopilotOnCluster({
      kubeconfigs: { reader, operator },
      cluster: 'real',
      prometheusUrl: monitoring.prometheusUrl,
      webhook: { port, token: webhook.token },
      ...(runbooks === undefined ? {} : { runbooks }),
    });
    return {
      ...product,
      alertmanagerUrl: monitoring.alertmanagerUrl,
      async stop() {
        await monitoring.stop();
        await product.stop();
      },
    };
  } catch (cause) {
    await monitoring.stop();
    throw cause;
  }
}
