import type { NewEvent } from '../../src/core/journal/event.ts';

/** A small event that is right in every field; `n` makes it different from others. */
export function newEvent(n: number, more: Partial<NewEvent> = {}): NewEvent {
  return {
    type: 'evidence-read',
    actor: { kind: 'bot' },
    cause: n,
    occurredAt: '2026-11-21T03:04:05.000Z',
    body: { n, text: `évidence ${n} ✓` },
    ...more,
  };
}
