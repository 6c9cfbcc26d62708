import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import { conditionOf, containersOf } from '../../cluster/pod.ts';
import { parseQuantity } from '../../cluster/quantity.ts';
import { at, booleanAt } from '../../cluster/wire.ts';

/** What the scheduler sets aside for a pod's other containers, in bytes. */
export function memoryOfOthers(pod: WireObject, container: string): number {
  return containersOf(at(pod, 'spec'))
    .filter(({ name, list }) => list === 'containers' && name !== container)
    .reduce((sum, { memoryRequest, memoryLimit }) => sum + (parseQuantity(memoryRequest ?? memoryLimit) ?? 0), 0);
}

/** Allocatable memory of the largest node that takes pods, in bytes. */
export function largestNodeBytes(view: ClusterView): number | undefined {
  const amounts = view
    .list('Node')
    .filter(
      (node) => booleanAt(node, 'spec', 'unschedulable') !== true && conditionOf(node, 'Ready')?.status !== 'False',
    )
    .flatMap((node) => parseQuantity(at(node, 'status', 'allocatable', 'memory')) ?? []);
  return amounts.length === 0 ? undefined : Math.max(...amounts);
}
