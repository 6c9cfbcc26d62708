import { fail, ok, type Result } from '../../../core/result.ts';
import type { LabelSet } from '../label-sets.ts';

/** One condition of a selector. A label that is not there counts as the empty text. */
export type LabelMatcher = {
  readonly label: string;
  readonly matchesEmpty: boolean;
  matches(labels: LabelSet): boolean;
};

export type MatcherKind = '=' | '!=' | '=~' | '!~';

/** A matcher, or what is wrong with its regular expression. */
export function labelMatcher(label: string, kind: MatcherKind, value: string): Result<LabelMatcher, string> {
  const test = testOf(kind, value);
  if (!test.ok) return test;
  return ok({
    label,
    matchesEmpty: test.value(''),
    matches: (labels) => test.value(labels[label] ?? ''),
  });
}

function testOf(kind: MatcherKind, value: string): Result<(text: string) => boolean, string> {
  switch (kind) {
    case '=':
      return ok((text) => text === value);
    case '!=':
      return ok((text) => text !== value);
    case '=~':
    case '!~': {
      const pattern = wholePattern(value);
      return pattern.ok ? ok((text) => pattern.value.test(text) === (kind === '=~')) : pattern;
    }
    default:
      return kind satisfies never;
  }
}

const maxPatternLength = 1000;
// RE2 has none of these, so a query with them works nowhere.
const notInRe2 = /\(\?<?[=!]|\\[1-9]|\\k</;

/** A regular expression of Prometheus, which always matches the whole value. Written for RE2: its flag prefix and its named groups are translated. */
function wholePattern(source: string): Result<RegExp, string> {
  if (source.length > maxPatternLength)
    return fail(`error parsing regexp: expression is longer than ${maxPatternLength} characters`);
  const unsupported = notInRe2.exec(source.replaceAll('\\\\', ''));
  if (unsupported !== null)
    return fail(`error parsing regexp: invalid or unsupported Perl syntax: \`${unsupported[0]}\``);
  const [prefix, flags = ''] = /^\(\?([ims]+)\)/.exec(source) ?? [''];
  const body = source.slice(prefix.length).replaceAll('(?P<', '(?<');
  try {
    return ok(new RegExp(`^(?:${body})$`, [...new Set(flags)].join('')));
  } catch {
    return fail(`error parsing regexp: it cannot be read: \`${source}\``);
  }
}
