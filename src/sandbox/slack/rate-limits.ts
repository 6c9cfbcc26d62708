/** Calls per minute of a tier, per method; `message` is one per second and channel with a short burst. */
export type Tier = 'T2' | 'T3' | 'T4' | 'message' | 'none';

const perMinute: Readonly<Record<'T2' | 'T3' | 'T4', number>> = { T2: 20, T3: 50, T4: 100 };
const messageBurst = 5;

export type RateLimits = {
  /** Undefined when the call may pass, otherwise the whole seconds to wait. A refused call does not count. */
  secondsToWait(method: string, tier: Tier, channel: string): number | undefined;
};

/** Slack's rate limits. Tiers are sliding minutes; messages are a bucket that refills by one a second. */
export function createRateLimits({ now }: { now: () => number }): RateLimits {
  const calls = new Map<string, number[]>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    secondsToWait(method, tier, channel) {
      if (tier === 'none') return undefined;
      const at = now();
      if (tier === 'message') {
        const before = buckets.get(channel) ?? { tokens: messageBurst, at };
        const tokens = Math.min(messageBurst, before.tokens + Math.max(0, at - before.at) / 1000);
        if (tokens < 1) return Math.max(1, Math.ceil(1 - tokens));
        buckets.set(channel, { tokens: tokens - 1, at });
        return undefined;
      }
      const recent = (calls.get(method) ?? []).filter((time) => at - time < 60_000);
      const [oldest] = recent;
      calls.set(method, recent);
      if (oldest !== undefined && recent.length >= perMinute[tier])
        return Math.max(1, Math.ceil((60_000 - (at - oldest)) / 1000));
      recent.push(at);
      return undefined;
    },
  };
}
