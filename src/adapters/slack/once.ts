import type { Clock } from '../../ports/clock.ts';

const keptMs = 10 * 60_000;
const maxKept = 5_000;

/**
 * Does the work for a key once and gives its outcome to everybody who asks with the same key within ten minutes: Slack delivers at least once, and a repeated
 * delivery must get the same answer without a second effect. Work that rejects is not remembered.
 */
export function createOnce<T>(
  clock: Pick<Clock, 'monotonicMs'>,
): (key: string, work: () => Promise<T>) => { readonly outcome: Promise<T>; readonly isFirst: boolean } {
  const known = new Map<string, { readonly atMs: number; readonly outcome: Promise<T> }>();
  return (key, work) => {
    const now = clock.monotonicMs();
    // Oldest first, as a Map keeps the order of insertion.
    for (const [old, { atMs }] of known) {
      if (now - atMs < keptMs && known.size < maxKept) break;
      known.delete(old);
    }
    const before = known.get(key);
    if (before !== undefined) return { outcome: before.outcome, isFirst: false };
    const outcome = work();
    known.set(key, { atMs: now, outcome });
    outcome.catch(() => known.delete(key));
    return { outcome, isFirst: true };
  };
}
