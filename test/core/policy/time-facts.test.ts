import { describe, expect, it } from 'vitest';
import { timeFacts } from '../../../src/core/policy/time-facts.ts';

describe('timeFacts', () => {
  it.each([
    ['2026-11-20T23:59:59.999Z', { now: '2026-11-20T23:59:59.999Z', weekday: 'friday', hourUtc: 23 }],
    ['2026-11-22T00:00:00Z', { now: '2026-11-22T00:00:00.000Z', weekday: 'sunday', hourUtc: 0 }],
    ['2026-11-21T01:00:00+02:00', { now: '2026-11-20T23:00:00.000Z', weekday: 'friday', hourUtc: 23 }],
  ])('of %s are those of UTC', (now, facts) => {
    expect(timeFacts(new Date(now))).toEqual(facts);
  });

  it('refuses what is no time', () => {
    expect(() => timeFacts(new Date('never'))).toThrow(TypeError);
  });
});
