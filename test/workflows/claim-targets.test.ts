import { describe, expect, it } from 'vitest';
import { createMemoryJournal } from '../../src/sandbox/memory-journal.ts';
import { createTargetClaims } from '../../src/workflows/claim-targets.ts';
import { diskFull } from '../support/copilot-bench.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const target = { cluster: 'test', uid: 'uid-1' };
const one = { incident: 'INC-1', run: 'run-1' };
const two = { incident: 'INC-2', run: 'run-1' };

function claimsOf({ over = [] as string[], full = (): boolean => false } = {}) {
  const clock = createFakeClock();
  const journal = createMemoryJournal({ clock, refuse: () => (full() ? diskFull : undefined) });
  const claims = createTargetClaims({ journal, clock, isUnderWay: ({ incident }) => !over.includes(incident) });
  return { claims, journal };
}

describe('one run per object', () => {
  it('claims, again for the same run, and names the holder to another', async () => {
    const { claims, journal } = claimsOf();
    expect(await claims.claim(target, one)).toMatchObject({ ok: true });
    expect(await claims.claim(target, one)).toMatchObject({ ok: true });
    expect(await claims.claim(target, two)).toMatchObject({
      ok: false,
      error: { code: 'target.busy', sentence: expect.stringMatching(/INC-1 is changing/) },
    });
    expect(await claims.claim(target, { ...one, run: 'run-2' })).toMatchObject({ ok: false });
    expect(journal.events()).toHaveLength(1);
  });

  it('another object, or the same uid in another cluster, is free', async () => {
    const { claims } = claimsOf();
    await claims.claim(target, one);
    expect((await claims.claim({ ...target, uid: 'uid-2' }, two)).ok).toBe(true);
    expect((await claims.claim({ ...target, cluster: 'other' }, two)).ok).toBe(true);
  });

  it('gives back all that a run holds, and only that', async () => {
    const { claims } = claimsOf();
    await claims.claim(target, one);
    await claims.claim({ ...target, uid: 'uid-2' }, two);
    expect((await claims.release(one)).ok).toBe(true);
    expect((await claims.release(one)).ok).toBe(true);
    expect((await claims.claim(target, two)).ok).toBe(true);
    expect((await claims.claim({ ...target, uid: 'uid-2' }, one)).ok).toBe(false);
  });

  it('of many at once, one gets it', async () => {
    const { claims } = claimsOf();
    const claimed = await Promise.all(
      Array.from({ length: 20 }, (_, n) => claims.claim(target, { incident: `INC-${n}`, run: 'r' })),
    );
    expect(claimed.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('a claim of a run that has ended holds nobody up', async () => {
    const over: string[] = [];
    const { claims } = claimsOf({ over });
    await claims.claim(target, one);
    expect((await claims.claim(target, two)).ok).toBe(false);
    over.push('INC-1');
    expect((await claims.claim(target, two)).ok).toBe(true);
  });

  it('is kept over a restart', async () => {
    const { claims, journal } = claimsOf();
    await claims.claim(target, one);
    const again = createTargetClaims({ journal, clock: createFakeClock(), isUnderWay: () => true });
    expect((await again.claim(target, two)).ok).toBe(false);
    expect((await again.release(one)).ok).toBe(true);
  });

  it('tells when the journal takes nothing', async () => {
    let full = true;
    const { claims } = claimsOf({ full: () => full });
    expect(await claims.claim(target, one)).toMatchObject({ ok: false, error: { code: 'journal.unavailable' } });
    full = false;
    await claims.claim(target, one);
    full = true;
    expect(await claims.release(one)).toMatchObject({ ok: false, error: { code: 'journal.unavailable' } });
  });
});
