import type { ClusterView } from '../cluster/cluster-view.ts';
import { refOf } from '../cluster/object.ts';
import type { MeasuredScope } from '../evidence/standard-queries.ts';
import type { ScopeView } from './analysis.ts';
import { commonDistance } from './scope-view.ts';

const workloadKinds: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicaSet',
]);

/** What is worth measuring for a scope: the containers of its pods, the volumes they claim, the nodes. */
export function measuredScopeOf(
  view: ClusterView,
  scope: ScopeView | undefined,
  asked: {
    readonly namespace?: string | undefined;
    readonly object?: { readonly kind: string; readonly name: string } | undefined;
  },
): MeasuredScope {
  const own = scope?.pods.filter((pod) => (scope.distance(refOf(pod)) ?? commonDistance) < commonDistance) ?? [];
  const namespaces = new Set(own.flatMap(({ metadata }) => metadata.namespace ?? []));
  if (asked.namespace !== undefined) namespaces.add(asked.namespace);
  const { object } = asked;
  // One workload and its neighbours: the prefix holds only where nothing else of the namespace is looked at.
  const isAlone =
    object !== undefined && namespaces.size === 1 && own.every(({ metadata }) => metadata.name.startsWith(object.name));
  return {
    namespaces: [...namespaces].toSorted(),
    podPrefix:
      isAlone && object !== undefined && (object.kind === 'Pod' || workloadKinds.has(object.kind))
        ? object.name
        : undefined,
    hasClaims: (scope?.list('PersistentVolumeClaim').length ?? 0) > 0,
    hasNodes: view.list('Node').length > 0,
  };
}
