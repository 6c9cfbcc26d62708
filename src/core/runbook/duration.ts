const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `5s`, `2m`, `1m30s`, `500ms`, `1h`: whole numbers with units, largest first is usual but not asked for. */
export const durationPattern = /^(\d{1,6}(ms|s|m|h))+$/;

/** Milliseconds of a duration as runbooks write them, or undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|s|m|h)/g))
    total += Number(digits) * (unitMs[unit ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** `90000` as `1m30s`. */
export function sayDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let said = '';
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) said += `${count}${unit}`;
    rest -= count * size;
  }
  return said;
}
