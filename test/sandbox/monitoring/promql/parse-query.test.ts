import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../../src/sandbox/monitoring/promql/parse-query.ts';

const errorOf = (text: string): string | undefined => {
  const parsed = parseQuery(text);
  return parsed.ok ? undefined : parsed.error;
};

describe('parseQuery', () => {
  it.each<[text: string, error: string]>([
    ['', 'unknown position: parse error: no expression found in input'],
    ['  \n', 'unknown position: parse error: no expression found in input'],
    ['memory{', '1:8: parse error: unexpected end of input in label matching, expected label'],
    ['memory{pod="a" pod="b"}', '1:16: parse error: unexpected identifier "pod" in label matching, expected "}"'],
    ['memory{pod=cart}', '1:12: parse error: unexpected identifier "cart" in label matching, expected string'],
    ['memory{pod "a"}', '1:12: parse error: unexpected string "a" in label matching, expected operator'],
    ['memory{pod="a}', '1:12: parse error: unterminated quoted string'],
    ['memory{pod="\\q"}', '1:12: parse error: unknown escape sequence \\q'],
    ['memory{pod="\\U99999999"}', '1:12: parse error: unknown escape sequence \\U99999999'],
    ["memory{pod='\\\"'}", '1:12: parse error: unknown escape sequence \\"'],
    ['memory{__name__="x"}', '1:17: parse error: metric name must not be set twice: "memory" or "x"'],
    ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['{pod=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['memory{pod=~"("}', '1:13: parse error: error parsing regexp: it cannot be read: `(`'],
    ['memory{pod=~"a(?!b)"}', '1:13: parse error: error parsing regexp: invalid or unsupported Perl syntax: `(?!`'],
    ['memory{pod=~"(a)\\\\1"}', '1:13: parse error: error parsing regexp: invalid or unsupported Perl syntax: `\\1`'],
    ['memory &', '1:8: parse error: unexpected character: "&"'],
    ['memory other', '1:8: parse error: unexpected identifier "other"'],
    ['memory >', '1:9: parse error: unexpected end of input'],
    ['(memory', '1:8: parse error: unexpected end of input in paren expression, expected ")"'],
    ['memory\n  )', '2:3: parse error: unexpected symbol ")"'],
    ['12abc', '1:1: parse error: bad number or duration syntax: "12abc"'],
    ['5m', '1:1: parse error: unexpected duration "5m"'],
    ['memory[5]', '1:8: parse error: unexpected number "5" in subquery or range, expected duration'],
    ['memory[0s]', '1:8: parse error: duration must be greater than 0'],
    ['memory[5m1h]', '1:8: parse error: not a valid duration string: "5m1h"'],
    ['rate(memory)', '1:1: parse error: expected type range vector in call to function "rate", got instant vector'],
    ['rate(1)', '1:1: parse error: expected type range vector in call to function "rate", got scalar'],
    ['rate()', '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'],
    ['rate(memory[5m], 2)', '1:1: parse error: expected 1 argument(s) in call to "rate", got more'],
    ['sum(1)', '1:1: parse error: expected type instant vector in aggregation expression, got scalar'],
    ['sum(memory[5m])', '1:1: parse error: expected type instant vector in aggregation expression, got range vector'],
    ['sum by (1) (memory)', '1:9: parse error: unexpected number "1" in grouping opts, expected label'],
    ['1 > 2', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
    ['1 + bool 2', '1:5: parse error: bool modifier can only be used on comparison operators'],
    ['memory[5m] > 1', '1:12: parse error: binary expression must contain only scalar and instant vector types'],
    [
      '-memory[5m]',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
    ],
  ])('%j → %s', (text, error) => {
    expect(errorOf(text)).toBe(error);
  });

  it.each([
    ['a / b', 'operators between two vectors'],
    ['a > on (pod) b', 'matching of two vectors'],
    ['a or b', '"or"'],
    ['a unless b', '"unless"'],
    ['a offset 5m', 'offsets'],
    ['a @ 0', 'the @ modifier'],
    ['max_over_time(a[1h:1m])', 'subqueries'],
    ['(a)[5m]', 'subqueries'],
    ['topk(3, a)', '"topk"'],
    ['quantile by (pod) (0.9, a)', '"quantile"'],
    ['histogram_quantile(0.9, a)', '"histogram_quantile"'],
    ['Rate(a[5m])', '"Rate"'],
    ['"text"', 'texts as values'],
  ])('says of %s that it is beyond the stand-in, and what is not', (text, what) => {
    expect(errorOf(text)).toMatch(
      /^1:\d+: parse error: the stand-in for Prometheus does not understand .*; it knows selectors, .*rate/,
    );
    expect(errorOf(text)).toContain(what);
  });

  it.each([
    'sum',
    'sum{pod="a"}',
    'by',
    'job:memory:sum',
    'memory{by="x", sum!="y", on=~"z", inf!~"w"}',
    'memory{}',
    'SUM BY (pod, ) (memory)',
    'sum(memory) without ()',
    'memory{pod=~"a\\\\-b|(?P<rest>c)"}',
    'rate(memory[1y2w3d4h5m6s7ms])',
    `${'('.repeat(90)}memory${')'.repeat(90)}`,
    `memory${' + 1'.repeat(900)}`,
  ])('reads %s', (text) => {
    expect(errorOf(text)).toBeUndefined();
  });

  it.each<[why: string, text: string, error: string]>([
    ['is too long', `memory{pod="${'x'.repeat(10_000)}"}`, 'at most 10000 characters'],
    ['has too many words', '1+'.repeat(1500), 'at most 2000 words'],
    ['is nested too deep in parens', '('.repeat(500), 'at most 100 deep'],
    ['is nested too deep in signs', `${'-'.repeat(500)}1`, 'at most 100 deep'],
    ['is nested too deep in powers', `1${'^1'.repeat(500)}`, 'at most 100 deep'],
    ['has a pattern that is too long', `memory{pod=~"${'x'.repeat(1001)}"}`, 'longer than 1000 characters'],
  ])('refuses a query that %s', (_why, text, error) => {
    expect(errorOf(text)).toContain(error);
  });

  it('answers every text with a query or a position', () => {
    const word = fc.constantFrom(
      'memory',
      'sum',
      'by',
      'rate',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      '5m',
      '1',
      '-',
      '>',
      'bool',
      '"x"',
      '=',
      '=~',
      ',',
      ' ',
      '#',
      '\\',
      "'",
      '\n',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (text) => {
          expect(errorOf(text) ?? '1:1: parse error: ').toMatch(/^(\d+:\d+|unknown position): parse error: /);
        },
      ),
      { numRuns: 500 },
    );
  });
});
