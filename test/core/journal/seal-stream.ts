import { sealEvent } from '../../../src/core/journal/chain.ts';
import { type JournalEvent, noPrevious } from '../../../src/core/journal/event.ts';
import { newEvent } from '../../support/new-event.ts';

/** A stream of `count` small events, and their lines. `from` varies the bodies. */
export function sealStream(stream: string, count: number, from = 0): { events: JournalEvent[]; lines: string[] } {
  const events: JournalEvent[] = [];
  const lines: string[] = [];
  let prev = noPrevious;
  for (let seq = 1; seq <= count; seq += 1) {
    const { event, line } = sealEvent(newEvent(from + seq), {
      stream,
      seq,
      prev,
      recordedAt: '2026-11-21T03:04:05.678Z',
    });
    events.push(event);
    lines.push(line);
    prev = event.hash;
  }
  return { events, lines };
}
