import { type ClusterEvent, readEvent } from '../../cluster/cluster-event.ts';
import type { ClusterView } from '../../cluster/cluster-view.ts';

/**
 * Events about nodes with one of the reasons, by node name, newest first. The kubelet writes its node's name where the uid belongs
 * (`nodeRef` in `pkg/kubelet/kubelet.go`), so they cannot be found by uid; those that carry another uid speak of a former node of that name.
 */
export function nodeEventsOf(
  view: ClusterView,
  reasons: ReadonlySet<string>,
): ReadonlyMap<string, readonly ClusterEvent[]> {
  const found = new Map<string, ClusterEvent[]>();
  for (const object of view.list('Event')) {
    const event = readEvent(object);
    if (event?.about.kind !== 'Node' || event.reason === undefined || !reasons.has(event.reason)) continue;
    const { name, uid } = event.about;
    const node = view.get({ apiVersion: 'v1', kind: 'Node', name });
    if (uid !== undefined && uid !== '' && uid !== name && uid !== node?.metadata.uid) continue;
    const known = found.get(name);
    if (known === undefined) found.set(name, [event]);
    else known.push(event);
  }
  for (const events of found.values()) events.sort((a, b) => (b.last ?? 0) - (a.last ?? 0));
  return found;
}
