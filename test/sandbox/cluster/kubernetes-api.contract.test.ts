import { createSimulatedCluster } from '../../../src/sandbox/cluster/simulated-cluster.ts';
import { kubernetesApiContract } from '../../contracts/kubernetes-api.ts';
import { deployment, namespace, node } from './manifests.ts';

kubernetesApiContract('simulated cluster', async () => {
  const images = {
    'registry.k8s.io/pause:3.9': {},
    'registry.k8s.io/pause:3.10': {},
    'registry.example/once:1': { startLog: ['starting', 'listening on :8080'], memoryMi: 90 },
  };
  const noisy = deployment('noisy', {
    image: 'registry.example/once:1',
    memoryLimit: '64Mi',
    replicas: 1,
    namespace: 'logs',
  });
  const cluster = createSimulatedCluster({
    name: 'contract',
    images,
    objects: [namespace('contract'), namespace('logs'), node('node-1'), node('node-2'), noisy],
  });
  // Until it has crashed twice, so that there are a current and a previous log.
  cluster.settle({ spanMs: 1_500 });
  const { kubeconfigFor } = await cluster.start();
  const [pod] = cluster.list('Pod', 'logs');
  return {
    kubeconfig: kubeconfigFor('admin'),
    readerKubeconfig: kubeconfigFor('reader'),
    namespace: 'contract',
    logs: { namespace: 'logs', pod: pod?.metadata.name ?? '', container: 'noisy' },
    close: () => cluster.stop(),
  };
});
