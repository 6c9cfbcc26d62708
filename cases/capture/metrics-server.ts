import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { CaseContext } from './case-context.ts';
import { object } from './manifests.ts';
import type { KubeObject } from './wire.ts';

/**
 * A metrics API on 127.0.0.1 behind a real APIService: every pod uses as much CPU as `cpuOf` says. The autoscaler that reads it is the real one.
 */
export async function serveMetrics(
  c: CaseContext,
  cpuOf: (pod: KubeObject) => string,
): Promise<{ readonly close: () => Promise<void> }> {
  const { certFile, keyFile } = c.lab.certificate;
  const server = createServer(
    { cert: readFileSync(certFile), key: readFileSync(keyFile) },
    async (request, response) => {
      response.setHeader('content-type', 'application/json');
      const [, namespace] = /\/namespaces\/([^/]+)\/pods/.exec(request.url ?? '') ?? [];
      if (namespace === undefined) {
        const resources = [
          { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
        ];
        response.end(
          JSON.stringify({
            kind: 'APIResourceList',
            apiVersion: 'v1',
            groupVersion: 'metrics.k8s.io/v1beta1',
            resources,
          }),
        );
        return;
      }
      const timestamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      const items = (await c.list('Pod', namespace)).map((pod) => ({
        metadata: { name: pod.metadata.name, namespace, labels: pod.metadata.labels },
        timestamp,
        window: '15s',
        containers: ((pod.spec?.containers ?? []) as { name: string }[]).map(({ name }) => ({
          name,
          usage: { cpu: cpuOf(pod), memory: '100Mi' },
        })),
      }));
      response.end(
        JSON.stringify({ kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items }),
      );
    },
  );
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the metrics API has no port');
  const name = `metrics-${address.port}`;
  await c.send(
    'POST',
    '/api/v1/namespaces/kube-system/services',
    object('v1', 'Service', name, {
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: address.port }] },
    }),
  );
  await c.apply(
    object('apiregistration.k8s.io/v1', 'APIService', 'v1beta1.metrics.k8s.io', {
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name, namespace: 'kube-system', port: address.port },
      },
    }),
  );
  await c.until('the metrics API to be available', async () => {
    const { status } = await c.get('APIService', 'v1beta1.metrics.k8s.io');
    return ((status?.conditions ?? []) as { type: string; status: string }[]).some(
      (one) => one.type === 'Available' && one.status === 'True',
    );
  });
  return {
    close: async () => {
      await c.lab.admin.request('DELETE', `/api/v1/namespaces/kube-system/services/${name}`);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
