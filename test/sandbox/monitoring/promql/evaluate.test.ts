import { beforeAll, describe, expect, it } from 'vitest';
import { createEvaluation } from '../../../../src/sandbox/monitoring/promql/evaluate.ts';
import { parseQuery } from '../../../../src/sandbox/monitoring/promql/parse-query.ts';
import { createSeriesTable } from '../../../../src/sandbox/monitoring/series-table.ts';

const second = 1000;
const now = 100 * second;
let table: ReturnType<typeof createSeriesTable>;

beforeAll(() => {
  table = createSeriesTable();
  const put = (name: string, labels: Record<string, string>, points: Record<number, number>) => {
    for (const [atSecond, value] of Object.entries(points)) table.put(name, labels, Number(atSecond) * second, value);
  };
  put('memory', { pod: 'a', container: 'app' }, { 70: 10, 80: 50, 90: 30, 100: 20 });
  put('memory', { pod: 'a', container: 'side' }, { 70: 1, 100: 4 });
  put('memory', { pod: 'b', container: 'app' }, { 40: 200, 60: 100 });
  table.end('memory', { pod: 'b', container: 'app' }, 61 * second);
  // Grows by 10 a second, and is reset between 80 and 90.
  put('requests', { code: '200' }, { 60: 0, 70: 100, 80: 200, 90: 50, 100: 150 });
  put('requests', { code: '500' }, { 100: 7 });
  put('odd', { is: 'nan' }, { 90: Number.NaN, 100: Number.NaN });
  put('odd', { is: 'inf' }, { 90: Number.NaN, 100: Number.POSITIVE_INFINITY });
});

function evaluate(text: string, atMs = now) {
  const query = parseQuery(text);
  if (!query.ok) throw new Error(query.error);
  return createEvaluation(query.value, table.select)(atMs);
}

/** `{pod=a} 3`: samples in a form that is quick to read. */
function said(text: string, atMs = now): unknown {
  const result = evaluate(text, atMs);
  if (!result.ok) return result.error;
  if (result.value.type === 'scalar') return result.value.value;
  if (result.value.type === 'matrix') return result.value.series.map(({ points }) => points.values);
  return result.value.samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels)
      .toSorted()
      .map(([name, label]) => `${name}=${label}`);
    return `{${pairs.join(' ')}} ${value}`;
  });
}

describe('createEvaluation', () => {
  it.each<[text: string, expected: unknown]>([
    ['memory{container="app"}', ['{__name__=memory container=app pod=a} 20']],
    ['memory{container=~"a.*"}', ['{__name__=memory container=app pod=a} 20']],
    ['memory{container!="app"}', ['{__name__=memory container=side pod=a} 4']],
    ['memory{container!~"a|app"}', ['{__name__=memory container=side pod=a} 4']],
    ['memory{pod=~"(?i)A", container="app"}', ['{__name__=memory container=app pod=a} 20']],
    [
      'memory[35s]',
      [
        [10, 50, 30, 20],
        [1, 4],
      ],
    ],
    [
      'max_over_time(memory[1m])',
      ['{container=app pod=a} 50', '{container=side pod=a} 4', '{container=app pod=b} 200'],
    ],
    [
      'max_over_time(memory[59s])',
      ['{container=app pod=a} 50', '{container=side pod=a} 4', '{container=app pod=b} 100'],
    ],
    ['min_over_time(memory{pod="a"}[30s])', ['{container=app pod=a} 10', '{container=side pod=a} 1']],
    ['avg_over_time(memory{container="app"}[1m])', ['{container=app pod=a} 27.5', '{container=app pod=b} 150']],
    ['max_over_time(memory[1s])', ['{container=app pod=a} 20', '{container=side pod=a} 4']],
    ['max_over_time(nothing[1h])', []],
  ])('%s', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it.each<[text: string, expected: unknown]>([
    // 100 + 100, then 50 after the reset, then 100: 350 in the 40 s sampled, which reach both borders.
    ['increase(requests{code="200"}[40s])', ['{code=200} 350']],
    ['rate(requests{code="200"}[40s])', ['{code=200} 8.75']],
    // 50 s asked, 40 s sampled, and the first sample is zero: a counter cannot have been less before.
    ['increase(requests{code="200"}[50s])', ['{code=200} 350']],
    // 10 s sampled of 15 s: the missing 5 s are within 1.1 of the mean distance, so the growth reaches to the border.
    ['increase(requests{code="200"}[15s])', ['{code=200} 150']],
    ['rate(requests{code="500"}[1m])', []],
    ['sum(rate(requests[40s])) * 60 > 500', ['{} 525']],
  ])('%s', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it('extends by half a distance where the samples are far from the border', () => {
    // Two samples 10 s apart, 45 s before both borders: 10 s of growth become 10 + 5 + 5.
    const sparse = createSeriesTable();
    for (const [atSecond, value] of [
      [0, 1000],
      [10, 1010],
    ] as const)
      sparse.put('far', {}, atSecond * second, value);
    const query = parseQuery('increase(far[100s])');
    const result = query.ok ? createEvaluation(query.value, sparse.select)(55 * second) : query;
    expect(result).toMatchObject({ ok: true, value: { samples: [{ value: 20 }] } });
  });

  it.each<[text: string, expected: unknown]>([
    ['sum(memory)', ['{} 24']],
    ['sum by (pod) (memory)', ['{pod=a} 24']],
    ['sum by (pod, absent) (memory)', ['{pod=a} 24']],
    ['max(memory) by (container)', ['{container=app} 20', '{container=side} 4']],
    ['min without (container) (memory)', ['{pod=a} 4']],
    ['avg without (pod, container) (memory)', ['{} 12']],
    ['count by (__name__) ({pod="a"})', ['{__name__=memory} 2']],
    ['count(nothing)', []],
    [
      'max by (pod, container) (max_over_time(memory[1m])) > 49',
      ['{container=app pod=a} 50', '{container=app pod=b} 200'],
    ],
    ['max(odd)', ['{} Infinity']],
    ['sum(odd)', ['{} NaN']],
    ['max_over_time(odd[10s])', ['{is=nan} NaN', '{is=inf} Infinity']],
  ])('%s', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it.each<[text: string, expected: unknown]>([
    ['memory > 10', ['{__name__=memory container=app pod=a} 20']],
    ['10 < memory', ['{__name__=memory container=app pod=a} 20']],
    ['memory == 4 != 5', ['{__name__=memory container=side pod=a} 4']],
    ['memory > bool 10', ['{container=app pod=a} 1', '{container=side pod=a} 0']],
    ['odd == NaN', []],
    ['memory{container="app"} * 2 + 1', ['{container=app pod=a} 41']],
    ['100 - memory{container="app"} / 4', ['{container=app pod=a} 95']],
    ['-memory{container="app"} ^ 2', ['{container=app pod=a} -400']],
    ['+memory{container="app"} % 7', ['{container=app pod=a} 6']],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['-2 * 3 - -1', -5],
    ['10 - 2 - 3', 5],
    ['1 + 1 == bool 2', 1],
    ['1 >= bool 2', 0],
    ['1 ^ NaN', 1],
    ['(-1) ^ Inf', 1],
    ['0x1F + .5 + 5. + 1e1', 46.5],
    ['iNf', Number.POSITIVE_INFINITY],
    ['0 / 0', Number.NaN],
  ])('%s', (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  it.each(['{pod="a"} * 2', 'max_over_time({code=~".+"}[1m])', '-{container="app"}'])(
    'fails where names were all that told series apart: %s',
    (text) => {
      table.put('disk', { pod: 'a', container: 'app' }, now, 1);
      table.put('replies', { code: '200' }, now, 1);
      expect(said(text)).toBe('vector cannot contain metrics with the same labelset');
    },
  );

  it('stops a query that would look at too many samples', () => {
    const million = Array<number>(1_000_000);
    const series = { labels: {}, at: () => 1, between: () => ({ timesMs: million, values: million }) };
    const query = parseQuery('max_over_time(memory[1h])');
    const result = query.ok ? createEvaluation(query.value, () => Array(51).fill(series))(now) : query;
    expect(result).toEqual({
      ok: false,
      error: 'query processing would load too many samples into memory in query execution',
    });
  });
});
