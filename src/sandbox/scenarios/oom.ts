import { isRolledOut } from './bad-image.ts';
import type { Scenario } from './scenario.ts';
import { workloadManifests } from './workload-manifests.ts';

const image = 'registry.example.com/shop/cart:v2.8.0';
const neededMi = 180;

/** A memory limit lowered below what the process needs: the kernel kills it again and again. */
export const oom: Scenario = {
  name: 'oom',
  title: 'A memory limit that is too small',
  story:
    'To save money somebody lowers how much memory the shopping cart may use, to less than it needs once it has loaded its data. ' +
    'The cluster kills it each time it grows beyond the limit and starts it again, so customers lose their carts every few moments.',
  images: {
    [image]: {
      memoryMi: neededMi,
      startLog: ['cart v2.8.0', 'loading saved carts into memory', 'listening on :8080'],
      outOfMemoryLog: [
        'resident memory {workingSetMi} MiB of {limitMi} MiB, {memoryMi} MiB expected when all carts are loaded',
      ],
    },
  },
  alert: { alertname: 'KubePodCrashLooping', namespace: 'shop', container: 'cart' },
  setUp({ cluster }) {
    const manifests = workloadManifests({
      namespace: 'shop',
      name: 'cart',
      partOf: 'shop',
      team: 'storefront',
      image,
      replicas: 2,
      limits: { memory: '256Mi' },
    });
    for (const manifest of manifests) cluster.apply(manifest);
  },
  breakIt({ cluster }) {
    cluster.change('Deployment', 'shop', 'cart', (deployment) => {
      const container = deployment.spec?.template.spec?.containers[0];
      if (container !== undefined) container.resources = { ...container.resources, limits: { memory: '64Mi' } };
      deployment.metadata.annotations = {
        ...deployment.metadata.annotations,
        'kubernetes.io/change-cause': 'right-size memory',
      };
    });
  },
  isHealthy: ({ cluster }) => {
    const pods = cluster
      .list('Pod', 'shop')
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'cart');
    const hasCrashed = pods.some((pod) => pod.status?.containerStatuses?.some(({ restartCount }) => restartCount > 0));
    return !hasCrashed && isRolledOut(cluster, 'shop', 'cart');
  },
};
