import type { WireObject } from '../../cluster/object.ts';
import { type ContainerList, containersOf } from '../../cluster/pod.ts';
import { podSpecOf } from '../../cluster/pod-spec.ts';
import { at } from '../../cluster/wire.ts';
import { containerPath, type Workload } from '../../cluster/workload.ts';

/** A container where it is declared: in the template of its workload, or in the pod when the workload was not read. */
export type DeclaredContainer = {
  /** `spec.template.spec.containers[0]`, a path in the workload. */
  readonly path: string;
  /** The container as it is written there. */
  readonly record: unknown;
  /** The pod spec around it: volumes, host network, host aliases. */
  readonly podSpec: unknown;
};

/** Finds the declaration of a pod's container. Where the template has no such container (admission added it), what the pod says stands. */
export function declaredContainerOf(
  workload: Workload,
  pod: WireObject,
  container: { readonly list: ContainerList; readonly name: string },
): DeclaredContainer {
  const ofPod = at(pod, 'spec');
  const specs = workload.object === undefined ? [ofPod] : [podSpecOf(workload.object), ofPod];
  for (const podSpec of specs) {
    const found = containersOf(podSpec).find(({ list, name }) => list === container.list && name === container.name);
    if (found !== undefined) {
      const record = at(podSpec, found.list, found.index);
      return { path: containerPath(workload.ref.kind, found), record, podSpec };
    }
  }
  const path = containerPath(workload.ref.kind, { list: container.list, index: 0 });
  return { path, record: undefined, podSpec: ofPod };
}
