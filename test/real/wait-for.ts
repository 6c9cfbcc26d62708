import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls `look` until it gives something other than `undefined`, `null` or `false`, and returns that.
 *
 * A look that throws counts as "not yet": the last error is part of the sentence thrown at the deadline.
 *
 * @param what What is waited for, as it reads after "waited 30 s for".
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeoutMs = 30_000, everyMs = 100 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = 'nothing was seen';
  for (;;) {
    try {
      const seen = await look();
      // The three values are excluded on the line itself; TypeScript does not narrow a bare type parameter.
      if (seen !== undefined && seen !== null && seen !== false) return seen as Exclude<T, undefined | null | false>;
      last = `the last look gave ${String(seen)}`;
    } catch (cause) {
      last = cause;
    }
    if (performance.now() >= deadline) {
      const why = last instanceof Error ? last.message : String(last);
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}; ${why}`, { cause: last });
    }
    await sleep(everyMs);
  }
}
