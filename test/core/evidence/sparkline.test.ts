import { describe, expect, it } from 'vitest';
import { sparkline } from '../../../src/core/evidence/sparkline.ts';

describe('a series as bars', () => {
  it.each<[values: readonly number[], drawn: string]>([
    [[], ''],
    [[1], ''],
    [[1, 1, 1], '▁▁▁'],
    [[0, 7], '▁█'],
    [[0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    [[0, Number.NaN, 7, Number.POSITIVE_INFINITY], '▁█'],
  ])('%j is %s', (values, drawn) => {
    expect(sparkline(values)).toBe(drawn);
  });

  it('never has more than 24 bars, and shows a rise as one', () => {
    const drawn = sparkline(Array.from({ length: 600 }, (_, index) => index));
    expect([...drawn]).toHaveLength(24);
    expect([...drawn].toSorted()).toEqual([...drawn]);
  });
});
