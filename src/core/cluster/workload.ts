import type { ClusterView } from './cluster-view.ts';
import { type ObjectRef, refOf, type WireObject } from './object.ts';
import { type ContainerList, type ContainerSpec, containersOf } from './pod.ts';
import { podSpecOf, podSpecPath } from './pod-spec.ts';
import { numberAt } from './wire.ts';

/** What must change for a pod to change: its topmost controller, or the pod itself when nothing controls it. `object` is absent when it was not read. */
export type Workload = { readonly ref: ObjectRef; readonly object: WireObject | undefined };

/** The workload of a pod through its owners: Deployment over ReplicaSet, CronJob over Job. */
export function workloadOf(view: ClusterView, pod: WireObject): Workload {
  const top = view.ownersOf(pod).at(-1);
  return top === undefined ? { ref: refOf(pod), object: pod } : { ref: top.ref, object: top.object };
}

/** The containers a workload's template (or the bare pod) declares; empty when the object was not read whole. */
export function templateContainersOf(workload: WireObject): readonly ContainerSpec[] {
  return containersOf(podSpecOf(workload));
}

/** `spec.template.spec.containers[0]`: where a container is declared, for an object of the kind. */
export function containerPath(kind: string, place: { readonly list: ContainerList; readonly index: number }): string {
  return `${podSpecPath(kind).join('.')}.${place.list}[${place.index}]`;
}

/** One revision of a Deployment: a ReplicaSet it controls. */
export type Revision = {
  readonly replicaSet: WireObject;
  readonly number: number;
  readonly containers: readonly ContainerSpec[];
  readonly desired: number;
  readonly ready: number;
};

const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** The revisions of a Deployment, newest first. ReplicaSets without the controller's revision annotation are none yet. */
export function revisionsOf(view: ClusterView, deployment: WireObject): readonly Revision[] {
  return view
    .controlledBy(deployment, 'ReplicaSet')
    .flatMap((replicaSet) => {
      const number = revisionNumber(replicaSet);
      if (number === undefined) return [];
      return [
        {
          replicaSet,
          number,
          containers: templateContainersOf(replicaSet),
          desired: numberAt(replicaSet, 'spec', 'replicas') ?? 0,
          ready: numberAt(replicaSet, 'status', 'readyReplicas') ?? 0,
        },
      ];
    })
    .toSorted((a, b) => b.number - a.number);
}

function revisionNumber(object: WireObject): number | undefined {
  const text = object.metadata.annotations?.[revisionAnnotation];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The revision a Deployment rolls out now: the highest, as the Deployment controller numbers them. */
export function currentRevisionOf(view: ClusterView, deployment: WireObject): Revision | undefined {
  return revisionsOf(view, deployment)[0];
}

/**
 * Whether a pod still is what its workload asks for. A pod of a former revision, or one whose container differs from the template of today, is on
 * its way out: what it suffers has been answered already.
 *
 * Deployments are decided by revision (admission may rewrite images, so that pod and template differ for ever); other workloads by `sameContainer`.
 * Where the workload could not be read, nothing speaks against the pod.
 */
export function isOfPresentTemplate(
  view: ClusterView,
  pod: WireObject,
  sameContainer: (template: readonly ContainerSpec[]) => boolean,
): boolean {
  const owners = view.ownersOf(pod);
  const top = owners.at(-1)?.object;
  if (top === undefined) return true;
  if (top.kind === 'Deployment') {
    const current = currentRevisionOf(view, top);
    const own = owners[0]?.object;
    if (current !== undefined && own !== undefined) return current.replicaSet.metadata.uid === own.metadata.uid;
  }
  const template = templateContainersOf(top);
  return template.length === 0 || sameContainer(template);
}
