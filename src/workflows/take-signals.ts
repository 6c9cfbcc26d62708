import type { JournalEvent } from '../core/journal/event.ts';
import { signalSchema } from '../core/signal/signal.ts';
import { type Desk, takeSignal } from '../core/signal/take-signal.ts';
import type { Clock } from '../ports/clock.ts';
import type { Incidents } from '../ports/incidents.ts';
import type { Journal } from '../ports/journal.ts';

const inbox = 'inbox';

type Dependencies = {
  readonly journal: Journal;
  readonly incidents: Incidents;
  readonly clock: Clock;
  /** The team's settings; incidents and the next reference are added here. */
  readonly settings: Omit<Desk, 'incidents' | 'nextReference'>;
  readonly onProblem: (sentence: string) => void;
};

export type TakingSignals = {
  /** Takes what the inbox holds and was not consumed, then everything that comes. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when all that is in the inbox now was taken. */
  idle(): Promise<void>;
};

const retryMs = 2_000;

/**
 * Empties the inbox, one signal after the other in the order they were stored: opens incidents, joins, reopens, resolves, or notes that a signal
 * means nothing. A signal is consumed when an incident's event carries its id, or the inbox notes `signal-ignored`: so none is lost in a crash, and none is taken twice.
 */
export function createTakeSignals({ journal, incidents, clock, settings, onProblem }: Dependencies): TakingSignals {
  const ending = new AbortController();
  const consumed = new Set<string>();
  let unsubscribe: () => void = () => undefined;
  let turn: Promise<void> = Promise.resolve();

  function nextReference(): string {
    const numbers = journal.streams().flatMap((stream) => /^incident\/INC-(\d+)$/.exec(stream)?.[1] ?? []);
    return `INC-${Math.max(0, ...numbers.map(Number)) + 1}`;
  }

  async function take(event: JournalEvent): Promise<void> {
    const signalId = String(event.body.signalId);
    if (consumed.has(signalId)) return;
    const signal = signalSchema.safeParse(event.body.signal);
    if (!signal.success) return note(signalId, 'this version cannot read it');
    // When it arrived, not when it is taken: a signal that waited in the inbox over a restart means what it meant then.
    const now = new Date(event.occurredAt);
    const desk = (): Desk => ({ ...settings, incidents: incidents.all(), nextReference: nextReference() });
    const planned = takeSignal(signal.data, signalId, now, desk());
    if (planned.take === 'ignore') return note(signalId, planned.why);
    const because = { actor: event.actor, cause: signalId, occurredAt: event.occurredAt };
    const done = await incidents.decide(planned.reference, because, () => {
      // Decided again over the state as it is in this very step: the incident may have ended since.
      const taken = takeSignal(signal.data, signalId, now, desk());
      const fits = taken.take === 'append' && taken.reference === planned.reference;
      return { events: fits ? taken.events : [], value: fits };
    });
    if (!done.ok) throw new Error(done.error.sentence);
    if (done.value.value) consumed.add(signalId);
    else await take(event);
  }

  async function note(signalId: string, why: string): Promise<void> {
    const event = {
      type: 'signal-ignored',
      actor: { kind: 'bot' },
      cause: signalId,
      occurredAt: clock.now().toISOString(),
      body: { signalId, why },
    } as const;
    for (;;) {
      const seq = journal.heads().find(({ stream }) => stream === inbox)?.seq ?? 0;
      const noted = await journal.append(inbox, seq, [event]);
      if (noted.ok) break;
      if (noted.error.code === 'journal.unavailable') throw new Error(noted.error.sentence);
    }
    consumed.add(signalId);
  }

  /** A signal that no incident can hold is noted with why: it must not keep the inbox shut for those behind it. Anything else is tried again. */
  async function leaveOut({ body }: JournalEvent, error: unknown): Promise<void> {
    if (!(error instanceof TypeError)) throw error;
    onProblem(`A signal could not be taken and is left out: ${error.message}`);
    await note(String(body.signalId), `no incident can hold it: ${error.message}`);
  }

  async function takeOrRetry(event: JournalEvent): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        return await take(event).catch((error: unknown) => leaveOut(event, error));
      } catch (error) {
        onProblem(`A signal waits in the inbox: ${error instanceof Error ? error.message : String(error)}`);
        await clock.sleep(retryMs, ending.signal).catch(() => undefined);
      }
    }
  }

  return {
    async start() {
      for (const { signals } of incidents.all()) for (const id of signals) consumed.add(id);
      const stored = await journal.read(inbox);
      for (const { type, body } of stored) if (type === 'signal-ignored') consumed.add(String(body.signalId));
      unsubscribe = journal.subscribe(0, (event) => {
        if (event.incident !== inbox || event.type !== 'signal-received') return;
        turn = turn.then(() => takeOrRetry(event));
      });
    },
    async stop() {
      unsubscribe();
      ending.abort(new Error('the co-pilot is stopping'));
      await turn;
    },
    async idle() {
      let seen: Promise<void>;
      do {
        seen = turn;
        await seen;
      } while (seen !== turn);
    },
  };
}
