/** How often something may be done: at once up to `burst` times, then once in `everyMs`. */
export type Rate = { readonly burst: number; readonly everyMs: number };

export type Pace<K extends string> = {
  /** Takes one turn and answers 0, or takes none and answers how many milliseconds to wait before asking again. */
  take(kind: K, place: string): number;
  /** No turn before this time has passed: Slack said so. */
  pause(kind: K, place: string, ms: number): void;
  /** Forgets what is full again: places come and go. */
  prune(): void;
};

type Bucket = { turns: number; atMs: number; notBeforeMs: number };

/** Keeps to Slack's rate limits before Slack has to: one bucket for each kind of call and place. */
export function createPace<K extends string>(rates: Readonly<Record<K, Rate>>, monotonicMs: () => number): Pace<K> {
  const buckets = new Map<string, { readonly kind: K; readonly bucket: Bucket }>();

  function refilled(kind: K, place: string): Bucket {
    const { burst, everyMs } = rates[kind];
    const now = monotonicMs();
    const known = buckets.get(`${kind} ${place}`)?.bucket;
    const bucket = known ?? { turns: burst, atMs: now, notBeforeMs: 0 };
    bucket.turns = Math.min(burst, bucket.turns + (now - bucket.atMs) / everyMs);
    bucket.atMs = now;
    buckets.set(`${kind} ${place}`, { kind, bucket });
    return bucket;
  }

  return {
    take(kind, place) {
      const bucket = refilled(kind, place);
      const pausedMs = bucket.notBeforeMs - monotonicMs();
      if (pausedMs > 0) return Math.ceil(pausedMs);
      // A hair less than a whole turn is rounding, not haste.
      if (bucket.turns < 0.999) return Math.max(1, Math.ceil((1 - bucket.turns) * rates[kind].everyMs));
      bucket.turns -= 1;
      return 0;
    },
    pause(kind, place, ms) {
      const bucket = refilled(kind, place);
      bucket.turns = Math.min(bucket.turns, 1);
      bucket.notBeforeMs = Math.max(bucket.notBeforeMs, monotonicMs() + ms);
    },
    prune() {
      const now = monotonicMs();
      for (const [id, { kind, bucket }] of buckets) {
        const fullAtMs = bucket.atMs + (rates[kind].burst - bucket.turns) * rates[kind].everyMs;
        if (fullAtMs <= now && bucket.notBeforeMs <= now) buckets.delete(id);
      }
    },
  };
}
