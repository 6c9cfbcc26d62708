import type { Scenario, World } from './scenario.ts';
import { workloadManifests } from './workload-manifests.ts';

const repository = 'registry.example.com/shop/checkout';
const healthyImage = `${repository}:v1.4.2`;
// Nobody ever pushed this tag: it is in no registry table.
const missingImage = `${repository}:v1.4.3`;

/** A rollout to an image tag that does not exist. The old pods go on serving, the new one never starts. */
export const badImage: Scenario = {
  name: 'bad-image',
  title: 'A release that cannot start',
  story:
    'The team ships a new version of the checkout, but the version was never uploaded to where the cluster fetches it from. ' +
    'Customers notice nothing yet because the old copies keep running, and the release hangs until somebody takes it back.',
  images: {
    [healthyImage]: {
      memoryMi: 80,
      startLog: ['checkout v1.4.2', 'connected to payments.shop.svc:80', 'listening on :8080'],
    },
  },
  alert: { alertname: 'KubeDeploymentRolloutStuck', namespace: 'shop', deployment: 'checkout' },
  setUp({ cluster }) {
    const manifests = workloadManifests({
      namespace: 'shop',
      name: 'checkout',
      partOf: 'shop',
      team: 'storefront',
      image: healthyImage,
      replicas: 3,
      limits: { memory: '192Mi' },
      env: { PAYMENTS_ADDR: 'payments.shop.svc:80' },
      // Short, so that a stuck rollout is called stuck while somebody is watching.
      spec: {
        progressDeadlineSeconds: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      },
    });
    for (const manifest of manifests) cluster.apply(manifest);
  },
  breakIt({ cluster }) {
    cluster.change('Deployment', 'shop', 'checkout', (deployment) => {
      const container = deployment.spec?.template.spec?.containers[0];
      if (container !== undefined) container.image = missingImage;
      deployment.metadata.annotations = {
        ...deployment.metadata.annotations,
        'kubernetes.io/change-cause': 'release v1.4.3',
      };
    });
  },
  isHealthy: ({ cluster }) => isRolledOut(cluster, 'shop', 'checkout'),
};

/** Whether a Deployment has all its replicas of the wanted template available, and no others. */
export function isRolledOut(cluster: World['cluster'], namespace: string, name: string): boolean {
  const deployment = cluster.get('Deployment', namespace, name);
  const { availableReplicas, observedGeneration, replicas, updatedReplicas } = deployment?.status ?? {};
  const desired = deployment?.spec?.replicas;
  const isObserved = observedGeneration === deployment?.metadata.generation;
  return (
    isObserved &&
    desired !== undefined &&
    [availableReplicas, replicas, updatedReplicas].every((count) => count === desired)
  );
}
