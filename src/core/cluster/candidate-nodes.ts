import { matchesNodeSelector } from './node-selector.ts';
import type { WireObject } from './object.ts';
import { repellingTaintsOf, tolerates } from './taint.ts';
import { at, booleanAt, stringsAt, textAt } from './wire.ts';

/**
 * The nodes that a pod without a node might run on if they had room: not cordoned, no taint that it does not tolerate, node selector and required node affinity
 * fulfilled. Of these the sum of the pods' requests is worth reading.
 */
export function candidateNodesOf(pod: WireObject, nodes: readonly WireObject[]): readonly string[] {
  const spec = at(pod, 'spec');
  const wanted = Object.entries(stringsAt(spec, 'nodeSelector'));
  const required = at(spec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  return nodes
    .filter((node) => {
      const { name, labels = {} } = node.metadata;
      return (
        booleanAt(node, 'spec', 'unschedulable') !== true &&
        wanted.every(([label, value]) => labels[label] === value) &&
        (required === undefined || matchesNodeSelector(required, { name, labels })) &&
        repellingTaintsOf(node).every((taint) => tolerates(spec, taint))
      );
    })
    .map(({ metadata }) => metadata.name);
}

/** Pods that wait for the scheduler. */
export function waitsForNode(pod: WireObject): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined &&
    textAt(pod, 'spec', 'nodeName') === undefined &&
    textAt(pod, 'status', 'phase') === 'Pending'
  );
}
