import type { Route, Told } from '../incident/events.ts';
import type { IncidentState } from '../incident/state.ts';

/** When people are called about what the co-pilot saw by itself: after `afterMs` without an acknowledgement, or when it began `times` times within `windowMs`. */
export type EscalationSettings = { readonly afterMs: number; readonly times: number; readonly windowMs: number };

/** What is known when a signal is taken: all incidents that are not archived, the next free reference, and the team's settings. */
export type Desk = {
  readonly incidents: readonly IncidentState[];
  readonly nextReference: string;
  readonly cluster: string;
  readonly heartbeats: readonly string[];
  readonly reopenWithinMs: number;
  /** Never, when absent. */
  readonly escalation?: EscalationSettings | null;
  readonly routeOf: (labels: Readonly<Record<string, string>>) => Route;
};

/** What a signal leads to: events for one incident (new when `opens`), or nothing, and why. */
export type Taken =
  | { readonly take: 'append'; readonly reference: string; readonly opens: boolean; readonly events: readonly Told[] }
  | { readonly take: 'ignore'; readonly why: string };
