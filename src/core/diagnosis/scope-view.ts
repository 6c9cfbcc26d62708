import type { ClusterView } from '../cluster/cluster-view.ts';
import type { KnownKind } from '../cluster/kinds.ts';
import type { ObjectRef, WireObject } from '../cluster/object.ts';
import { textAt } from '../cluster/wire.ts';
import { workloadOf } from '../cluster/workload.ts';
import type { ScopeView } from './analysis.ts';

const workloadKinds: readonly KnownKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'];

/**
 * The objects a question is about and those they are connected with by owner or selector. A neighbour that merely lives in the same namespace
 * is not among them: its trouble is not the answer.
 *
 * Undefined when the object was not read.
 */
export function scopeViewOf(
  view: ClusterView,
  scope: { readonly namespace?: string | undefined; readonly object?: ObjectRef | undefined },
): ScopeView | undefined {
  const found = unordered(view, scope);
  // By name, so that the order in which sources answer never shows in what is said first.
  return found === undefined ? undefined : { pods: byName(found.pods), workloads: byName(found.workloads) };
}

function byName(objects: readonly WireObject[]): readonly WireObject[] {
  return objects
    .map((object) => ({ object, key: `${object.metadata.namespace ?? ''}/${object.metadata.name}/${object.kind}` }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ object }) => object);
}

function unordered(
  view: ClusterView,
  scope: { readonly namespace?: string | undefined; readonly object?: ObjectRef | undefined },
): ScopeView | undefined {
  const { object } = scope;
  if (object === undefined || object.kind === 'Namespace') {
    const namespace = object?.name ?? scope.namespace;
    return {
      pods: view.list('Pod', namespace),
      workloads: workloadKinds.flatMap((kind) => view.list(kind, namespace)),
    };
  }
  const found = view.get(object);
  if (object.kind === 'Node') {
    const pods = view.list('Pod').filter((pod) => textAt(pod, 'spec', 'nodeName') === object.name);
    return found === undefined && pods.length === 0 ? undefined : { pods, workloads: [] };
  }
  if (found === undefined) return undefined;
  if (found.kind === 'Pod') return { pods: [found], workloads: ownersOf(view, [found]) };
  const pods = view.podsOf(found);
  const top = view.ownersOf(found).at(-1)?.object;
  return { pods, workloads: unique([top ?? found, ...ownersOf(view, pods)]) };
}

function ownersOf(view: ClusterView, pods: readonly WireObject[]): readonly WireObject[] {
  return unique(pods.flatMap((pod) => workloadOf(view, pod).object ?? []).filter(({ kind }) => kind !== 'Pod'));
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
