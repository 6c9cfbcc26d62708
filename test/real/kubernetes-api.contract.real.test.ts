import { readFileSync } from 'node:fs';
import { describe } from 'vitest';
import { kubernetesApiContract } from '../contracts/kubernetes-api.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster } from './story.ts';
import { uniqueName } from './workloads.ts';

// The contract waits for Deployments and pods, so it needs more than an API server.
describe.skipIf(!abilitiesOf(readRunFacts()).workloads)('against real servers', () => {
  kubernetesApiContract('real kube-apiserver', async () => {
    const { facts, workloads, close } = connectRealCluster();
    const namespace = await workloads.createNamespace(uniqueName('contract'));
    await workloads.applyDeployment({ namespace, name: 'talker', image: 'talker:1.0', replicas: 1 });
    await workloads.untilRolledOut(namespace, 'talker');
    const [pod] = await workloads.podsOf(namespace, 'talker');
    if (pod === undefined) throw new Error('a rolled out Deployment has no pod');
    await workloads.writeLogs({
      namespace,
      container: 'talker',
      current: ['listening on :8080', 'served the first request'],
      previous: ['panic: out of patience'],
    });
    return {
      kubeconfig: readFileSync(facts.cluster.kubeconfigs.admin, 'utf8'),
      readerKubeconfig: readFileSync(facts.cluster.kubeconfigs.reader, 'utf8'),
      namespace,
      logs: { namespace, pod: pod.metadata.name, container: 'talker' },
      close: async () => {
        await workloads.deleteNamespace(namespace);
        close();
      },
    };
  });
});
