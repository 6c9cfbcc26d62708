import { apply } from '../core/incident/apply.ts';
import { type IncidentEvent, type NewIncidentEvent, readIncidentEvent, type Told } from '../core/incident/events.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { incidentStream, type JournalEvent } from '../core/journal/event.ts';
import { fail, ok, type Problem, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Because, Incidents } from '../ports/incidents.ts';
import type { Journal } from '../ports/journal.ts';

type Dependencies = {
  readonly journal: Journal;
  readonly clock: Clock;
  /** A watcher that throws must not keep an event from the others; it ends here. */
  readonly onWatcherError: (error: unknown) => void;
};

/** How often one decision is asked again because its stream moved; within one process the queue below makes it once. */
const maxTries = 5;

/**
 * Folds every incident of the journal once and keeps it current as events are appended through it. One queue per incident: decisions on the same incident
 * come one after the other, different incidents do not wait for each other.
 *
 * Rejects with TypeError when a stream cannot be understood (core/incident/apply.ts): better not to start than to act on half a truth. For the same reason `decide` and
 * `append` reject with TypeError, and store nothing, when the new events do not follow from the incident as it is.
 */
export async function keepIncidents({ journal, clock, onWatcherError }: Dependencies): Promise<Incidents> {
  const states = new Map<string, IncidentState>();
  const queues = new Map<string, Promise<unknown>>();
  const watchers = new Set<(event: IncidentEvent, state: IncidentState) => void>();

  for (const stream of journal.streams()) {
    if (!stream.startsWith('incident/')) continue;
    for (const event of await journal.read(stream)) fold(event);
  }

  function fold(raw: JournalEvent): { event: IncidentEvent; state: IncidentState } {
    const event = readIncidentEvent(raw);
    const state = apply(states.get(event.incident), event);
    states.set(event.incident, state);
    return { event, state };
  }

  // What cannot be read back or does not follow must not be stored: it would keep the incident, and the next start, from ever being folded again.
  function rehearse(reference: string, before: IncidentState | undefined, events: readonly NewIncidentEvent[]): void {
    let state = before;
    for (const event of events) {
      const seq = (state?.seq ?? 0) + 1;
      const placed = { v: 1, ...event, incident: reference, seq, recordedAt: event.occurredAt, prev: '', hash: '' };
      state = apply(state, readIncidentEvent(placed));
    }
  }

  function tell(event: IncidentEvent, state: IncidentState): void {
    for (const watcher of watchers) {
      try {
        watcher(event, state);
      } catch (error) {
        onWatcherError(error);
      }
    }
  }

  function inTurn<T>(reference: string, work: () => Promise<T>): Promise<T> {
    const turn = (queues.get(reference) ?? Promise.resolve()).then(work, work);
    queues.set(reference, turn);
    const forget = () => {
      if (queues.get(reference) === turn) queues.delete(reference);
    };
    turn.then(forget, forget);
    return turn;
  }

  async function commit(
    reference: string,
    choose: (state: IncidentState | undefined) => readonly NewIncidentEvent[],
  ): Promise<Result<undefined, Problem<'journal.unavailable'>>> {
    const stream = incidentStream(reference);
    for (let tries = 0; tries < maxTries; tries += 1) {
      const state = states.get(reference);
      const chosen = choose(state);
      if (chosen.length === 0) return ok(undefined);
      rehearse(reference, state, chosen);
      const appended = await journal.append(stream, state?.seq ?? 0, chosen);
      if (appended.ok) {
        for (const raw of appended.value) {
          const { event, state: after } = fold(raw);
          tell(event, after);
        }
        return ok(undefined);
      }
      if (appended.error.code === 'journal.unavailable')
        return fail({ ...appended.error, code: 'journal.unavailable' });
      // Somebody else wrote to the stream: take it in, and let the decision be made again on what is true now.
      for (const raw of await journal.read(stream, (states.get(reference)?.seq ?? 0) + 1)) {
        const { event, state: after } = fold(raw);
        tell(event, after);
      }
    }
    return fail({
      code: 'journal.unavailable',
      sentence: `The journal of ${reference} moved ${maxTries} times while one decision was made. Nothing was stored; try again.`,
    });
  }

  return {
    get: (reference) => states.get(reference),
    all: () => [...states.values()],
    decide: <T>(
      reference: string,
      because: Because,
      choose: (state: IncidentState | undefined) => { events: readonly Told[]; value: T },
    ) =>
      inTurn(reference, async () => {
        let value: T | undefined;
        const done = await commit(reference, (state) => {
          const chosen = choose(state);
          value = chosen.value;
          const { actor, cause, occurredAt = clock.now().toISOString() } = because;
          return chosen.events.map((event): NewIncidentEvent => ({ actor, cause, occurredAt, ...event }));
        });
        // `choose` ran at least once in commit, so the value is there.
        return done.ok ? ok({ value: value as T, state: states.get(reference) }) : done;
      }),
    append: (reference, events) =>
      inTurn(reference, async () => {
        const done = await commit(reference, () => events);
        if (!done.ok) return done;
        const state = states.get(reference);
        if (state === undefined)
          throw new TypeError(`${reference}: events were appended to an incident that was never opened`);
        return ok(state);
      }),
    watch: (listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  };
}
