import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { Names } from '../store/names.ts';
import { toCreate } from '../store/object-writes.ts';
import type { KubeObject, ObjectOf } from '../store/stored-object.ts';
import { controlledBy } from './ownership.ts';

type Pod = ObjectOf<'Pod'>;

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** Neither finished nor being deleted: what a controller counts as one of its replicas. */
export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

/** When the pod counts as available: an instant (maybe past), or undefined while it is not ready. */
export function availableFrom(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = readyCondition(pod);
  if (ready?.status !== 'True') return undefined;
  return minReadySeconds === 0 ? 0 : Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000;
}

export function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0);
}

/** A pod of a workload, made from its template. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplateSpec,
  identity: { name: string; generateName?: string; labels?: Record<string, string>; nodeName?: string },
  stamp: { names: Names; nowMs: number },
): KubeObject {
  const { generateName, labels, name, nodeName } = identity;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      ...(generateName === undefined ? {} : { generateName }),
      labels: { ...template.metadata?.labels, ...labels },
      ...(template.metadata?.annotations === undefined ? {} : { annotations: { ...template.metadata.annotations } }),
      ownerReferences: [controlledBy(owner)],
    },
    spec: { containers: [], ...structuredClone(template.spec), ...(nodeName === undefined ? {} : { nodeName }) },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
  return toCreate(pod, { ...stamp, manager: 'kube-controller-manager' });
}

function readyCondition(pod: Pod) {
  return pod.status?.conditions?.find((condition) => condition.type === 'Ready');
}
