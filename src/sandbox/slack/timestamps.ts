/** Makes Slack timestamps: `seconds.microseconds`, unique and rising even when the clock stands still or steps back. */
export function createTimestamps({ now }: { now: () => number }): () => string {
  let lastMicros = 0;
  return () => {
    lastMicros = Math.max(lastMicros + 100, Math.trunc(now()) * 1000);
    return `${Math.trunc(lastMicros / 1_000_000)}.${String(lastMicros % 1_000_000).padStart(6, '0')}`;
  };
}

/** Orders two Slack timestamps; negative when `a` is earlier. Widths of the seconds may differ, so text order is not enough. */
export function compareTimestamps(a: string, b: string): number {
  const [aSeconds = '0', aMicros = '0'] = a.split('.');
  const [bSeconds = '0', bMicros = '0'] = b.split('.');
  return Number(aSeconds) - Number(bSeconds) || Number(aMicros.padEnd(6, '0')) - Number(bMicros.padEnd(6, '0'));
}
