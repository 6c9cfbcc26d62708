import type { Clock } from '../../ports/clock.ts';

// setTimeout takes a signed 32-bit number of milliseconds; a longer one would fire at once.
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clocks. `sleep(Infinity)` waits for the abort alone; NaN throws RangeError, a negative time is none. */
export function createSystemClock(): Clock {
  return {
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    async sleep(ms, signal) {
      if (Number.isNaN(ms)) throw new RangeError('sleep: expected a number of milliseconds, got NaN');
      signal?.throwIfAborted();
      const until = performance.now() + ms;
      // At least one timer, so that sleep(0) lets others run; timers may fire a little early, so the clock decides.
      do {
        await timer(Math.min(Math.max(0, Math.ceil(until - performance.now())), longestTimerMs), signal);
      } while (performance.now() < until);
    },
  };
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timeout);
      reject(signal?.reason);
    };
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
