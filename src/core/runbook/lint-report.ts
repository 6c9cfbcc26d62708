import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { LintProblem } from './lint-problem.ts';
import { fieldsAt, laterFields } from './schema.ts';
import { type DocumentPath, positionOf, type SourceDocument, sayPath, valueAt } from './source-document.ts';

/** A problem at a place of the document, before its line is known. `at: 'key'` points at the field's name. */
export type LintReport = {
  readonly path: DocumentPath;
  readonly at?: 'key' | 'value';
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
};

export function locate(report: LintReport, document: SourceDocument, file: string): LintProblem {
  const { line, column } = positionOf(document, report.path, report.at);
  const where = sayPath(report.path);
  return {
    file,
    line,
    column,
    severity: report.severity,
    code: report.code,
    message: where === '' ? report.message : `${where}: ${report.message}`,
    ...(report.suggestion === undefined ? {} : { suggestion: report.suggestion }),
  };
}

export function errorAt(path: DocumentPath, code: string, message: string, suggestion?: string): LintReport {
  return { path, severity: 'error', code, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

export function warningAt(path: DocumentPath, code: string, message: string, suggestion?: string): LintReport {
  return { path, severity: 'warning', code, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** An unknown field, with the field that was probably meant. `known` undefined: nothing is known to compare with. */
export function unknownField(path: DocumentPath, field: string, known: readonly string[] | undefined): LintReport {
  const shown = field.length > 60 ? `${field.slice(0, 59)}…` : field;
  const nearest = didYouMean(field, known ?? []);
  const suggestion = laterFields.includes(field)
    ? 'it is not supported by this version'
    : nearest === undefined
      ? undefined
      : `did you mean \`${nearest}\`?`;
  return {
    path: [...path, field],
    at: 'key',
    severity: 'error',
    code: 'schema.unknown-field',
    message: `unknown field \`${shown}\``,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** What a schema says against `value`, which stands at `base` in the document: one report per problem, all of them. */
export function reportsOf(error: z.ZodError, value: unknown, base: DocumentPath = [], kind?: string): LintReport[] {
  return error.issues.flatMap((issue) => reportsOfIssue(issue, value, base, kind));
}

type Issue = z.core.$ZodIssue;

function reportsOfIssue(issue: Issue, value: unknown, base: DocumentPath, kind: string | undefined): LintReport[] {
  const inside = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const path = [...base, ...inside];
  const found = valueAt(value, inside);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownField(path, key, fieldsAt(path, kind)));
    case 'invalid_union': {
      // The branch that got past its own type is the one its author meant; without one, the union's own sentence says what is possible.
      const meant = issue.errors.find(
        (branch) => !branch.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
      );
      if (meant === undefined || found === undefined) return [unfit(path, issue.message, found)];
      return meant.flatMap((inner) => reportsOfIssue(inner, found, path, kind));
    }
    case 'invalid_key':
      return issue.issues.map((inner) => ({ ...errorAt(path, 'schema.value', inner.message), at: 'key' }));
    case 'invalid_value':
      return [unfit(path, `expected ${oneOf(issue.values)}`, found, nearestOf(found, issue.values))];
    case 'invalid_type':
      return [unfit(path, ownWords(issue.message) ?? `expected ${kindWords[issue.expected] ?? issue.expected}`, found)];
    default:
      return [unfit(path, ownWords(issue.message) ?? `expected another form (${issue.message})`, found)];
  }
}

/** Messages that a schema gives itself begin so; the library's own are in another voice. */
function ownWords(message: string): string | undefined {
  return message.startsWith('expected') ? message : undefined;
}

const kindWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
};

function unfit(path: DocumentPath, message: string, found: unknown, suggestion?: string): LintReport {
  if (found === undefined) return errorAt(path, 'schema.missing', `is missing: ${message}`, suggestion);
  return errorAt(path, 'schema.value', `${message}, got ${sayGot(found)}`, suggestion);
}

/** What stands there, in a few characters: a whole document must not come back as an error message. */
export function sayGot(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

export function oneOf(values: readonly unknown[]): string {
  const [only, ...rest] = values.map((value) => `\`${String(value)}\``);
  return rest.length === 0 ? String(only) : `one of ${[only, ...rest].join(', ')}`;
}

export function nearestOf(found: unknown, values: readonly unknown[]): string | undefined {
  const nearest = typeof found === 'string' ? didYouMean(found, values.map(String)) : undefined;
  return nearest === undefined ? undefined : `did you mean \`${nearest}\`?`;
}
