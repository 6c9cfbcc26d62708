import type { Clock } from '../../ports/clock.ts';

/** Milliseconds by stage, to a tenth. */
export function createStopwatch(clock: Clock) {
  const start = clock.monotonicMs();
  const laps: Record<string, number> = {};
  let last = start;
  const rounded = (ms: number) => Math.round(ms * 10) / 10;
  return {
    lap(stage: string): void {
      const now = clock.monotonicMs();
      laps[stage] = rounded(now - last);
      last = now;
    },
    total: (): Readonly<Record<string, number>> => ({ total: rounded(clock.monotonicMs() - start), ...laps }),
  };
}
