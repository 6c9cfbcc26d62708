import type { ClusterView } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { matchesNodeSelector } from '../../cluster/node-selector.ts';
import type { WireObject } from '../../cluster/object.ts';
import { at, isRecord, numberAt, recordsAt, textAt } from '../../cluster/wire.ts';
import type { ClusterLoad, NodeLoad } from './cluster-load.ts';
import type { Constraint, Obstacle } from './obstacle.ts';

/** What the claims of a pod say: the volumes they are bound to, and whether the scheduler can get past them at all. */
export type PodVolumes = {
  readonly bound: readonly WireObject[];
  /** A claim is missing, lost, or not bound although its class binds at once: the scheduler looks at no node before that is mended. */
  readonly isStuck: boolean;
  /** Some claim waits for its pod to be placed: which nodes its volume allows cannot be told from objects alone. */
  readonly waits: boolean;
};

export function volumesOf(view: ClusterView, pod: WireObject): PodVolumes {
  const { namespace, name } = pod.metadata;
  const bound: WireObject[] = [];
  let isStuck = false;
  let waits = false;
  for (const { record } of recordsAt(pod, 'spec', 'volumes')) {
    const claimName =
      textAt(record, 'persistentVolumeClaim', 'claimName') ??
      (isRecord(at(record, 'ephemeral')) ? `${name}-${textAt(record, 'name')}` : undefined);
    if (claimName === undefined) continue;
    const claim = view.get(knownRef('PersistentVolumeClaim', namespace, claimName));
    if (claim === undefined) {
      if (view.hasAll('PersistentVolumeClaim', namespace)) isStuck = true;
      continue;
    }
    const volumeName = textAt(claim, 'spec', 'volumeName');
    if (volumeName !== undefined) {
      const volume = view.get(knownRef('PersistentVolume', undefined, volumeName));
      if (volume !== undefined) bound.push(volume);
      if (textAt(claim, 'status', 'phase') === 'Lost') isStuck = true;
    } else if (bindsLate(view, claim)) waits = true;
    else isStuck = true;
  }
  return { bound, isStuck, waits };
}

function bindsLate(view: ClusterView, claim: WireObject): boolean {
  const className = textAt(claim, 'spec', 'storageClassName');
  const storageClass = className === undefined ? undefined : view.get(knownRef('StorageClass', undefined, className));
  return textAt(storageClass, 'volumeBindingMode') === 'WaitForFirstConsumer';
}

const zoneLabels: readonly string[] = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];

/** Filters VolumeBinding (of bound claims) and VolumeZone. */
export function volumeObstacles(volumes: readonly WireObject[], node: NodeLoad): readonly Obstacle[] {
  const conflicting = volumes.find((volume) => {
    const required = at(volume, 'spec', 'nodeAffinity', 'required');
    if (isRecord(required)) return !matchesNodeSelector(required, node);
    return zoneConflictOf(volume, node) !== undefined;
  });
  return conflicting === undefined ? [] : [{ is: 'volume', volume: conflicting }];
}

/** The zone label of a volume that a node does not share. A node without any zone label is in no zone, and takes every volume. */
export function zoneConflictOf(volume: WireObject, node: NodeLoad): string | undefined {
  if (!zoneLabels.some((label) => Object.hasOwn(node.labels, label))) return undefined;
  return zoneLabels.find((label) => {
    const zones = volume.metadata.labels?.[label]?.split('__');
    const zone = node.labels[label];
    return zones !== undefined && (zone === undefined || !zones.includes(zone));
  });
}

/** How many volumes of a driver a node still takes: by what its CSINode allows and what is attached or used there. */
export function attachObstacles(
  load: ClusterLoad,
  volumes: readonly WireObject[],
  node: NodeLoad,
): { readonly obstacles: readonly Obstacle[]; readonly unknown: readonly Constraint[] } {
  const drivers = new Map<string, Set<string>>();
  for (const volume of volumes) {
    const driver = textAt(volume, 'spec', 'csi', 'driver');
    if (driver !== undefined) drivers.set(driver, (drivers.get(driver) ?? new Set()).add(handleOf(volume)));
  }
  const csiNode = drivers.size === 0 ? undefined : load.view.get(knownRef('CSINode', undefined, node.name));
  for (const { record } of recordsAt(csiNode, 'spec', 'drivers')) {
    const driver = textAt(record, 'name') ?? '';
    const limit = numberAt(record, 'allocatable', 'count');
    const wanted = drivers.get(driver);
    if (limit === undefined || wanted === undefined) continue;
    const attached = attachedTo(load.view, node, driver);
    const added = [...wanted].filter((handle) => !attached.has(handle)).length;
    if (added > 0 && attached.size + added > limit)
      return { obstacles: [{ is: 'attach-limit', driver, limit, attached: attached.size }], unknown: [] };
    if (!node.hasAllPods) return { obstacles: [], unknown: ['attach-limit'] };
  }
  return { obstacles: [], unknown: [] };
}

function attachedTo(view: ClusterView, node: NodeLoad, driver: string): ReadonlySet<string> {
  const handles = new Set<string>();
  for (const pod of node.pods)
    for (const volume of volumesOf(view, pod).bound)
      if (textAt(volume, 'spec', 'csi', 'driver') === driver) handles.add(handleOf(volume));
  for (const attachment of view.list('VolumeAttachment')) {
    if (textAt(attachment, 'spec', 'nodeName') !== node.name || textAt(attachment, 'spec', 'attacher') !== driver)
      continue;
    const name = textAt(attachment, 'spec', 'source', 'persistentVolumeName');
    const volume = name === undefined ? undefined : view.get(knownRef('PersistentVolume', undefined, name));
    if (name !== undefined) handles.add(volume === undefined ? name : handleOf(volume));
  }
  return handles;
}

function handleOf(volume: WireObject): string {
  return textAt(volume, 'spec', 'csi', 'volumeHandle') ?? volume.metadata.name;
}
