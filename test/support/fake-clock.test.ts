import { describe, expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.ts';

describe('the fake clock', () => {
  it('wakes sleepers in order, each at its own instant, with those they start', async () => {
    const clock = createFakeClock('2026-01-01T00:00:00.000Z');
    const log: string[] = [];
    const wake = async (name: string, ms: number) => {
      await clock.sleep(ms);
      log.push(`${name} ${clock.monotonicMs()} ${clock.now().toISOString().slice(17, 23)}`);
    };
    void wake('b', 200);
    void wake('a', 100).then(() => wake('c', 50));
    void wake('d', 1001);
    await clock.advance(1000);
    expect(log).toEqual(['a 100 00.100', 'c 150 00.150', 'b 200 00.200']);
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:01.000Z');
    expect(clock.sleepers()).toBe(1);
  });

  it('jumps the wall clock alone', async () => {
    const clock = createFakeClock('2026-01-01T00:00:00.000Z');
    clock.jump(-3_600_000);
    expect([clock.now().toISOString(), clock.monotonicMs()]).toEqual(['2025-12-31T23:00:00.000Z', 0]);
  });

  it('wakes with the reason when it is aborted, and forgets the sleeper', async () => {
    const clock = createFakeClock();
    const aborter = new AbortController();
    const sleeping = clock.sleep(10, aborter.signal);
    aborter.abort('enough');
    await expect(sleeping).rejects.toBe('enough');
    await expect(clock.sleep(10, aborter.signal)).rejects.toBe('enough');
    expect(clock.sleepers()).toBe(0);
  });
});
