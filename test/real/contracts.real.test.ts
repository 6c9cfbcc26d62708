import { describe } from 'vitest';
import { createKubernetesReader } from '../../src/adapters/kubernetes/cluster-reader.ts';
import { createClusterWriter } from '../../src/adapters/kubernetes/cluster-writer.ts';
import { openConnection } from '../../src/adapters/kubernetes/connection.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import {
  type ClusterReaderUnderTest,
  clusterReaderContract,
  readerContractObjects,
} from '../contracts/cluster-reader.ts';
import { clusterWriterContract } from '../contracts/cluster-writer.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster } from './story.ts';
import { uniqueName } from './workloads.ts';

const deployments = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments`;

async function connected(kubeconfig: string) {
  const connection = await openConnection({ from: 'files', paths: [kubeconfig], context: undefined });
  if (!connection.ok) throw new Error(connection.error.sentence);
  return connection.value;
}

// Both need pods that run: one has a log, the other Deployments that nobody writes to any more.
describe.skipIf(!abilitiesOf(readRunFacts()).workloads)('against real servers', () => {
  clusterReaderContract('kubernetes adapter on the real kube-apiserver', () => realReader('reader'));
  // The test's reading role may not list Secrets; an administrator stands for one that was given the right.
  clusterReaderContract('kubernetes adapter that may read metadata of Secrets', () => realReader('admin'));

  async function realReader(user: 'reader' | 'admin'): Promise<ClusterReaderUnderTest> {
    const secretMetadata = user === 'admin';
    const contents = Buffer.from('hunter2 of the contract').toString('base64');
    const { facts, admin, workloads, close } = connectRealCluster();
    const namespace = await workloads.createNamespace(uniqueName('reader'));
    const talking = await workloads.createNamespace(uniqueName('reader-logs'));
    for (const object of readerContractObjects(namespace)) await admin.send('POST', deployments(namespace), object);
    await admin.send('POST', `/api/v1/namespaces/${namespace}/secrets`, {
      metadata: {
        name: 'db',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"password":"${contents}"}}` },
      },
      data: { password: contents },
    });
    await workloads.writeLogs({
      namespace: talking,
      container: 'talker',
      current: ['starting', 'connected', 'listening on :8080'],
    });
    await workloads.applyDeployment({ namespace: talking, name: 'talker', image: 'talker:1.0', replicas: 1 });
    await workloads.untilRolledOut(talking, 'talker');
    const [pod] = await workloads.podsOf(talking, 'talker');
    if (pod === undefined) throw new Error('a rolled out Deployment has no pod');
    const exchange = await connected(facts.cluster.kubeconfigs[user]);
    return {
      reader: createKubernetesReader({ cluster: 'real', exchange, secretMetadata }),
      ...(secretMetadata ? { secret: { name: 'db', contents } } : {}),
      namespace,
      logs: { namespace: talking, pod: pod.metadata.name, container: 'talker' },
      hasHealth: true,
      async close() {
        exchange.close();
        await Promise.all([namespace, talking].map((name) => workloads.deleteNamespace(name)));
        close();
      },
    };
  }

  clusterWriterContract('kubernetes adapter on the real kube-apiserver', async () => {
    const { facts, admin, workloads, close } = connectRealCluster();
    const namespace = await workloads.createNamespace(uniqueName('writer'));
    const exchange = await connected(facts.cluster.kubeconfigs.operator);
    const read = (name: string) => admin.get<WireObject>(`${deployments(namespace)}/${name}`);
    let statusWrites = 0;
    return {
      writer: createClusterWriter({ exchange, cluster: 'real' }),
      async createDeployment(name) {
        await workloads.applyDeployment({ namespace, name, image: 'writer:1.0', replicas: 1 });
        await workloads.untilRolledOut(namespace, name);
        return read(name);
      },
      read,
      async writeStatus(name) {
        statusWrites += 1;
        const status = { collisionCount: statusWrites };
        await admin.send(
          'PATCH',
          `${deployments(namespace)}/${name}/status`,
          { status },
          'application/merge-patch+json',
        );
      },
      async close() {
        exchange.close();
        await workloads.deleteNamespace(namespace);
        close();
      },
    };
  });
});
