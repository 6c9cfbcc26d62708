import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSimulatedCluster } from '../../../src/sandbox/cluster/simulated-cluster.ts';
import { guardsContract, healthyImage, mendedImage, missingImage } from '../../contracts/guards.ts';
import { deployment, namespace, node } from './manifests.ts';

const patienceMs = 10_000;

guardsContract('simulated cluster', async () => {
  const cluster = createSimulatedCluster({
    name: 'guards',
    images: { [healthyImage]: {}, [mendedImage]: {} },
    objects: [namespace('shop'), node('node-1'), node('node-2')],
  });
  const { kubeconfigFor } = await cluster.start();
  const folder = await mkdtemp(join(tmpdir(), 'sre-copilot-guards-'));
  const [reader, operator] = [join(folder, 'reader.yaml'), join(folder, 'operator.yaml')];
  await writeFile(reader, kubeconfigFor('reader'), { mode: 0o600 });
  await writeFile(operator, kubeconfigFor('operator'), { mode: 0o600 });

  const wait = async (what: string, look: () => boolean | undefined): Promise<void> => {
    const deadline = performance.now() + patienceMs;
    while (look() !== true) {
      if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
      await sleep(20);
    }
  };
  const found = (name: string) => cluster.get('Deployment', 'shop', name);
  const isRolledOut = (name: string): boolean => {
    const { metadata, status } = found(name) ?? {};
    const isSeen = status?.observedGeneration === metadata?.generation;
    return isSeen && [status?.replicas, status?.updatedReplicas, status?.availableReplicas].every((seen) => seen === 2);
  };
  const remove = async (name: string): Promise<void> => {
    cluster.remove('Deployment', 'shop', name);
    await wait(`everything of ${name} to be gone`, () =>
      ['Deployment', 'ReplicaSet', 'Pod'].every((kind) =>
        cluster
          .list(kind, 'shop')
          .every(({ metadata }) => metadata.name !== name && !metadata.name.startsWith(`${name}-`)),
      ),
    );
  };
  const isWaitingFor = (name: string, image: string) => () =>
    cluster
      .list('Pod', 'shop')
      .some(
        ({ metadata, status }) =>
          metadata.labels?.app === name &&
          status?.containerStatuses?.some(
            (one) => one.image === image && (one.state?.waiting?.reason ?? '').endsWith('ImagePullBackOff'),
          ),
      );
  const setImage = async (name: string, image: string): Promise<void> => {
    cluster.change('Deployment', 'shop', name, ({ spec }) => {
      const container = spec?.template.spec?.containers[0];
      if (container !== undefined) container.image = image;
    });
  };
  const create = (name: string, image: string) =>
    cluster.apply(deployment(name, { image, replicas: 2, spec: { progressDeadlineSeconds: 1 } }));
  let statusWrites = 0;

  return {
    kubeconfigs: { reader, operator },
    namespace: 'shop',
    async makeStuck(name) {
      await remove(name);
      create(name, healthyImage);
      await wait(`${name} to be rolled out`, () => isRolledOut(name));
      await setImage(name, missingImage);
      await wait(`a pod of ${name} to wait for its image`, isWaitingFor(name, missingImage));
    },
    async makeStuckFromTheStart(name) {
      await remove(name);
      create(name, missingImage);
      await wait(`a pod of ${name} to wait for its image`, isWaitingFor(name, missingImage));
    },
    async setImage(name, image) {
      await setImage(name, image);
      if (image !== mendedImage) await wait(`a pod of ${name} to wait for ${image}`, isWaitingFor(name, image));
      else await wait(`${name} to be rolled out`, () => isRolledOut(name));
    },
    async mark(name, value) {
      cluster.change('Deployment', 'shop', name, ({ metadata }) => {
        metadata.labels = { ...metadata.labels, 'example.com/mark': value };
        metadata.annotations = { ...metadata.annotations, 'example.com/mark': value };
      });
    },
    async writeStatus(name) {
      statusWrites += 1;
      cluster.patchStatus('Deployment', 'shop', name, { collisionCount: statusWrites });
    },
    async read(name) {
      const object = found(name);
      if (object === undefined) throw new Error(`there is no Deployment ${name}`);
      const { uid = '', resourceVersion = '', generation = 0 } = object.metadata;
      return { uid, resourceVersion, generation, image: object.spec?.template.spec?.containers[0]?.image ?? '' };
    },
    async close() {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
