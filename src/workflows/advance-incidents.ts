import type { Effect, EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import { isWanted, next, nextWake } from '../core/incident/next.ts';
import type { IncidentState } from '../core/incident/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Incidents } from '../ports/incidents.ts';

/**
 * Carries out one kind of effect. Answers with the events it led to, appended after it ends; an effect that must be durable before it goes on (a write and
 * its intent) appends by itself through `Incidents` and answers with what came after. A throw is an `effect-failed` event, and `next` decides about another try.
 */
export type Handler<K extends Effect['kind']> = (
  effect: EffectOf<K>,
  state: IncidentState,
  signal: AbortSignal,
) => Promise<readonly Told[]>;

export type Handlers = { readonly [K in Exclude<Effect['kind'], 'record'>]: Handler<K> };

type Dependencies = {
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly handlers: Handlers;
  /** What an effect's throw is called in the journal, without a stack trace: code and a sentence for people. */
  readonly explain: (error: unknown, effect: Effect) => { readonly code: string; readonly sentence: string };
  readonly onProblem: (sentence: string) => void;
};

export type Advancing = {
  /** Takes up every incident where it was left, and goes on with each when something happens to it. */
  start(): void;
  /** Ends all effects by abort and waits for them; what was not journalled is taken up again at the next start. */
  stop(): Promise<void>;
  /** Resolves when no effect is in flight: for tests and for a graceful end. */
  idle(): Promise<void>;
};

const retryMs = [1_000, 4_000, 15_000];

/** How long to wait when the journal takes nothing (disk full) before an incident is looked at again. */
const journalRetryMs = 2_000;

/** The runner: asks `next` after every event and at every stored instant, and runs what it names, each key at most once at a time. */
export function createAdvanceIncidents({ incidents, clock, handlers, explain, onProblem }: Dependencies): Advancing {
  const inFlight = new Map<string, Promise<void>>();
  // Seq at which an effect ended without an event: asked again only when the incident moved, or it would spin.
  const quiet = new Map<string, number>();
  const alarms = new Map<string, { at: number; cancel: AbortController }>();
  const ending = new AbortController();
  let unwatch: () => void = () => undefined;

  function wake(reference: string): void {
    const state = incidents.get(reference);
    if (state === undefined || ending.signal.aborted) return;
    const now = clock.now();
    for (const effect of next(state, now)) {
      if (inFlight.has(effect.key) || quiet.get(effect.key) === state.seq) continue;
      const work = carryOut(effect, state).then(
        () => settle(effect.key, reference),
        (error: unknown) => {
          // Not even its failure could be stored: left alone until the incident moves, since asking again at once would spin.
          if (!ending.signal.aborted) onProblem(`${effect.key}: ${explain(error, effect).sentence}`);
          quiet.set(effect.key, incidents.get(reference)?.seq ?? state.seq);
          settle(effect.key, reference);
        },
      );
      inFlight.set(effect.key, work);
    }
    setAlarm(reference, nextWake(state, now));
  }

  function settle(key: string, reference: string): void {
    inFlight.delete(key);
    wake(reference);
  }

  function setAlarm(reference: string, at: Date | null): void {
    const set = alarms.get(reference);
    if (set !== undefined && at !== null && set.at === at.getTime()) return;
    set?.cancel.abort();
    alarms.delete(reference);
    if (at === null) return;
    const cancel = new AbortController();
    alarms.set(reference, { at: at.getTime(), cancel });
    const signal = AbortSignal.any([cancel.signal, ending.signal]);
    const ring = () => {
      if (alarms.get(reference)?.cancel === cancel) alarms.delete(reference);
      wake(reference);
    };
    clock.sleep(Math.max(1, at.getTime() - clock.now().getTime()), signal).then(ring, () => undefined);
  }

  async function carryOut(effect: Effect, state: IncidentState): Promise<void> {
    try {
      const told = effect.kind === 'record' ? effect.events : await handle(effect, state);
      if (told.length === 0) {
        quiet.set(effect.key, incidents.get(state.reference)?.seq ?? state.seq);
        return;
      }
      quiet.delete(effect.key);
      await store(state.reference, effect.key, told);
    } catch (error) {
      if (ending.signal.aborted) return;
      await store(state.reference, effect.key, [failure(effect, incidents.get(state.reference) ?? state, error)]);
    }
  }

  function handle(effect: Exclude<Effect, { kind: 'record' }>, state: IncidentState): Promise<readonly Told[]> {
    const { signal } = ending;
    switch (effect.kind) {
      case 'investigate':
        return handlers.investigate(effect, state, signal);
      case 'make-plan':
        return handlers['make-plan'](effect, state, signal);
      case 'check-preconditions':
        return handlers['check-preconditions'](effect, state, signal);
      case 'check-action':
        return handlers['check-action'](effect, state, signal);
      case 'request-approval':
        return handlers['request-approval'](effect, state, signal);
      case 'perform-read':
        return handlers['perform-read'](effect, state, signal);
      case 'execute':
        return handlers.execute(effect, state, signal);
      case 'validate':
        return handlers.validate(effect, state, signal);
      case 'release-targets':
        return handlers['release-targets'](effect, state, signal);
      case 'explain':
        return handlers.explain(effect, state, signal);
      case 'answer':
        return handlers.answer(effect, state, signal);
    }
    return effect satisfies never;
  }

  function failure(effect: Effect, state: IncidentState, error: unknown): Told {
    const attempt = (state.failures[effect.key]?.attempts ?? 0) + 1;
    const waitMs = retryMs[Math.min(attempt, retryMs.length) - 1] ?? 0;
    const notBefore = new Date(clock.now().getTime() + waitMs).toISOString();
    return { type: 'effect-failed', body: { key: effect.key, attempt, notBefore, ...explain(error, effect) } };
  }

  // What an effect found out is kept until the journal takes it: an outcome of a change must not be lost to a full disk. It is taken only while the incident still
  // asks for that effect, decided in the step that appends: what comes too late (the run was stopped, a click was first) is dropped. A change in mid-air is always asked for.
  async function store(reference: string, key: string, told: readonly Told[]): Promise<void> {
    const because = { actor: { kind: 'bot' }, cause: key, occurredAt: clock.now().toISOString() } as const;
    for (;;) {
      const stored = await incidents.decide(reference, because, (state) => {
        const fits = state !== undefined && isWanted(state, key, clock.now());
        return { events: fits ? told : [], value: undefined };
      });
      if (stored.ok) return;
      onProblem(`${key}: ${stored.error.sentence}`);
      await clock.sleep(journalRetryMs, ending.signal);
    }
  }

  return {
    start() {
      unwatch = incidents.watch(({ incident }) => queueMicrotask(() => wake(incident)));
      for (const { reference } of incidents.all()) wake(reference);
    },
    async stop() {
      unwatch();
      ending.abort(new Error('the co-pilot is stopping'));
      await Promise.allSettled(inFlight.values());
    },
    async idle() {
      while (inFlight.size > 0) await Promise.allSettled(inFlight.values());
    },
  };
}
