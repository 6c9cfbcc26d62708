import type { ClusterView } from './cluster-view.ts';
import { parseHostPort } from './host-port.ts';
import { isKnownKind, knownRef } from './kinds.ts';
import { type ObjectRef, refOf, type WireObject } from './object.ts';
import { podSpecOf } from './pod-spec.ts';
import { refKey, serviceNameOf, type Topology } from './topology.ts';
import { at, recordsAt } from './wire.ts';

/**
 * What objects in focus name and no list gave: owners, mounted and referred configuration, volumes, and Services of other namespaces that their environment calls.
 * Names that a whole list lacks do not exist and are not asked for. At most `max`, each once.
 */
export function namedButUnread(
  view: ClusterView,
  topology: Topology,
  focus: readonly WireObject[],
  max: number,
): readonly ObjectRef[] {
  const wanted = new Map<string, ObjectRef>();
  const want = (ref: ObjectRef): void => {
    if (wanted.size >= max || !isKnownKind(ref.kind) || view.get(ref) !== undefined) return;
    if (view.hasAll(ref.kind, ref.namespace)) return;
    wanted.set(refKey(ref), knownRef(ref.kind, ref.namespace, ref.name));
  };
  for (const object of focus) {
    for (const { ref } of view.ownersOf(object)) want(ref);
    for (const { to, by } of topology.needs(refOf(object))) if (by !== 'runs' && by !== 'selects') want(to);
    for (const ref of servicesCalledBy(object)) want(ref);
  }
  return [...wanted.values()];
}

/** Services that the environment of a pod, or of a workload's template, names by host. They may not exist. */
export function servicesCalledBy(object: WireObject): readonly ObjectRef[] {
  const { namespace } = object.metadata;
  const spec = podSpecOf(object);
  if (namespace === undefined || spec === undefined) return [];
  return ['initContainers', 'containers'].flatMap((list) =>
    recordsAt(spec, list).flatMap(({ record: container }) =>
      recordsAt(container, 'env').flatMap(({ record }) => {
        const host = parseHostPort(at(record, 'value'))?.host;
        const named = host === undefined ? undefined : serviceNameOf(host, namespace);
        return named === undefined ? [] : [knownRef('Service', named.namespace, named.name)];
      }),
    ),
  );
}
