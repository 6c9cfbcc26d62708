import type { Clock } from '../../src/ports/clock.ts';

export type FakeClock = Clock & {
  /**
   * Lets time pass: both clocks move on, sleepers whose time comes wake in order, each at its own instant, and what they start in turn (further
   * sleeps included) happens in time too. Resolves when all of that has run as far as it can without real I/O.
   */
  advance(ms: number): Promise<void>;
  /** The wall clock jumps, as when it is set; the monotonic clock and sleepers do not notice. */
  jump(ms: number): void;
  /** How many sleeps are under way: 0 at the end says that nobody forgot a deadline. */
  sleepers(): number;
};

type Sleeper = { readonly dueMs: number; readonly wake: () => void };

/** A clock that stands still until told. */
export function createFakeClock(start: string | Date = '2026-11-21T03:04:05.678Z'): FakeClock {
  let wallMs = new Date(start).getTime();
  let monotonicMs = 0;
  const sleepers = new Set<Sleeper>();

  const passTo = (ms: number) => {
    wallMs += ms - monotonicMs;
    monotonicMs = ms;
  };

  return {
    now: () => new Date(wallMs),
    monotonicMs: () => monotonicMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (Number.isNaN(ms)) throw new RangeError('sleep: expected a number of milliseconds, got NaN');
        signal?.throwIfAborted();
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          dueMs: monotonicMs + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advance(ms) {
      const target = monotonicMs + ms;
      await settle();
      for (;;) {
        const due = [...sleepers].filter(({ dueMs }) => dueMs <= target).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (due === undefined) break;
        passTo(due.dueMs);
        due.wake();
        await settle();
      }
      passTo(target);
      await settle();
    },
    jump: (ms) => {
      wallMs += ms;
    },
    sleepers: () => sleepers.size,
  };
}

// A turn of the event loop runs every promise that is ready, and those they make ready.
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
