import { fail, ok, type Problem, problem, type Result } from '../result.ts';

type Operator = '=' | '!=' | '=~' | '!~';

/** One label matcher in Alertmanager's syntax: `severity="critical"`, `namespace=~"shop|cart"`. A missing label is the empty string, as there. */
export type Matcher = {
  readonly label: string;
  readonly operator: Operator;
  readonly value: string;
  readonly matches: (value: string) => boolean;
};

const syntax = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"=~!][^\s"]*)?)\s*$/;

/** Longest value of a label that a regular expression is tried on: label values come from outside. */
const maxValueLength = 1024;

/**
 * Parses one matcher. Regular expressions are anchored at both ends as in Alertmanager; they come from the team's own config, never from a signal.
 */
export function parseMatcher(text: string): Result<Matcher, Problem<'route.bad-matcher'>> {
  const parts = syntax.exec(text);
  const [, label, operator, quoted, bare] = parts ?? [];
  if (label === undefined || operator === undefined) {
    return fail(
      problem(
        'route.bad-matcher',
        `${JSON.stringify(text)} is not a label matcher. Write for example severity="critical" or namespace=~"shop|cart".`,
      ),
    );
  }
  const value = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1');
  const test = testOf(operator, value);
  if (test === undefined) {
    return fail(
      problem(
        'route.bad-matcher',
        `${JSON.stringify(value)} in the matcher ${JSON.stringify(text)} is not a regular expression.`,
      ),
    );
  }
  return ok({ label, operator: operator as Operator, value, matches: test });
}

function testOf(operator: string, value: string): ((value: string) => boolean) | undefined {
  switch (operator) {
    case '=':
      return (candidate) => candidate === value;
    case '!=':
      return (candidate) => candidate !== value;
    case '=~':
    case '!~': {
      const expression = anchored(value);
      if (expression === undefined) return undefined;
      const wanted = operator === '=~';
      return (candidate) => expression.test(candidate.slice(0, maxValueLength)) === wanted;
    }
    default:
      return undefined;
  }
}

function anchored(value: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${value})$`, 'u');
  } catch {
    return undefined;
  }
}

export function allMatch(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ label, matches }) => matches(labels[label] ?? ''));
}
