import type { ClusterView } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import type { WireObject } from '../../cluster/object.ts';
import { textAt } from '../../cluster/wire.ts';

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export function storageClassOf(view: ClusterView, name: string): WireObject | undefined {
  return view.get(knownRef('StorageClass', undefined, name));
}

/** The default class; of several the newest counts, as admission does it. */
export function defaultClassOf(view: ClusterView): WireObject | undefined {
  return view
    .list('StorageClass')
    .filter(({ metadata }) => defaultAnnotations.some((key) => metadata.annotations?.[key] === 'true'))
    .toSorted(
      (a, b) =>
        (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '', 'en') ||
        a.metadata.name.localeCompare(b.metadata.name, 'en'),
    )[0];
}

export function provisionerOf(storageClass: WireObject): string | undefined {
  return textAt(storageClass, 'provisioner');
}

/** Whether volumes of a class are made on demand; those of `kubernetes.io/no-provisioner` are made by hand. */
export function isDynamic(storageClass: WireObject): boolean {
  const provisioner = provisionerOf(storageClass);
  return provisioner !== undefined && provisioner !== 'kubernetes.io/no-provisioner';
}

export function waitsForConsumer(storageClass: WireObject): boolean {
  return textAt(storageClass, 'volumeBindingMode') === 'WaitForFirstConsumer';
}

// Block devices that one node at a time can write a file system to. Source: the drivers' own documentation.
const singleNode: readonly RegExp[] = [
  /^(?:ebs\.csi\.aws\.com|kubernetes\.io\/aws-ebs)$/,
  /^(?:pd\.csi\.storage\.gke\.io|kubernetes\.io\/gce-pd)$/,
  /^(?:disk\.csi\.azure\.com|kubernetes\.io\/azure-disk)$/,
  /^(?:cinder\.csi\.openstack\.org|kubernetes\.io\/cinder)$/,
  /^(?:dobs\.csi\.digitalocean\.com|csi\.hetzner\.cloud|linodebs\.csi\.linode\.com|block\.csi\.vultr\.com)$/,
  /(?:^|\.)rbd\.csi\.ceph\.com$/,
  /^(?:rancher\.io\/local-path|topolvm\.io|local\.csi\.openebs\.io|openebs\.io\/local)$/,
];

/** Whether a provisioner is known to make volumes for one node at a time only. */
export function isSingleNode(provisioner: string | undefined): boolean {
  return provisioner !== undefined && singleNode.some((pattern) => pattern.test(provisioner));
}

/** The access modes that more than one node needs. */
export function sharedModes(modes: readonly string[]): readonly string[] {
  return modes.filter((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
}
