import { knownRef } from '../../cluster/kinds.ts';
import type { WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { at, recordsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import { type Workload, workloadOf } from '../../cluster/workload.ts';
import type { AnalysisContext } from '../analysis.ts';

/** A volume of a pod: what the pod's spec says, the claim and PersistentVolume behind it where there are, and where the workload declares it. */
export type PodVolume = {
  readonly name: string;
  readonly record: WireRecord;
  readonly claimName: string | undefined;
  readonly claim: WireObject | undefined;
  /** The PersistentVolume that the claim is bound to: its name, and itself where it was read. */
  readonly volumeName: string | undefined;
  readonly volume: WireObject | undefined;
  /** `spec.template.spec.volumes[1]` in the workload; of a StatefulSet's own claims, `spec.volumeClaimTemplates[0]`. */
  readonly path: string;
};

export function podVolumesOf(context: AnalysisContext, pod: WireObject): readonly PodVolume[] {
  const { view } = context;
  const workload = workloadOf(view, pod);
  return recordsAt(pod, 'spec', 'volumes').flatMap(({ index, record }) => {
    const name = textAt(record, 'name');
    if (name === undefined) return [];
    const claimName =
      textAt(record, 'persistentVolumeClaim', 'claimName') ??
      (at(record, 'ephemeral') === undefined ? undefined : `${pod.metadata.name}-${name}`);
    const claim =
      claimName === undefined
        ? undefined
        : view.get(knownRef('PersistentVolumeClaim', pod.metadata.namespace, claimName));
    const volumeName = textAt(claim, 'spec', 'volumeName');
    const volume = volumeName === undefined ? undefined : view.get(knownRef('PersistentVolume', undefined, volumeName));
    return [{ name, record, claimName, claim, volumeName, volume, path: pathOf(workload, name, index) }];
  });
}

function pathOf({ ref, object }: Workload, name: string, index: number): string {
  const template =
    object === undefined
      ? undefined
      : recordsAt(podSpecOf(object), 'volumes').find(({ record }) => record.name === name);
  if (template === undefined && object?.kind === 'StatefulSet') {
    const claim = recordsAt(object, 'spec', 'volumeClaimTemplates').find(
      ({ record }) => textAt(record, 'metadata', 'name') === name,
    );
    if (claim !== undefined) return `spec.volumeClaimTemplates[${claim.index}]`;
  }
  return `${podSpecPath(ref.kind).join('.')}.volumes[${template?.index ?? index}]`;
}

/** Whether a pod has a node and waits for its volumes now. They are mounted before the sandbox is made, so once that is ready what was said of mounts is history. */
export function waitsForVolumes(pod: WireObject): boolean {
  if (isTerminating(pod) || phaseOf(pod) !== 'Pending' || textAt(pod, 'spec', 'nodeName') === undefined) return false;
  if (conditionOf(pod, 'PodReadyToStartContainers')?.status === 'True') return false;
  return containerStatusesOf(pod).every(
    ({ state }) =>
      state.is === 'waiting' && (state.reason === 'ContainerCreating' || state.reason === 'PodInitializing'),
  );
}
