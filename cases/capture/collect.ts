import type { ApiClient } from '../../test/real/api-client.ts';
import { capturedResources, listPath } from './resource-paths.ts';
import type { KubeObject } from './wire.ts';

/** What a case carries of kube-system: the rest there is the same everywhere. */
const systemKinds = new Set(['Pod', 'Deployment', 'ReplicaSet', 'DaemonSet', 'Service', 'Endpoints', 'EndpointSlice']);

/** `system`: whether the workloads of kube-system come along; the leases of the control plane always do. */
export type CollectRequest = {
  readonly namespaces: readonly string[];
  readonly startedAt: number;
  readonly system: boolean;
};

/** All objects that belong to a case, by resource, in the order of the API. Secrets are never asked for. */
export async function collect(
  admin: ApiClient,
  { namespaces, startedAt, system }: CollectRequest,
): Promise<ReadonlyMap<string, readonly KubeObject[]>> {
  const found = new Map<string, KubeObject[]>();
  for (const resource of capturedResources) {
    const answer = await admin.request<{ items?: KubeObject[] }>('GET', listPath(resource));
    if (answer.status !== 200) continue; // a kind whose definition is not installed
    const items = (answer.body.items ?? []).map((item) => ({
      ...item,
      apiVersion: resource.apiVersion,
      kind: resource.kind,
    }));
    found.set(resource.resource, items);
  }
  const nodes = new Set((found.get('nodes') ?? []).map(({ metadata }) => metadata.name));
  const kept = [...found].map(([resource, items]): [string, readonly KubeObject[]] => [
    resource,
    items.filter((item) => belongs(item, { namespaces, startedAt, system, nodes })),
  ]);
  return new Map(kept.filter(([, items]) => items.length > 0));
}

function belongs(
  { kind, metadata, ...object }: KubeObject,
  { namespaces, startedAt, system, nodes }: CollectRequest & { readonly nodes: ReadonlySet<string> },
): boolean {
  const { namespace, name } = metadata;
  if (kind === 'Namespace') return namespaces.includes(name) || name === 'kube-system' || name === 'default';
  if (kind === 'APIService')
    return object.spec !== undefined && 'service' in object.spec && object.spec.service != null;
  if (kind === 'ConfigMap' && name === 'kube-root-ca.crt') return false; // the same certificate in each namespace
  if (kind === 'Endpoints') return false; // EndpointSlices say it as well
  if (kind === 'PriorityClass' && name.startsWith('system-')) return system;
  if (namespace === undefined) return true;
  if (namespaces.includes(namespace)) return true;
  if (namespace === 'kube-node-lease') return nodes.has(name);
  if (namespace === 'default' && kind === 'Event') {
    const involved = object.involvedObject as { kind?: string; name?: string };
    const isOld = Date.parse(metadata.creationTimestamp ?? '') < startedAt;
    return involved.kind === 'Node' ? nodes.has(involved.name ?? '') : !isOld;
  }
  if (namespace !== 'kube-system' || name.startsWith('apiserver-')) return false;
  if (kind === 'Lease') return true;
  if (kind === 'Event') return system && Date.parse(metadata.creationTimestamp ?? '') >= startedAt;
  return system && systemKinds.has(kind);
}
