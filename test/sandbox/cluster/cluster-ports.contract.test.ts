import { createKubernetesReader } from '../../../src/adapters/kubernetes/cluster-reader.ts';
import { createClusterWriter } from '../../../src/adapters/kubernetes/cluster-writer.ts';
import { openConnection } from '../../../src/adapters/kubernetes/connection.ts';
import { typeOfKind } from '../../../src/core/cluster/kinds.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { createSimulatedCluster, type Manifest } from '../../../src/sandbox/cluster/simulated-cluster.ts';
import {
  type ClusterReaderUnderTest,
  clusterReaderContract,
  readerContractObjects,
} from '../../contracts/cluster-reader.ts';
import { clusterWriterContract } from '../../contracts/cluster-writer.ts';
import { deployment, namespace, node } from './manifests.ts';

const images = {
  'registry.example/calm:1': { startLog: ['starting', 'connected', 'listening on :8080'] },
};

/** The exchange of the product's own adapter, with the rights of one role of the simulated cluster. */
async function connected(kubeconfig: string) {
  const connection = await openConnection({ from: 'text', text: kubeconfig });
  if (!connection.ok) throw new Error(connection.error.sentence);
  return connection.value;
}

// The simulated reading role may not list Secrets; an administrator stands for one that was given the right.
clusterReaderContract('kubernetes adapter on the simulated cluster', () => simulatedReader('reader'));
clusterReaderContract('kubernetes adapter that may read metadata of Secrets', () => simulatedReader('admin'));

async function simulatedReader(role: 'reader' | 'admin'): Promise<ClusterReaderUnderTest> {
  const secretMetadata = role === 'admin';
  const contents = 'aHVudGVyMg==';
  const cluster = createSimulatedCluster({
    name: 'reader-contract',
    images,
    objects: [
      namespace('readable'),
      namespace('logs'),
      node('node-1'),
      deployment('calm', { image: 'registry.example/calm:1', replicas: 1, namespace: 'logs' }),
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'db', namespace: 'readable' },
        data: { password: contents },
      },
      // A wire object is a manifest; only the type of its metadata is written down differently.
      ...readerContractObjects('readable').map((object) => object as WireObject & Manifest),
    ],
  });
  cluster.settle();
  const { kubeconfigFor } = await cluster.start();
  const exchange = await connected(kubeconfigFor(role));
  const [pod] = cluster.list('Pod', 'logs');
  return {
    reader: createKubernetesReader({ cluster: 'simulated', exchange, secretMetadata }),
    ...(secretMetadata ? { secret: { name: 'db', contents } } : {}),
    namespace: 'readable',
    logs: { namespace: 'logs', pod: pod?.metadata.name ?? '', container: 'calm' },
    hasHealth: true,
    async close() {
      exchange.close();
      await cluster.stop();
    },
  };
}

clusterWriterContract('kubernetes adapter on the simulated cluster', async () => {
  const cluster = createSimulatedCluster({
    name: 'writer-contract',
    images,
    objects: [namespace('writable'), node('node-1')],
  });
  const { kubeconfigFor } = await cluster.start();
  const [writing, reading] = [await connected(kubeconfigFor('operator')), await connected(kubeconfigFor('reader'))];
  const reader = createKubernetesReader({ cluster: 'simulated', exchange: reading });
  const read = async (name: string): Promise<WireObject> => {
    const got = await reader.get(typeOfKind('Deployment'), 'writable', name);
    if (!got.ok) throw new Error(got.error.sentence);
    return got.value;
  };
  let statusWrites = 0;
  return {
    writer: createClusterWriter({ exchange: writing, cluster: 'simulated' }),
    async createDeployment(name) {
      cluster.apply(deployment(name, { image: 'registry.example/calm:1', replicas: 1, namespace: 'writable' }));
      return read(name);
    },
    read,
    async writeStatus(name) {
      statusWrites += 1;
      cluster.patchStatus('Deployment', 'writable', name, { collisionCount: statusWrites });
    },
    async close() {
      writing.close();
      reading.close();
      await cluster.stop();
    },
  };
});
