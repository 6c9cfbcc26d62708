import { fail, ok, type Result } from '../../../core/result.ts';
import { keyOfLabels, type LabelSet } from '../label-sets.ts';
import { compare, compute } from './compute.ts';
import { type Expression, isComparison, type Selector } from './expression.ts';
import { largest, overRange, type Points, smallest, sum } from './over-range.ts';

/** One stored series, as a query sees it. */
export type StoredSeries = {
  readonly labels: LabelSet;
  /** The value at an instant: that of the newest sample of the last 5 minutes, if the series has not ended since. */
  at(atMs: number): number | undefined;
  /** The samples of a closed range of time. */
  between(startMs: number, endMs: number): Points;
};

type VectorSample = { readonly labels: LabelSet; readonly value: number };

/** What a query gives at an instant. */
export type QueryValue =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  | { readonly type: 'matrix'; readonly series: readonly { readonly labels: LabelSet; readonly points: Points }[] };

/** Prometheus' default of `--query.max-samples`. Here it bounds the samples that a query looks at in all, and by that the time it blocks the process. */
const maxSamples = 50_000_000;

class EvaluationFailure extends Error {}

/**
 * Evaluates a query at instants one after another, as Prometheus 2 does (ranges are closed at both ends; Prometheus 3 leaves out a sample exactly at the start).
 *
 * The error is the text of Prometheus' 422 `execution`: two results with the same labels, or more samples than a query may look at. The
 * series of a selector are looked up once and the samples counted together, so one evaluation is for one query.
 */
export function createEvaluation(
  expression: Expression,
  select: (matches: (labels: LabelSet) => boolean) => readonly StoredSeries[],
): (atMs: number) => Result<QueryValue, string> {
  const selected = new Map<Selector, readonly StoredSeries[]>();
  let samplesLeft = maxSamples;

  function seriesOf(selector: Selector): readonly StoredSeries[] {
    const known = selected.get(selector);
    if (known !== undefined) return known;
    const series = select((labels) => selector.matchers.every((matcher) => matcher.matches(labels)));
    selected.set(selector, series);
    return series;
  }

  function spend(samples: number): void {
    samplesLeft -= samples;
    if (samplesLeft < 0)
      throw new EvaluationFailure('query processing would load too many samples into memory in query execution');
  }

  function pointsOf(selector: Selector & { readonly rangeMs: number }, atMs: number) {
    return seriesOf(selector).flatMap(({ between, labels }) => {
      const points = between(atMs - selector.rangeMs, atMs);
      spend(points.values.length);
      return points.values.length === 0 ? [] : [{ labels, points }];
    });
  }

  function valueAt(node: Expression, atMs: number): QueryValue {
    switch (node.kind) {
      case 'number':
        return { type: 'scalar', value: node.value };
      case 'selector': {
        if (node.rangeMs !== undefined)
          return { type: 'matrix', series: pointsOf({ ...node, rangeMs: node.rangeMs }, atMs) };
        const series = seriesOf(node);
        spend(series.length);
        return vector(
          series.flatMap(({ at, labels }) => {
            const value = at(atMs);
            return value === undefined ? [] : [{ labels, value }];
          }),
        );
      }
      case 'call': {
        const range = { startMs: atMs - node.argument.rangeMs, endMs: atMs };
        return distinct(
          pointsOf(node.argument, atMs).flatMap(({ labels, points }) => {
            const value = overRange(node.name, points, range);
            return value === undefined ? [] : [{ labels: withoutName(labels), value }];
          }),
        );
      }
      case 'aggregate':
        return vector(aggregated(node, samplesOf(node.argument, atMs)));
      case 'negate': {
        const of = valueAt(node.argument, atMs);
        if (of.type === 'scalar') return { type: 'scalar', value: -of.value };
        return distinct(vectorOf(of).map(({ labels, value }) => ({ labels: withoutName(labels), value: -value })));
      }
      case 'binary':
        return operated(node, valueAt(node.left, atMs), valueAt(node.right, atMs));
      default:
        return node satisfies never;
    }
  }

  const samplesOf = (node: Expression, atMs: number): readonly VectorSample[] => vectorOf(valueAt(node, atMs));

  return (atMs) => {
    try {
      return ok(valueAt(expression, atMs));
    } catch (cause) {
      if (cause instanceof EvaluationFailure) return fail(cause.message);
      throw cause;
    }
  };
}

function operated(node: Extract<Expression, { kind: 'binary' }>, left: QueryValue, right: QueryValue): QueryValue {
  const { bool, operator } = node;
  if (left.type === 'scalar' && right.type === 'scalar')
    return { type: 'scalar', value: calculated(operator, left.value, right.value) };
  const samples = vectorOf(left.type === 'scalar' ? right : left);
  const pairOf = (value: number): [number, number] => {
    if (left.type === 'scalar') return [left.value, value];
    if (right.type === 'scalar') return [value, right.value];
    throw new Error('The parser let two vectors meet in one operator.');
  };
  if (isComparison(operator) && !bool)
    return vector(samples.filter(({ value }) => compare(operator, ...pairOf(value))));
  return distinct(
    samples.map(({ labels, value }) => ({
      labels: withoutName(labels),
      value: calculated(operator, ...pairOf(value)),
    })),
  );
}

function calculated(operator: Extract<Expression, { kind: 'binary' }>['operator'], a: number, b: number): number {
  return isComparison(operator) ? Number(compare(operator, a, b)) : compute(operator, a, b);
}

function aggregated(
  { labels: names, operator, without }: Extract<Expression, { kind: 'aggregate' }>,
  samples: readonly VectorSample[],
): readonly VectorSample[] {
  const groups = new Map<string, { labels: LabelSet; values: number[] }>();
  for (const { labels: all, value } of samples) {
    const kept = Object.entries(all).filter(([name]) =>
      without ? name !== '__name__' && !names.includes(name) : names.includes(name),
    );
    const labels = Object.fromEntries(kept);
    const key = keyOfLabels(labels);
    const group = groups.get(key) ?? { labels, values: [] };
    groups.set(key, group);
    group.values.push(value);
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: summary(operator, values) }));
}

function summary(operator: Extract<Expression, { kind: 'aggregate' }>['operator'], values: readonly number[]): number {
  switch (operator) {
    case 'max':
      return largest(values);
    case 'min':
      return smallest(values);
    case 'sum':
      return sum(values);
    case 'avg':
      return sum(values) / values.length;
    case 'count':
      return values.length;
    default:
      return operator satisfies never;
  }
}

function vector(samples: readonly VectorSample[]): QueryValue {
  return { type: 'vector', samples };
}

/** Without their names, series of different metrics can become the same. */
function distinct(samples: readonly VectorSample[]): QueryValue {
  if (new Set(samples.map(({ labels }) => keyOfLabels(labels))).size < samples.length)
    throw new EvaluationFailure('vector cannot contain metrics with the same labelset');
  return vector(samples);
}

function vectorOf(value: QueryValue): readonly VectorSample[] {
  if (value.type !== 'vector') throw new Error(`The parser let a ${value.type} stand where a vector has to.`);
  return value.samples;
}

function withoutName({ __name__: _, ...labels }: LabelSet): LabelSet {
  return labels;
}
