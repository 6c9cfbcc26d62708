import type { ClusterView } from '../cluster/cluster-view.ts';
import type { WireObject } from '../cluster/object.ts';
import { podSpecOf } from '../cluster/pod-spec.ts';
import { at, numberAt } from '../cluster/wire.ts';
import { revisionsOf, type Workload } from '../cluster/workload.ts';

/** What a former revision of a workload said in some place. `object` is the one that keeps the revision; `ready` is how many pods of it are ready now, where that can be told. */
export type FormerValue<T> = {
  readonly object: WireObject;
  readonly number: number;
  readonly ready: number;
  readonly value: T;
};

/**
 * The newest former revision in which `read` finds a value that is not the present one: a revision with ready pods before one without.
 * Deployments keep revisions as ReplicaSets, StatefulSets and DaemonSets as ControllerRevisions.
 */
export function formerValue<T>(
  view: ClusterView,
  workload: Workload,
  read: (podSpec: unknown) => T | undefined,
  isPresent: (value: T) => boolean,
): FormerValue<T> | undefined {
  const former = revisions(view, workload)
    .slice(1)
    .flatMap(({ object, number, ready, podSpec }) => {
      const value = read(podSpec);
      return value === undefined || isPresent(value) ? [] : [{ object, number, ready, value }];
    });
  return former.find(({ ready }) => ready > 0) ?? former[0];
}

function revisions(view: ClusterView, { object }: Workload) {
  switch (object?.kind) {
    case 'Deployment':
      return revisionsOf(view, object).map(({ replicaSet, number, ready }) => ({
        object: replicaSet,
        number,
        ready,
        podSpec: podSpecOf(replicaSet),
      }));
    case 'StatefulSet':
    case 'DaemonSet':
      return view
        .controlledBy(object, 'ControllerRevision')
        .flatMap((revision) => {
          const number = numberAt(revision, 'revision');
          const podSpec = at(revision, 'data', 'spec', 'template', 'spec');
          return number === undefined ? [] : [{ object: revision, number, ready: 0, podSpec }];
        })
        .toSorted((a, b) => b.number - a.number);
    default:
      return [];
  }
}
