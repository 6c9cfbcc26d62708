import type { KnownKind } from './kinds.ts';
import type { ObjectRef } from './object.ts';

/** One list that an investigation needs. `source` is how people are told when it could not be read. */
export type PlannedRead = {
  readonly kind: KnownKind;
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly source: string;
};

const namespacedKinds = ['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'] as const;

/**
 * The lists that answer a question about a scope, all independent of each other.
 *
 * - a namespace, or an object or alert in one: its workloads, pods, warning events, and all nodes (where pods run, what a limit may grow to)
 * - a node: the pods on it; their owners are completed one by one, since they live in many namespaces
 * - nothing named: the same as for a namespace, over the whole cluster
 */
export function readSetFor(scope: {
  readonly namespace?: string | undefined;
  readonly object?: ObjectRef | undefined;
  readonly service?: boolean;
}): readonly PlannedRead[] {
  const nodes: PlannedRead = { kind: 'Node', source: 'nodes' };
  if (scope.object?.kind === 'Node') {
    const { name } = scope.object;
    return [{ kind: 'Pod', fieldSelector: `spec.nodeName=${name}`, source: `pods on node ${name}` }, nodes];
  }
  const { namespace } = scope;
  const where = namespace === undefined ? {} : { namespace };
  const place = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`;
  const asked = scope.object?.kind;
  const kinds: readonly KnownKind[] = [
    ...namespacedKinds,
    ...(scope.service === true || asked === 'Service' ? (['Service'] as const) : []),
    ...(asked === 'CronJob' ? (['CronJob'] as const) : []),
  ];
  return [
    ...kinds.map((kind): PlannedRead => ({ kind, ...where, source: `${plural(kind)} in ${place}` })),
    { kind: 'Event', ...where, fieldSelector: 'type!=Normal', source: `events in ${place}` },
    nodes,
  ];
}

function plural(kind: KnownKind): string {
  return `${kind.toLowerCase()}s`;
}
