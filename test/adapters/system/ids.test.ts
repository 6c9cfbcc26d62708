import { describe, expect, it } from 'vitest';
import { createSystemIds } from '../../../src/adapters/system/ids.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('system ids', () => {
  it('are unique and sort in the order they were given, within a millisecond and when the clock steps back', async () => {
    const clock = createFakeClock();
    const ids = createSystemIds({ clock });
    const given: string[] = [];
    for (const step of [0, 1, 0, -60_000, 120_000]) {
      clock.jump(step);
      for (let n = 0; n < 200; n += 1) given.push(ids.next());
    }
    expect(new Set(given).size).toBe(given.length);
    expect([...given].sort()).toEqual(given);
    expect(given.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
  });

  it('begin with the time, so that those of two processes sort by it', async () => {
    const clock = createFakeClock();
    const first = createSystemIds({ clock }).next();
    clock.jump(1);
    expect(createSystemIds({ clock }).next() > first).toBe(true);
  });

  it('give secrets of 128 bits that are never the same', () => {
    const ids = createSystemIds({ clock: createFakeClock() });
    const secrets = Array.from({ length: 1000 }, () => ids.secret());
    expect(new Set(secrets).size).toBe(1000);
    expect(secrets.every((secret) => /^[0-9a-f]{32}$/.test(secret))).toBe(true);
  });
});
