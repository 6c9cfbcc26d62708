import { describe, expect, it } from 'vitest';
import { createMemoryJournal } from '../../src/sandbox/memory-journal.ts';
import { journalContract } from '../contracts/journal.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { newEvent } from '../support/new-event.ts';

journalContract('the journal in memory', async () => {
  const clock = createFakeClock();
  return { journal: createMemoryJournal({ clock }), now: clock.now().toISOString(), dispose: async () => {} };
});

describe('the journal in memory', () => {
  it('refuses what it is told to refuse, and stores nothing of it', async () => {
    const refusal = { code: 'journal.unavailable', sentence: 'The disk is full.' } as const;
    let isFull = true;
    const journal = createMemoryJournal({ clock: createFakeClock(), refuse: () => (isFull ? refusal : undefined) });
    expect(await journal.append('inbox', 0, [newEvent(1)])).toEqual({ ok: false, error: refusal });
    isFull = false;
    expect(await journal.append('inbox', 0, [newEvent(1)])).toMatchObject({ ok: true });
    expect(journal.events()).toHaveLength(1);
  });

  it('gives copies: a reader who changes an event changes nothing that is stored', async () => {
    const journal = createMemoryJournal({ clock: createFakeClock() });
    await journal.append('inbox', 0, [newEvent(1)]);
    const [read] = await journal.read('inbox');
    Object.assign(read?.body ?? {}, { n: 2 });
    expect((await journal.read('inbox'))[0]?.body.n).toBe(1);
    expect(journal.events()[0]?.body.n).toBe(1);
  });

  it('reports a listener that throws', async () => {
    const errors: unknown[] = [];
    const journal = createMemoryJournal({ clock: createFakeClock(), onListenerError: (error) => errors.push(error) });
    journal.subscribe(0, () => {
      throw new Error('no');
    });
    await journal.append('inbox', 0, [newEvent(1)]);
    expect(errors).toEqual([new Error('no')]);
  });
});
