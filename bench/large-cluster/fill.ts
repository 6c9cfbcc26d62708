import type { ApiClient } from '../../test/real/api-client.ts';
import {
  endpointSlice,
  type Group,
  node,
  nodeStatus,
  type PodState,
  pod,
  podStatus,
  service,
  type Wire,
  warning,
  workload,
  workloadStatus,
} from './objects.ts';

const podsOfGroup = 5;
const podsOfNode = 100;
const parallel = 48;
const mergePatch = 'application/merge-patch+json';

export type Filled = {
  readonly pods: number;
  readonly namespaces: number;
  readonly nodes: number;
  /** A Deployment whose pod cannot pull its image, one whose pod crashes, and one that is well. */
  readonly broken: { readonly namespace: string; readonly app: string };
  readonly crashing: { readonly namespace: string; readonly app: string };
  readonly well: { readonly namespace: string; readonly app: string };
  readonly node: string;
  readonly bytesOfAPod: number;
};

/**
 * Fills an empty API server without controllers: namespaces, nodes, Deployments with their ReplicaSets, Services and pods, all of it running but for two pods. Every
 * object goes through the API (admission, defaults, managedFields), so its size is what a real one has.
 */
export async function fillCluster(api: ApiClient, pods: number, namespaces: number): Promise<Filled> {
  const nodes = Array.from({ length: Math.max(3, Math.ceil(pods / podsOfNode)) }, (_, index) => `node-${index}`);
  await eachOf(nodes, async (name) => {
    await api.send('POST', '/api/v1/nodes', node(name));
    await api.send('PATCH', `/api/v1/nodes/${name}/status`, { status: nodeStatus(name) }, mergePatch);
    await api.send('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } }, mergePatch);
  });
  const places = Array.from({ length: namespaces }, (_, index) => `team-${String(index).padStart(3, '0')}`);
  const account = (namespace: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
  });
  await eachOf(places, async (name) => {
    await api.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await api.send('POST', `/api/v1/namespaces/${name}/serviceaccounts`, account(name));
  });
  await api.request('POST', '/api/v1/namespaces/kube-system/serviceaccounts', account('kube-system'));

  const groups = groupsOf(pods, places);
  const [first, second, third] = [
    groups[Math.floor(groups.length / 3)],
    groups[Math.floor(groups.length / 2)],
    groups[1],
  ];
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few pods to break two');
  const stateOf = (group: Group, index: number): PodState => {
    if (index !== 0) return 'running';
    return group === first ? 'image-pull' : group === second ? 'crash-loop' : 'running';
  };
  let made = 0;
  await eachOf([...groups, systemGroup], async (group) => {
    const states = group.pods.map((_, index) => stateOf(group, index));
    const ready = states.filter((state) => state === 'running').length;
    const deployment = await makeWorkload(api, 'Deployment', group, ready);
    const replicaSet = await makeWorkload(api, 'ReplicaSet', group, ready, deployment);
    const root = `/api/v1/namespaces/${group.namespace}`;
    await api.send('POST', `${root}/services`, service(group));
    await api.send(
      'POST',
      `/apis/discovery.k8s.io/v1/namespaces/${group.namespace}/endpointslices`,
      endpointSlice(group, (name) => states[group.pods.indexOf(name)] === 'running'),
    );
    for (const [index, name] of group.pods.entries()) {
      const at = nodes[made++ % nodes.length] ?? '';
      const created = await api.send<Named>('POST', `${root}/pods`, pod({ group, name, node: at, owner: replicaSet }));
      const state = states[index] ?? 'running';
      await api.send('PATCH', `${root}/pods/${name}/status`, { status: podStatus(group.app, state) }, mergePatch);
      if (state !== 'running') {
        const [reason, message] =
          state === 'image-pull'
            ? ['Failed', 'Error: ImagePullBackOff']
            : ['BackOff', 'Back-off restarting failed container main'];
        await api.send(
          'POST',
          `${root}/events`,
          warning(group.namespace, name, created.metadata.uid, reason ?? '', message ?? ''),
        );
      }
    }
  });
  const sample = await api.request('GET', `/api/v1/namespaces/${third.namespace}/pods/${third.pods[0]}`);
  const place = ({ namespace, app }: Group) => ({ namespace, app });
  return {
    pods,
    namespaces,
    nodes: nodes.length,
    broken: place(first),
    crashing: place(second),
    well: place(third),
    node: nodes[1] ?? '',
    bytesOfAPod: sample.text.length,
  };
}

const systemGroup: Group = {
  namespace: 'kube-system',
  app: 'coredns',
  pods: ['coredns-7d9c5b6f4-aaaaa', 'coredns-7d9c5b6f4-bbbbb'],
};

type Named = { readonly metadata: { readonly name: string; readonly uid: string } };

async function makeWorkload(
  api: ApiClient,
  kind: 'Deployment' | 'ReplicaSet',
  group: Group,
  ready: number,
  owner?: { readonly name: string; readonly uid: string },
): Promise<{ readonly name: string; readonly uid: string }> {
  const root = `/apis/apps/v1/namespaces/${group.namespace}/${kind.toLowerCase()}s`;
  const { metadata } = await api.send<Named>('POST', root, workload(kind, group, owner));
  const status: Wire = { status: workloadStatus(kind, group.pods.length, ready) };
  await api.send('PATCH', `${root}/${metadata.name}/status`, status, mergePatch);
  return { name: metadata.name, uid: metadata.uid };
}

function groupsOf(pods: number, places: readonly string[]): readonly Group[] {
  return Array.from({ length: Math.ceil(pods / podsOfGroup) }, (_, index) => {
    const app = `app-${String(index).padStart(4, '0')}`;
    return {
      namespace: places[index % places.length] ?? '',
      app,
      pods: Array.from({ length: podsOfGroup }, (_unused, pod) => `${app}-7d9c5b6f4-${String(pod).padStart(5, 'x')}`),
    };
  });
}

/** Runs work over a list with a bounded number at once. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
