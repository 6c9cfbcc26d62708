import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isKnownKind, typeOfKind } from '../../core/cluster/kinds.ts';
import { resourceTypes } from '../../core/cluster/resource-types.ts';

/** The folder in which a troubleshoot.sh support bundle keeps what its clusterResources collector wrote. */
const resources = 'cluster-resources';

/** The folders of the bundle that are not named as the API names the resource. */
const otherNames: Readonly<Record<string, string>> = {
  'pod-disruption-budgets': 'PodDisruptionBudget',
  ingress: 'Ingress',
  'network-policy': 'NetworkPolicy',
  'resource-quota': 'ResourceQuota',
  'storage-classes': 'StorageClass',
  'custom-resource-definitions': 'CustomResourceDefinition',
  pvs: 'PersistentVolume',
  pvcs: 'PersistentVolumeClaim',
};

type Inherited = { readonly apiVersion: string; readonly kind: string };

/** The folder that holds `cluster-resources`: the given one, or the one folder inside it (`support-bundle-2026-11-21T10_00_00`). Undefined for what is no bundle. */
export async function bundleRoot(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (folders.includes(resources)) return folder;
  for (const name of folders.slice(0, 20)) {
    const inside = await readdir(join(folder, name), { withFileTypes: true });
    if (inside.some((entry) => entry.isDirectory() && entry.name === resources)) return join(folder, name);
  }
  return undefined;
}

export function bundleObjects(root: string): string {
  return join(root, resources);
}

/**
 * What members of a file in `cluster-resources` are, by where it lies: older bundles write `pods/shop.json` and `nodes.json` as bare lists whose members say neither kind
 * nor version. `null` for files that hold no objects: errors of the collector, rights, API groups, logs, and what is left of pull secrets.
 */
export function kindInBundle(path: string): Inherited | null | undefined {
  const [first = '', ...rest] = path.split('/');
  const name = rest.length === 0 ? first.replace(/\.(?:json|ya?ml)$/, '') : first;
  if (/-errors?$/.test(name) || ignored.has(name) || (name === 'pods' && rest[0] === 'logs')) return null;
  const kind = otherNames[name];
  const type =
    kind !== undefined && isKnownKind(kind)
      ? typeOfKind(kind)
      : resourceTypes.find(({ resource }) => resource === name);
  return type === undefined ? undefined : { apiVersion: type.apiVersion, kind: type.kind };
}

const ignored: ReadonlySet<string> = new Set(['auth-cani-list', 'groups', 'resources', 'image-pull-secrets']);

/** Where a bundle keeps a container's log. Older versions put the logs of pods beside, in a folder of the collector's name: those are not found. */
export function bundleLog(
  root: string,
  {
    namespace,
    pod,
    container,
    previous,
  }: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly previous: boolean;
  },
): string {
  return join(root, resources, 'pods', 'logs', namespace, pod, `${container}${previous ? '-previous' : ''}.log`);
}
