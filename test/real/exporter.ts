import { createServer } from 'node:http';
import type { ApiClient } from './api-client.ts';
import { kubeStateSeries, type WireDeployment, type WirePod, type WireReplicaSet } from './kube-state-series.ts';

/** A running exporter. `url` ends in /metrics. */
export type Exporter = { readonly url: string; readonly port: number; close(): Promise<void> };

type List<T> = { items?: T[] };

/**
 * TEST SUPPORT in the place of kube-state-metrics, which cannot be had as a Go module nor from Debian.
 *
 * Serves `GET /metrics` on 127.0.0.1 with the series of kube-state-series.ts, read from the API server at each scrape.
 * When the API server cannot be read the answer is 503, so that Prometheus sees the target down and no stale truth.
 *
 * @param namespaces Only these; all but kube-system when left out.
 */
export async function startExporter({
  api,
  namespaces,
}: {
  api: ApiClient;
  namespaces?: readonly string[];
}): Promise<Exporter> {
  const isWanted = ({ metadata }: { metadata: { namespace?: string } }) => {
    const namespace = metadata.namespace ?? '';
    return namespaces === undefined ? namespace !== 'kube-system' : namespaces.includes(namespace);
  };
  const collect = async (): Promise<string> => {
    const [pods, deployments, replicaSets] = await Promise.all([
      api.get<List<WirePod>>('/api/v1/pods'),
      api.get<List<WireDeployment>>('/apis/apps/v1/deployments'),
      api.get<List<WireReplicaSet>>('/apis/apps/v1/replicasets'),
    ]);
    return kubeStateSeries({
      pods: (pods.items ?? []).filter(isWanted),
      deployments: (deployments.items ?? []).filter(isWanted),
      replicaSets: (replicaSets.items ?? []).filter(isWanted),
    });
  };
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    collect().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
      (cause) => response.writeHead(503).end(String(cause)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the exporter has no port');
  return {
    url: `http://127.0.0.1:${address.port}/metrics`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
