import { fail, ok, type Result } from '../../../core/result.ts';
import {
  type Aggregator,
  type Arithmetic,
  aggregators,
  type Comparison,
  type Expression,
  isComparison,
  rangeFunctions,
  type Selector,
  typeOf,
  type ValueType,
} from './expression.ts';
import { type LabelMatcher, labelMatcher, type MatcherKind } from './label-matcher.ts';
import { ParseFailure, sayFailure } from './parse-failure.ts';
import { type Token, tokensOf } from './tokens.ts';

const maxLength = 10_000;
const maxDepth = 100;

/** How strongly operators bind. All are read from left to right, `^` alone from right to left. */
const strengths: Readonly<Record<Comparison | Arithmetic, number>> = {
  '==': 1,
  '!=': 1,
  '>=': 1,
  '<=': 1,
  '>': 1,
  '<': 1,
  '+': 2,
  '-': 2,
  '*': 3,
  '/': 3,
  '%': 3,
  '^': 5,
};
/** `-2 ^ 2` is −4, and `-2 * 3` begins with −2. */
const signStrength = 4;
const matcherKinds: readonly string[] = ['=', '!=', '=~', '!~'];
const setOperators: readonly string[] = ['and', 'or', 'unless', 'atan2'];
const understood =
  'selectors, max|min|avg_over_time, rate, increase, max|min|sum|avg|count, and operators with a number';

/**
 * Reads a PromQL query, as far as the stand-in goes: selectors with all four matchers, `max_over_time`, `min_over_time`, `avg_over_time`, `rate` and `increase`
 * of a range, `max`, `min`, `sum`, `avg` and `count` with `by` or `without`, comparisons (with `bool`) and arithmetic with a number on at least one side, nested as one likes.
 *
 * The error is the text of Prometheus' 400, position first. What Prometheus would know and the stand-in does not is such an error, too, and says so.
 */
export function parseQuery(text: string): Result<Expression, string> {
  if (text.trim() === '') return fail('unknown position: parse error: no expression found in input');
  if (text.length > maxLength)
    return fail(`1:1: parse error: the stand-in reads queries of at most ${maxLength} characters`);
  try {
    return ok(createParser(tokensOf(text)).whole());
  } catch (cause) {
    if (cause instanceof ParseFailure) return fail(sayFailure(text, cause));
    throw cause;
  }
}

function createParser(tokens: readonly [Token, ...Token[]]) {
  let position = 0;
  let depth = 0;
  const peek = (ahead = 0): Token => tokens[position + ahead] ?? tokens.at(-1) ?? tokens[0];
  const isNext = (text: string, ahead = 0): boolean => {
    const { text: next, type } = peek(ahead);
    return type === 'symbol' && next === text;
  };
  const isWord = (text: string): boolean => peek().type === 'name' && peek().text.toLowerCase() === text;

  function take(): Token {
    const token = peek();
    position++;
    return token;
  }
  function expectSymbol(text: string, where: string): Token {
    if (!isNext(text)) throw unexpected(peek(), where, `"${text}"`);
    return take();
  }

  function whole(): Expression {
    const expression = operation(1);
    if (peek().type !== 'end') throw strange(peek());
    return expression;
  }

  function operation(weakest: number): Expression {
    if (++depth > maxDepth)
      throw new ParseFailure(peek().offset, `the stand-in reads queries nested at most ${maxDepth} deep`);
    let left = signed();
    for (;;) {
      const { offset, text, type } = peek();
      const operator = type === 'symbol' && isOperator(text) ? text : undefined;
      if (operator === undefined || strengths[operator] < weakest) break;
      take();
      const bool = isWord('bool');
      if (bool && !isComparison(operator))
        throw new ParseFailure(peek().offset, 'bool modifier can only be used on comparison operators');
      if (bool) take();
      if (isWord('on') || isWord('ignoring')) throw beyond(peek(), 'matching of two vectors');
      const right = operation(operator === '^' ? strengths['^'] : strengths[operator] + 1);
      left = operated({ left, operator, bool, right, offset });
    }
    depth--;
    return left;
  }

  function signed(): Expression {
    if (!isNext('-') && !isNext('+')) return primary();
    const sign = take();
    const argument = operation(signStrength);
    const type = typeOf(argument);
    if (type === 'range vector')
      throw new ParseFailure(
        sign.offset,
        `unary expression only allowed on expressions of type scalar or instant vector, got "${type}"`,
      );
    if (sign.text === '+') return argument;
    return argument.kind === 'number' ? { kind: 'number', value: -argument.value } : { kind: 'negate', argument };
  }

  function primary(): Expression {
    const token = peek();
    switch (token.type) {
      case 'number':
        take();
        return { kind: 'number', value: Number(token.text) };
      case 'name':
        return named(token);
      case 'symbol': {
        if (token.text === '{') return selector();
        if (token.text !== '(') throw strange(token);
        take();
        const inside = operation(1);
        expectSymbol(')', 'in paren expression');
        if (isNext('[')) throw beyond(peek(), 'subqueries');
        return inside;
      }
      case 'string':
        throw beyond(token, 'texts as values');
      case 'duration':
      case 'end':
        throw strange(token);
      default:
        return token.type satisfies never;
    }
  }

  function named(token: Token): Expression {
    const lower = token.text.toLowerCase();
    if (lower === 'inf' || lower === 'nan') {
      take();
      return { kind: 'number', value: lower === 'inf' ? Number.POSITIVE_INFINITY : Number.NaN };
    }
    const next = peek(1);
    const isGrouped = next.type === 'name' && ['by', 'without'].includes(next.text.toLowerCase());
    const aggregator = aggregators.find((one) => one === lower);
    if (aggregator !== undefined && (isNext('(', 1) || isGrouped)) return aggregation(aggregator);
    if (isNext('(', 1)) return call(token);
    if (isGrouped) throw beyond(token, `the aggregation "${token.text}"`);
    return selector();
  }

  function aggregation(operator: Aggregator): Expression {
    const { offset } = take();
    let grouping = groupingIfAny();
    expectSymbol('(', 'in aggregation');
    const argument = operation(1);
    expectSymbol(')', 'in aggregation');
    grouping ??= groupingIfAny();
    expectType(argument, 'instant vector', 'in aggregation expression', offset);
    return { kind: 'aggregate', operator, ...(grouping ?? { without: false, labels: [] }), argument };
  }

  function groupingIfAny(): { without: boolean; labels: readonly string[] } | undefined {
    if (!isWord('by') && !isWord('without')) return undefined;
    const without = isWord('without');
    take();
    expectSymbol('(', 'in grouping opts');
    const labels: string[] = [];
    while (!isNext(')')) {
      labels.push(labelName('in grouping opts'));
      if (!isNext(',')) break;
      take();
    }
    expectSymbol(')', 'in grouping opts');
    return { without, labels };
  }

  function labelName(where: string): string {
    const token = peek();
    if (token.type !== 'name' || token.text.includes(':')) throw unexpected(token, where, 'label');
    return take().text;
  }

  function call(token: Token): Expression {
    const name = rangeFunctions.find((one) => one === token.text);
    if (name === undefined) throw beyond(token, `a function or aggregation "${token.text}"`);
    take();
    expectSymbol('(', 'in function call');
    if (isNext(')')) throw new ParseFailure(token.offset, `expected 1 argument(s) in call to "${name}", got 0`);
    const argument = operation(1);
    if (isNext(',')) throw new ParseFailure(token.offset, `expected 1 argument(s) in call to "${name}", got more`);
    expectSymbol(')', 'in function call');
    expectType(argument, 'range vector', `in call to function "${name}"`, token.offset);
    if (argument.kind !== 'selector' || argument.rangeMs === undefined) throw beyond(token, 'ranges of expressions');
    return { kind: 'call', name, argument: { ...argument, rangeMs: argument.rangeMs } };
  }

  function selector(): Selector {
    const start = peek();
    const matchers: LabelMatcher[] = [];
    if (start.type === 'name') matchers.push(made(take(), '__name__', '=', start.text));
    if (isNext('{')) {
      take();
      while (!isNext('}')) {
        matchers.push(matcher(start));
        if (!isNext(',')) break;
        take();
      }
      expectSymbol('}', 'in label matching');
    }
    if (matchers.every(({ matchesEmpty }) => matchesEmpty))
      throw new ParseFailure(start.offset, 'vector selector must contain at least one non-empty matcher');
    const rangeMs = rangeIfAny();
    if (isNext('@')) throw beyond(peek(), 'the @ modifier');
    if (isWord('offset')) throw beyond(peek(), 'offsets');
    return rangeMs === undefined ? { kind: 'selector', matchers } : { kind: 'selector', matchers, rangeMs };
  }

  function matcher(start: Token): LabelMatcher {
    const label = labelName('in label matching');
    const kind = take();
    if (kind.type !== 'symbol' || !isMatcherKind(kind.text)) throw unexpected(kind, 'in label matching', 'operator');
    const value = take();
    if (value.type !== 'string') throw unexpected(value, 'in label matching', 'string');
    if (start.type === 'name' && label === '__name__')
      throw new ParseFailure(value.offset, `metric name must not be set twice: "${start.text}" or "${value.text}"`);
    return made(value, label, kind.text, value.text);
  }

  function made(token: Token, label: string, kind: MatcherKind, value: string): LabelMatcher {
    const result = labelMatcher(label, kind, value);
    if (!result.ok) throw new ParseFailure(token.offset, result.error);
    return result.value;
  }

  function rangeIfAny(): number | undefined {
    if (!isNext('[')) return undefined;
    take();
    const token = take();
    if (token.type !== 'duration') throw unexpected(token, 'in subquery or range', 'duration');
    const rangeMs = durationMs(token);
    if (!isNext(']')) throw beyond(peek(), 'subqueries');
    take();
    return rangeMs;
  }

  return { whole };
}

function operated(given: {
  left: Expression;
  operator: Comparison | Arithmetic;
  bool: boolean;
  right: Expression;
  offset: number;
}): Expression {
  const { bool, left, offset, operator, right } = given;
  const types = [typeOf(left), typeOf(right)];
  if (types.includes('range vector'))
    throw new ParseFailure(offset, 'binary expression must contain only scalar and instant vector types');
  if (!types.includes('scalar')) throw new ParseFailure(offset, notUnderstood('operators between two vectors'));
  if (isComparison(operator) && !bool && !types.includes('instant vector'))
    throw new ParseFailure(offset, 'comparisons between scalars must use BOOL modifier');
  return { kind: 'binary', operator, bool, left, right };
}

function expectType(expression: Expression, wanted: ValueType, where: string, offset: number): void {
  const type = typeOf(expression);
  if (type !== wanted) throw new ParseFailure(offset, `expected type ${wanted} ${where}, got ${type}`);
}

const durationForm = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const dayMs = 86_400_000;
const unitsMs = [365 * dayMs, 7 * dayMs, dayMs, 3_600_000, 60_000, 1000, 1];

/** A duration in ms: units from large to small, each once. */
function durationMs({ offset, text }: Token): number {
  const parts = durationForm.exec(text);
  if (parts === null) throw new ParseFailure(offset, `not a valid duration string: "${text}"`);
  const ms = unitsMs.reduce((sum, unit, index) => sum + unit * Number(parts[index + 1] ?? 0), 0);
  if (ms === 0) throw new ParseFailure(offset, 'duration must be greater than 0');
  return ms;
}

function isOperator(text: string): text is Comparison | Arithmetic {
  return Object.hasOwn(strengths, text);
}

function isMatcherKind(text: string): text is MatcherKind {
  return matcherKinds.includes(text);
}

function strange(token: Token): ParseFailure {
  if (token.type === 'name' && setOperators.includes(token.text.toLowerCase())) return beyond(token, `"${token.text}"`);
  return new ParseFailure(token.offset, `unexpected ${sayToken(token)}`);
}

function unexpected(token: Token, where: string, wanted: string): ParseFailure {
  return new ParseFailure(token.offset, `unexpected ${sayToken(token)} ${where}, expected ${wanted}`);
}

function beyond({ offset }: Token, what: string): ParseFailure {
  return new ParseFailure(offset, notUnderstood(what));
}

function notUnderstood(what: string): string {
  return `the stand-in for Prometheus does not understand ${what}; it knows ${understood}`;
}

function sayToken({ text, type }: Token): string {
  return type === 'end'
    ? 'end of input'
    : `${type === 'name' ? 'identifier' : type} ${JSON.stringify(text.slice(0, 40))}`;
}
