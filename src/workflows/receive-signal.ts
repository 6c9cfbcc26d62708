import type { Actor, NewEvent } from '../core/journal/event.ts';
import { fail, ok, type Problem, type Result } from '../core/result.ts';
import { notificationKey } from '../core/signal/alertmanager.ts';
import { detectionKey } from '../core/signal/detection.ts';
import { type Signal, signalSchema } from '../core/signal/signal.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Journal } from '../ports/journal.ts';

const inbox = 'inbox';

/** How many notifications are remembered to tell a repeated one; older ones only cost an event more when they come again. */
const rememberedNotifications = 10_000;

export type Received = { readonly signalId: string; readonly repeated: boolean };

/**
 * Puts a signal into the inbox. Resolves once it is durable, so that its source may be answered: acknowledging before would lose it in a crash.
 * A notification identical to the last one of its group (a retry, a second Alertmanager) is recognised and not stored again. Rejects with TypeError for a signal
 * that has no JSON form; the others are not affected.
 */
export type ReceiveSignal = (signal: Signal, actor: Actor) => Promise<Result<Received, Problem<'journal.unavailable'>>>;

type Unavailable = Problem<'journal.unavailable'>;
type Stored = Result<Received, Unavailable>;
type Waiting = {
  readonly event: NewEvent;
  readonly signalId: string;
  readonly answer: (stored: Stored) => void;
  readonly refuse: (error: unknown) => void;
};

type Dependencies = { readonly journal: Journal; readonly clock: Clock; readonly ids: Ids };

export async function createReceiveSignal({ journal, clock, ids }: Dependencies): Promise<ReceiveSignal> {
  // By group, since a group that fires, ends and fires again with the same startsAt is news each time. Kept from when a notification arrives, so that one that is
  // still on its way to the disk counts as the last.
  const lastOfGroup = new Map<string, { readonly key: string; readonly stored: Promise<Stored> }>();
  let seq = 0;
  const waiting: Waiting[] = [];
  let pumping = false;

  for (const event of await journal.read(inbox)) {
    seq = event.seq;
    const signal = signalSchema.safeParse(event.body.signal);
    if (event.type !== 'signal-received' || !signal.success) continue;
    const notification = notificationOf(signal.data);
    if (notification === undefined) continue;
    const stored = Promise.resolve(ok({ signalId: String(event.body.signalId), repeated: false }));
    remember(notification.group, { key: notification.key, stored });
  }

  function remember(group: string, last: { readonly key: string; readonly stored: Promise<Stored> }): void {
    lastOfGroup.delete(group);
    lastOfGroup.set(group, last);
    const oldest = lastOfGroup.keys().next();
    if (lastOfGroup.size > rememberedNotifications && !oldest.done) lastOfGroup.delete(oldest.value);
  }

  // Signals that arrive while the disk is busy are appended together by the next round: one flush for all of them.
  async function pump(): Promise<void> {
    while (waiting.length > 0) await flush(waiting.splice(0, waiting.length));
    pumping = false;
  }

  async function flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const stored = await appendAll(batch.map(({ event }) => event));
      for (const { signalId, answer } of batch) answer(stored.ok ? ok({ signalId, repeated: false }) : stored);
    } catch (error) {
      // One that cannot be journalled at all must not take the others of its batch with it.
      const [first, ...others] = batch;
      if (others.length === 0) first?.refuse(error);
      else for (const one of batch) await flush([one]);
    }
  }

  async function appendAll(events: readonly NewEvent[]): Promise<Result<undefined, Unavailable>> {
    // The inbox has other writers (the note that a signal was ignored, a repaired tail), so its seq is looked up again on a conflict.
    for (;;) {
      const appended = await journal.append(inbox, seq, events);
      if (appended.ok) {
        seq += events.length;
        return ok(undefined);
      }
      if (appended.error.code === 'journal.unavailable')
        return fail({ ...appended.error, code: 'journal.unavailable' });
      seq = journal.heads().find(({ stream }) => stream === inbox)?.seq ?? 0;
    }
  }

  function store(signal: Signal, actor: Actor): Promise<Stored> {
    const signalId = ids.next();
    const event = {
      type: 'signal-received',
      actor,
      cause: 0,
      occurredAt: clock.now().toISOString(),
      body: { signalId, signal },
    };
    const { promise, resolve, reject } = Promise.withResolvers<Stored>();
    waiting.push({ event, signalId, answer: resolve, refuse: reject });
    if (!pumping) {
      pumping = true;
      void pump();
    }
    return promise;
  }

  return (signal, actor) => {
    const notification = notificationOf(signal);
    if (notification === undefined) return store(signal, actor);
    const { group, key } = notification;
    const last = lastOfGroup.get(group);
    if (last?.key === key)
      return last.stored.then((stored) => (stored.ok ? ok({ ...stored.value, repeated: true }) : stored));
    const stored = store(signal, actor);
    const arrived = { key, stored };
    remember(group, arrived);
    // What was not stored is not remembered: its source sends it again.
    const forget = () => {
      if (lastOfGroup.get(group) === arrived) lastOfGroup.delete(group);
    };
    stored.then(({ ok: isStored }) => {
      if (!isStored) forget();
    }, forget);
    return stored;
  };
}

/** What a signal that its source may send twice is known by: whose news it is, and which. A person's command is none of these. */
function notificationOf(signal: Signal): { readonly group: string; readonly key: string } | undefined {
  switch (signal.kind) {
    case 'alert-group':
      return { group: signal.group, key: notificationKey(signal) };
    case 'detection':
      return { group: `detection:${signal.fingerprint}`, key: detectionKey(signal) };
    case 'command':
      return undefined;
  }
  return signal satisfies never;
}
