import type { IncidentEvent, NewIncidentEvent, Told } from '../core/incident/events.ts';
import type { IncidentState } from '../core/incident/state.ts';
import type { Actor } from '../core/journal/event.ts';
import type { Problem, Result } from '../core/result.ts';

/** Who and why, for events that a decision leads to. `occurredAt` defaults to now. */
export type Because = { readonly actor: Actor; readonly cause: string | number; readonly occurredAt?: string };

/**
 * All incidents, folded from their journals and kept current.
 *
 * `decide` is one step: `choose` sees the state as it is, and what it answers is appended before anybody else decides on that incident (compare-and-set on the
 * stream's seq). `choose` must be pure: it may be asked again when the stream moved. With no events nothing is appended. Resolves when the events are durable and applied.
 */
export interface Incidents {
  get(reference: string): IncidentState | undefined;
  all(): readonly IncidentState[];
  decide<T>(
    reference: string,
    because: Because,
    choose: (state: IncidentState | undefined) => { readonly events: readonly Told[]; readonly value: T },
  ): Promise<Result<{ readonly value: T; readonly state: IncidentState | undefined }, Problem<'journal.unavailable'>>>;
  /** Appends finished events (the outcome of an effect) after whatever is there. */
  append(
    reference: string,
    events: readonly NewIncidentEvent[],
  ): Promise<Result<IncidentState, Problem<'journal.unavailable'>>>;
  /** Called after each applied event, in order, with the state that it led to. Returns the function that ends it. */
  watch(listener: (event: IncidentEvent, state: IncidentState) => void): () => void;
}
