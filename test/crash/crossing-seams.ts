import type { Seams } from '../../src/composition/start-copilot.ts';
import type { NewEvent } from '../../src/core/journal/event.ts';
import type { CrashPoint } from './crash-point.ts';

type Crossing = Extract<CrashPoint, { at: 'journal' | 'writer' }>;

/** Stands between the co-pilot and what it writes to, and tells each time when a write is about to be made and when it was made. */
export function crossingSeams(cross: (crossing: Crossing) => void): Required<Seams> {
  const counts = new Map<string, number>();

  function begin(at: Crossing['at'], what: string): () => void {
    const key = `${at} ${what}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    cross({ at, what, nth, when: 'before' });
    return () => cross({ at, what, nth, when: 'after' });
  }

  return {
    journal: (journal) => ({
      ...journal,
      async append(stream, expectedSeq, events) {
        const done = begin('journal', nameOf(stream, events));
        const appended = await journal.append(stream, expectedSeq, events);
        // A refused append wrote nothing: there is no moment after it.
        if (appended.ok) done();
        return appended;
      },
    }),
    writer: (writer) => ({
      async rehearse(request, signal) {
        const done = begin('writer', 'rehearse');
        const answer = await writer.rehearse(request, signal);
        done();
        return answer;
      },
      async apply(authorized, signal) {
        const done = begin('writer', 'apply');
        const answer = await writer.apply(authorized, signal);
        done();
        return answer;
      },
    }),
  };
}

/** `incident/run-ended+incident-mitigated`, `incident/action-executed(undo)`, `inbox/signal-received(firing)`, `target/target-claimed`. */
function nameOf(stream: string, events: readonly NewEvent[]): string {
  const [folder = stream] = stream.split('/');
  return `${folder}/${events.map(({ type, body }) => `${type}${detailOf(body)}`).join('+')}`;
}

function detailOf({ what, action, signal }: NewEvent['body']): string {
  const detail = what ?? action ?? (isRecord(signal) ? (signal.status ?? signal.verb) : undefined);
  return typeof detail === 'string' ? `(${detail})` : '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
