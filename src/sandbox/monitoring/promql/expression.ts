import type { LabelMatcher } from './label-matcher.ts';

/** Types of values as Prometheus names them in its errors. */
export type ValueType = 'scalar' | 'instant vector' | 'range vector';

export const aggregators = ['max', 'min', 'sum', 'avg', 'count'] as const;
export type Aggregator = (typeof aggregators)[number];

export const rangeFunctions = ['max_over_time', 'min_over_time', 'avg_over_time', 'rate', 'increase'] as const;
export type RangeFunction = (typeof rangeFunctions)[number];

const comparisons = ['==', '!=', '>=', '<=', '>', '<'] as const;
export type Comparison = (typeof comparisons)[number];
export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^';

/** `name{label="value"}`, and with `rangeMs` the samples of that long. */
export type Selector = {
  readonly kind: 'selector';
  readonly matchers: readonly LabelMatcher[];
  readonly rangeMs?: number;
};

/** A query that is well typed: of two operands at most one is a vector, and functions have the argument they need. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | Selector
  | { readonly kind: 'call'; readonly name: RangeFunction; readonly argument: Selector & { readonly rangeMs: number } }
  | {
      readonly kind: 'aggregate';
      readonly operator: Aggregator;
      /** `without` drops these labels and the name; otherwise these are kept and all others dropped. */
      readonly without: boolean;
      readonly labels: readonly string[];
      readonly argument: Expression;
    }
  | { readonly kind: 'negate'; readonly argument: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: Comparison | Arithmetic;
      /** A comparison gives 0 or 1 instead of filtering. */
      readonly bool: boolean;
      readonly left: Expression;
      readonly right: Expression;
    };

export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'selector':
      return expression.rangeMs === undefined ? 'instant vector' : 'range vector';
    case 'call':
    case 'aggregate':
      return 'instant vector';
    case 'negate':
      return typeOf(expression.argument);
    case 'binary':
      return typeOf(expression.left) === 'scalar' ? typeOf(expression.right) : 'instant vector';
    default:
      return expression satisfies never;
  }
}

export function isComparison(operator: string): operator is Comparison {
  return (comparisons as readonly string[]).includes(operator);
}
