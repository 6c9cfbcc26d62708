import { fail, ok, type Result } from '../../core/result.ts';
import type { LabelSet } from './label-sets.ts';

/** `name{label="value", …} > 1.5`: all the PromQL that the stand-in understands. */
export type InstantQuery = {
  readonly matches: (labels: LabelSet) => boolean;
  readonly keeps: (value: number) => boolean;
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

const queryForm =
  /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{([^}]*)\})?\s*(?:(>=|<=|==|!=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))?\s*$/;
const matcherForm = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(?:,|$)/;

/** Reads an instant vector selector with an optional comparison. The error is the text of Prometheus' 400. */
export function parseInstantQuery(text: string): Result<InstantQuery, string> {
  if (text.trim() === '') return fail('unknown position: parse error: no expression found in input');
  const [, name, inside, operator, number] = queryForm.exec(text) ?? [];
  if (name === undefined && inside === undefined)
    return fail(
      `1:1: parse error: the stand-in understands only a selector, with a comparison to a number: ${JSON.stringify(text.slice(0, 200))}`,
    );
  const matchers: ((labels: LabelSet) => boolean)[] = name === undefined ? [] : [(labels) => labels.__name__ === name];
  let rest = inside ?? '';
  while (rest.trim() !== '') {
    const [all = '', label = '', kind = '', quoted = ''] = matcherForm.exec(rest) ?? [];
    const matcher = all === '' ? undefined : labelMatcher(label, kind, unquoted(quoted));
    if (matcher === undefined)
      return fail(`1:1: parse error: unexpected label matcher in ${JSON.stringify((inside ?? '').slice(0, 200))}`);
    matchers.push(matcher);
    rest = rest.slice(all.length);
  }
  if (matchers.length === 0)
    return fail('1:1: parse error: vector selector must contain at least one non-empty matcher');
  const compare = operator === undefined ? undefined : comparisons[operator];
  return ok({
    matches: (labels) => matchers.every((matcher) => matcher(labels)),
    keeps: (value) => compare === undefined || compare(value, Number(number)),
  });
}

function labelMatcher(label: string, kind: string, value: string): ((labels: LabelSet) => boolean) | undefined {
  if (kind === '=') return (labels) => (labels[label] ?? '') === value;
  if (kind === '!=') return (labels) => (labels[label] ?? '') !== value;
  try {
    const pattern = new RegExp(`^(?:${value})$`);
    return (labels) => pattern.test(labels[label] ?? '') === (kind === '=~');
  } catch {
    return undefined;
  }
}

function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, '$1');
}
