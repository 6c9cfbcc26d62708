import { describe } from 'vitest';
import { guardsContract, healthyImage, mendedImage, missingImage } from '../contracts/guards.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster } from './story.ts';
import { waitFor } from './wait-for.ts';
import { uniqueName } from './workloads.ts';

const mergePatch = 'application/merge-patch+json';

describe.skipIf(!abilitiesOf(readRunFacts()).workloads)('against real servers', () => {
  guardsContract('real cluster', async () => {
    const { facts, admin, workloads, close } = connectRealCluster();
    const namespace = await workloads.createNamespace(uniqueName('guards'));
    const path = (name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const untilWaiting = (name: string, image: string) =>
      waitFor(`a pod of ${name} to wait for ${image}`, async () =>
        (await workloads.podsOf(namespace, name)).some(
          ({ spec, status }) =>
            spec.containers[0]?.image === image &&
            (status.containerStatuses?.[0]?.state?.waiting?.reason ?? '').endsWith('ImagePullBackOff'),
        ),
      );
    const remove = async (name: string): Promise<void> => {
      const { status } = await admin.request('DELETE', `${path(name)}?propagationPolicy=Foreground`);
      if (status === 404) return;
      await waitFor(`${name} and all that it owns to be gone`, async () => {
        return (await admin.request('GET', path(name))).status === 404;
      });
    };
    const create = (name: string, image: string) =>
      workloads.applyDeployment({ namespace, name, image, replicas: 2, progressDeadlineSeconds: 2 });
    let statusWrites = 0;

    return {
      kubeconfigs: facts.cluster.kubeconfigs,
      namespace,
      async makeStuck(name) {
        await remove(name);
        await create(name, healthyImage);
        await workloads.untilRolledOut(namespace, name);
        await workloads.setImage({ namespace, name, image: missingImage });
        await untilWaiting(name, missingImage);
      },
      async makeStuckFromTheStart(name) {
        await remove(name);
        await create(name, missingImage);
        await untilWaiting(name, missingImage);
      },
      async setImage(name, image) {
        await workloads.setImage({ namespace, name, image });
        if (image === mendedImage) await workloads.untilRolledOut(namespace, name);
        else await untilWaiting(name, image);
      },
      async mark(name, value) {
        const marks = { 'example.com/mark': value };
        await admin.send('PATCH', path(name), { metadata: { labels: marks, annotations: marks } }, mergePatch);
      },
      async writeStatus(name) {
        statusWrites += 1;
        await admin.send('PATCH', `${path(name)}/status`, { status: { collisionCount: statusWrites } }, mergePatch);
      },
      async read(name) {
        const { metadata, spec } = await workloads.deploymentOf(namespace, name);
        const { uid, resourceVersion, generation } = metadata;
        return { uid, resourceVersion, generation, image: spec.template.spec.containers[0]?.image ?? '' };
      },
      async close() {
        await workloads.deleteNamespace(namespace);
        close();
      },
    };
  });
});
