import { describe, expect, it } from 'vitest';
import { compareTimestamps, createTimestamps } from '../../../src/sandbox/slack/timestamps.ts';

describe('timestamps', () => {
  it('look like Slack’s and stay unique while the clock stands still or steps back', () => {
    let now = 1_700_000_000_123;
    const next = createTimestamps({ now: () => now });
    const first = next();
    expect(first).toBe('1700000000.123000');
    const second = next();
    now -= 60_000;
    const third = next();
    expect(compareTimestamps(first, second)).toBeLessThan(0);
    expect(compareTimestamps(second, third)).toBeLessThan(0);
  });

  it('are compared as numbers, not as text', () => {
    expect(compareTimestamps('9.000000', '10.000000')).toBeLessThan(0);
    expect(compareTimestamps('10.5', '10.500000')).toBe(0);
  });
});
