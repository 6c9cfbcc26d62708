import { describe, expect, it, vi } from 'vitest';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';

describe('the system clock', () => {
  it('sleeps at least as long as it is told', async () => {
    const clock = createSystemClock();
    for (const ms of [0, 1, 5, 12.5]) {
      const before = clock.monotonicMs();
      await clock.sleep(ms);
      expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(ms);
    }
  });

  it('takes a time that is past for none', async () => {
    await createSystemClock().sleep(-5);
  });

  it('wakes with the reason when it is aborted, at once and later', async () => {
    const clock = createSystemClock();
    const aborter = new AbortController();
    const sleeping = clock.sleep(60_000, aborter.signal);
    aborter.abort('enough');
    await expect(sleeping).rejects.toBe('enough');
    await expect(clock.sleep(0, aborter.signal)).rejects.toBe('enough');
  });

  it('leaves nothing on the signal when it wakes by itself', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await createSystemClock().sleep(1, signal);
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
    expect(removed.mock.calls[0]?.[1]).toBe(added.mock.calls[0]?.[1]);
  });

  it.each([2 ** 31 + 5, 40 * 24 * 3_600_000])(
    'sleeps %s ms, longer than a timer of the platform can hold',
    async (ms) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      try {
        let isAwake = false;
        const sleeping = createSystemClock()
          .sleep(ms)
          .then(() => {
            isAwake = true;
          });
        await vi.advanceTimersByTimeAsync(ms - 2);
        expect(isAwake).toBe(false);
        await vi.advanceTimersByTimeAsync(3);
        await sleeping;
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it('waits for the abort alone when told to sleep for ever', async () => {
    const aborter = new AbortController();
    const sleeping = createSystemClock().sleep(Number.POSITIVE_INFINITY, aborter.signal);
    aborter.abort('enough');
    await expect(sleeping).rejects.toBe('enough');
  });

  it('refuses a time that is no number', async () => {
    await expect(createSystemClock().sleep(Number.NaN)).rejects.toThrow(RangeError);
  });

  it('tells the time of the machine', () => {
    expect(Math.abs(createSystemClock().now().getTime() - Date.now())).toBeLessThan(1000);
  });
});
