import { describe, expect, it } from 'vitest';
import { confidenceOf, type Grounds } from '../../../src/core/diagnosis/confidence.ts';
import type { Evidence } from '../../../src/core/diagnosis/investigation.ts';

const grounds = (basis: Grounds['basis'], current: boolean, repeated: boolean): Grounds => ({
  basis,
  current,
  repeated,
});

describe('confidenceOf', () => {
  it.each<[score: number, confidence: string, given: Grounds, kinds: Evidence['kind'][]]>([
    [0.8, 'high', grounds('stated', true, true), ['object']],
    [0.96, 'high', grounds('stated', true, true), ['object', 'event', 'change', 'metric']],
    [0.78, 'medium', grounds('stated', true, false), ['object', 'event']],
    [0.78, 'medium', grounds('likely', true, true), ['object', 'event']],
    [0.86, 'high', grounds('likely', true, true), ['object', 'event', 'change']],
    [0.76, 'medium', grounds('inferred', true, true), ['object', 'event', 'change']],
    [0.4, 'low', grounds('inferred', false, false), ['object']],
  ])('gives %s (%s)', (score, confidence, given, kinds) => {
    expect(confidenceOf(given, kinds)).toEqual({ score, confidence });
  });

  it('counts kinds, not items, and neither logs nor alerts', () => {
    const alone = confidenceOf(grounds('stated', true, false), ['object']);
    expect(confidenceOf(grounds('stated', true, false), ['object', 'object', 'log', 'log', 'alert'])).toEqual(alone);
  });
});
