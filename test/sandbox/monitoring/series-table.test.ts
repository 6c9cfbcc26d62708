import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeriesTable } from '../../../src/sandbox/monitoring/series-table.ts';

const minute = 60_000;
const labels = { pod: 'a' };

function tableOf(points: readonly (readonly [atMs: number, value: number | undefined])[]) {
  const table = createSeriesTable();
  for (const [atMs, value] of points) {
    if (value === undefined) table.end('memory', labels, atMs);
    else table.put('memory', labels, atMs, value);
  }
  return table;
}
const only = (table: ReturnType<typeof createSeriesTable>) => table.select(() => true)[0];

describe('createSeriesTable', () => {
  it.each<[why: string, points: [number, number | undefined][], atMs: number, expected: number | undefined]>([
    [
      'the newest sample so far',
      [
        [0, 1],
        [10, 2],
        [20, 3],
      ],
      15,
      2,
    ],
    ['nothing before the first sample', [[10, 1]], 9, undefined],
    ['a sample for exactly five minutes', [[0, 1]], 5 * minute, 1],
    ['nothing when the newest sample is older', [[0, 1]], 5 * minute + 1, undefined],
    [
      'nothing once the series ended',
      [
        [0, 1],
        [10, undefined],
      ],
      10,
      undefined,
    ],
    [
      'what stood before the end',
      [
        [0, 1],
        [10, undefined],
      ],
      9,
      1,
    ],
    [
      'a series that began anew',
      [
        [0, 1],
        [10, undefined],
        [20, 2],
      ],
      20,
      2,
    ],
    ['a real NaN', [[0, Number.NaN]], 1, Number.NaN],
    [
      'the later of two samples for one time',
      [
        [0, 1],
        [0, 2],
      ],
      0,
      2,
    ],
    [
      'a sample that takes back the end at its time',
      [
        [0, undefined],
        [0, 2],
      ],
      0,
      2,
    ],
    [
      'samples that came out of order',
      [
        [20, 3],
        [0, 1],
        [10, 2],
      ],
      15,
      2,
    ],
  ])('shows %s', (_why, points, atMs, expected) => {
    expect(only(tableOf(points))?.at(atMs)).toBe(expected);
  });

  it('gives the samples of a closed range, ends left out', () => {
    const series = only(
      tableOf([
        [0, 1],
        [10, 2],
        [15, undefined],
        [20, 3],
        [30, 4],
      ]),
    );
    expect(series?.between(10, 20)).toEqual({ timesMs: [10, 20], values: [2, 3] });
    expect(series?.between(31, 99)).toEqual({ timesMs: [], values: [] });
  });

  it('gives what a plain search through all samples gives', () => {
    const instant = fc.integer({ min: 0, max: 60 });
    const point = fc.tuple(instant, fc.option(fc.integer(), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(point, { minLength: 1 }), instant, instant, (points, startMs, endMs) => {
        const last = new Map(points.map(([atMs, value]) => [atMs, value]));
        const within = [...last].toSorted(([a], [b]) => a - b).filter(([atMs]) => startMs <= atMs && atMs <= endMs);
        const samples = within.flatMap(([atMs, value]) => (value === undefined ? [] : [[atMs, value]]));
        const { timesMs = [], values = [] } = only(tableOf(points))?.between(startMs, endMs) ?? {};
        expect(timesMs.map((atMs, index) => [atMs, values[index]])).toEqual(samples);
        const newest = [...last].filter(([atMs]) => atMs <= endMs).toSorted(([a], [b]) => b - a)[0];
        expect(only(tableOf(points))?.at(endMs)).toBe(newest?.[1]);
      }),
    );
  });

  it('forgets old samples, and series that have no others', () => {
    const table = tableOf([
      [0, 1],
      [10, undefined],
      [20, 3],
    ]);
    table.put('memory', { pod: 'gone' }, 5, 1);
    table.forgetBefore(20);
    expect(table.select(() => true).map((series) => [series.labels.pod, series.between(0, 99).values])).toEqual([
      ['a', [3]],
    ]);
    table.forgetBefore(21);
    expect(table.select(() => true)).toEqual([]);
  });

  it('takes labels in another order for the same series', () => {
    const table = createSeriesTable();
    table.put('memory', { a: '1', b: '2' }, 0, 1);
    table.put('memory', { b: '2', a: '1' }, 1, 2);
    expect(table.select(() => true)).toHaveLength(1);
  });
});
