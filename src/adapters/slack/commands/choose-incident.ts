import type { IncidentState } from '../../../core/incident/state.ts';

/** Where a command was given. `threadTs` only for a mention in a thread. */
export type Place = { readonly channel: string; readonly threadTs: string | null };

export type Choice =
  | { readonly chosen: 'one'; readonly incident: IncidentState }
  | { readonly chosen: 'unknown'; readonly reference: string }
  | { readonly chosen: 'none' }
  | { readonly chosen: 'ask'; readonly among: readonly IncidentState[] };

/**
 * Which incident a command is about: the one it names, else the thread's, else the only one that `fits` in this channel, else the only one that fits, else a
 * person must say. The named one and the thread's are taken whether they fit or not: then it can be said why not.
 */
export function chooseIncident(
  incidents: readonly IncidentState[],
  reference: string | null,
  place: Place,
  fits: (incident: IncidentState) => boolean,
): Choice {
  if (reference !== null) {
    const named = incidents.find((incident) => incident.reference === reference);
    return named === undefined ? { chosen: 'unknown', reference } : { chosen: 'one', incident: named };
  }
  const own = incidentOfThread(incidents, place);
  if (own !== undefined) return { chosen: 'one', incident: own };
  const fitting = incidents.filter(fits);
  const here = fitting.filter((incident) => channelOf(incident) === place.channel);
  const [only, ...others] = here.length > 0 ? here : fitting;
  if (only === undefined) return { chosen: 'none' };
  return others.length === 0 ? { chosen: 'one', incident: only } : { chosen: 'ask', among: [only, ...others] };
}

/** The incident whose thread this is. */
export function incidentOfThread(incidents: readonly IncidentState[], place: Place): IncidentState | undefined {
  if (place.threadTs === null) return undefined;
  return incidents.findLast(
    ({ posts }) => posts.root !== null && posts.root.channel === place.channel && posts.root.ts === place.threadTs,
  );
}

function channelOf({ posts, route }: IncidentState): string {
  return posts.root?.channel ?? route.channel;
}

export function isOpen({ phase }: IncidentState): boolean {
  return phase !== 'resolved';
}
