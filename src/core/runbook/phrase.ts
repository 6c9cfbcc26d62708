import type { OutputRow, ReadOutput } from '../action/output/read-output.ts';
import { parseQuantity } from '../cluster/quantity.ts';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';

const operators = ['<=', '>=', '!=', '==', '=', '<', '>'] as const;
type Operator = '<=' | '>=' | '!=' | '=' | '<' | '>';

/** A short sentence over the output of a read, parsed. `column` is a key as `ReadOutput.columns` has them. */
export type Phrase = TextPhrase | RowPhrase;
type TextPhrase = { readonly form: 'contains' | 'lacks'; readonly text: string };
type RowPhrase = {
  readonly form: 'no' | 'all';
  readonly column: string;
  readonly operator: Operator;
  readonly operand: string;
};

export type PhraseProblem = Problem<'phrase.unreadable' | 'phrase.operator' | 'phrase.operand'>;

/** `measured` is the sentence for people: what was looked at and what was found. `errored` means that nothing could be measured. */
export type PhraseJudgement = { readonly outcome: 'succeeded' | 'failed' | 'errored'; readonly measured: string };

const maxLength = 500;
const rowPhrase = /^(no|all) +([A-Za-z][A-Za-z0-9%_-]*) *(<=|>=|!=|==|=|<|>) *(.+)$/i;
const textPhrase = /^output +(contains|lacks) +(.+)$/i;
const countable = /^\d+(\.\d+)?$/;
const ratioForm = /^(\d+)\/(\d+)$/;
const durationForm = /^(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/;

/**
 * Reads the phrases of the compact runbook form:
 *
 * - `output contains TEXT`, `output lacks TEXT`: TEXT is the rest of the line, exactly, in quotes or not.
 * - `no COLUMN OP VALUE`, `all COLUMN OP VALUE`: COLUMN is one that kubectl prints for that kind (`restarts`, `ready`, `last-seen`),
 *   OP is `=`, `!=`, `<`, `<=`, `>` or `>=` (`==` is read as `=`). VALUE is a number (`3`), a duration for ages (`10m`, `1h30m`), a
 *   quantity for cpu and memory (`500Mi`), a ratio (`2/3`), the word `desired` (what `ready` should be), or a word, which is compared
 *   with `=` and `!=` only, in any case (`Running`).
 *
 * Errors: `phrase.unreadable`, `phrase.operator` (a comparison by size with a word), `phrase.operand`.
 */
export function parsePhrase(text: string): Result<Phrase, PhraseProblem> {
  const phrase = text.trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a phrase is one printable line
  if (phrase === '' || phrase.length > maxLength || /[\u0000-\u001f\u007f]/.test(phrase)) {
    return fail(
      problem('phrase.unreadable', `A phrase is one line of 1 to ${maxLength} printable characters. ${forms}`),
    );
  }
  const [, textForm, rest] = textPhrase.exec(phrase) ?? [];
  if (textForm !== undefined && rest !== undefined) {
    const wanted = unquote(rest);
    if (wanted === '')
      return fail(problem('phrase.operand', 'The text to look for is empty. Write what the output should contain.'));
    return ok({ form: textForm.toLowerCase() === 'contains' ? 'contains' : 'lacks', text: wanted });
  }
  const [, quantifier, column, sign, value] = rowPhrase.exec(phrase) ?? [];
  if (quantifier === undefined || column === undefined || sign === undefined || value === undefined) {
    return fail(problem('phrase.unreadable', `The phrase is not understood. ${forms}`));
  }
  return readComparison(quantifier.toLowerCase() === 'no' ? 'no' : 'all', column.toLowerCase(), sign, value.trim());
}

const forms = 'Write `output contains TEXT`, `output lacks TEXT`, `no COLUMN OP VALUE` or `all COLUMN OP VALUE`.';

function readComparison(
  form: 'no' | 'all',
  column: string,
  sign: string,
  value: string,
): Result<Phrase, PhraseProblem> {
  const operator = toOperator(sign);
  const operand = unquote(value);
  const isQuoted = operand !== value;
  if (operator === undefined) return fail(problem('phrase.operator', 'The operator is not one of = != < <= > >=.'));
  if (operand === '' || (!isQuoted && /[\s<>=!]/.test(operand))) {
    return fail(
      problem(
        'phrase.operand',
        'After the operator comes one value: a number, a duration such as 10m, a quantity, a ratio, or one word.',
      ),
    );
  }
  if (operator !== '=' && operator !== '!=' && !hasSize(operand)) {
    return fail(problem('phrase.operator', `${operator} needs a value with a size. Words are compared with = or !=.`));
  }
  return ok({ form, column, operator, operand });
}

function toOperator(sign: string): Operator | undefined {
  const known = operators.find((operator) => operator === sign);
  return known === '==' ? '=' : known;
}

function unquote(text: string): string {
  const quote = text.charAt(0);
  const isQuoted = text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote);
  return isQuoted ? text.slice(1, -1) : text;
}

function hasSize(operand: string): boolean {
  return (
    operand.toLowerCase() === 'desired' ||
    countable.test(operand) ||
    ratioForm.test(operand) ||
    secondsOf(operand) !== undefined ||
    parseQuantity(operand) !== undefined
  );
}

/**
 * Asks a phrase of an output. Never `succeeded` without a measurement: an unknown column, values that cannot be compared, and no rows
 * at all (for `no` as much as for `all`: a selector that matches nothing proves nothing) are `errored`, as is looking for a text that
 * may be in the part that was cut off. An output that carries a failure is `failed`, whatever it contains.
 */
export function judgePhrase(phrase: Phrase, output: ReadOutput): PhraseJudgement {
  if (output.failure !== undefined)
    return { outcome: 'failed', measured: `The read itself failed: ${output.failure}.` };
  return 'text' in phrase ? judgeText(phrase, output) : judgeRows(phrase, output);
}

function judgeText({ form, text }: TextPhrase, output: ReadOutput): PhraseJudgement {
  const shown = `"${text}"`;
  if (output.text.includes(text)) {
    return { outcome: form === 'contains' ? 'succeeded' : 'failed', measured: `The output contains ${shown}.` };
  }
  if (output.truncated) {
    return {
      outcome: 'errored',
      measured: `The output is longer than what was kept, and that part does not contain ${shown}.`,
    };
  }
  return {
    outcome: form === 'lacks' ? 'succeeded' : 'failed',
    measured: output.text === '' ? 'The output is empty.' : `The output does not contain ${shown}.`,
  };
}

function judgeRows({ form, column, operator, operand }: RowPhrase, output: ReadOutput): PhraseJudgement {
  if (!output.columns.includes(column)) {
    const known = output.columns.length === 0 ? 'it has no columns' : `its columns are ${output.columns.join(', ')}`;
    return { outcome: 'errored', measured: `The output has no column ${column}: ${known}.` };
  }
  if (output.rows.length === 0) {
    return { outcome: 'errored', measured: `Nothing was measured: the output has no rows, so ${column} has no value.` };
  }
  const offending: string[] = [];
  let unmeasured: string | undefined;
  for (const [index, row] of output.rows.entries()) {
    const holds = compare(column, operator, operand, row);
    const named = `${nameOf(row, index)} ${sayValue(column, row[column])}`;
    if (holds === undefined) unmeasured ??= named;
    else if (holds === (form === 'no')) offending.push(named);
  }
  const total = output.rows.length === 1 ? '1 row' : `${output.rows.length} rows`;
  const condition = `${column} ${operator} ${operand}`;
  // One offending row decides, whatever the others are; without one, all must have been measured.
  if (offending.length === 0 && unmeasured !== undefined) {
    return { outcome: 'errored', measured: `The ${column} of ${unmeasured} cannot be compared with ${operand}.` };
  }
  if (offending.length === 0) {
    return { outcome: 'succeeded', measured: `${form === 'no' ? 'None' : 'All'} of ${total} have ${condition}.` };
  }
  const more = offending.length > 3 ? ` and ${offending.length - 3} more` : '';
  const verb = form === 'no' ? 'have' : 'do not have';
  return {
    outcome: 'failed',
    measured: `${offending.length} of ${total} ${verb} ${condition}: ${offending.slice(0, 3).join(', ')}${more}.`,
  };
}

const durationColumns: ReadonlySet<string> = new Set(['age', 'last-seen', 'first-seen', 'duration', 'last-schedule']);
const quantityColumns: ReadonlySet<string> = new Set(['cpu', 'memory']);

/** Whether one row's value stands in the relation; `undefined` when value and operand are not of one kind. */
function compare(column: string, operator: Operator, operand: string, row: OutputRow): boolean | undefined {
  const value = row[column];
  if (typeof value === 'number') {
    const wanted = sizeFor(column, operand, row);
    return wanted === undefined ? undefined : relate(operator, value, wanted);
  }
  if (value === undefined) return undefined;
  const ratio = ratioForm.exec(value);
  if (ratio !== null) return compareRatio(operator, operand, Number(ratio[1]), Number(ratio[2]));
  // An unknown is neither equal to anything nor different from it.
  if (value === '' || value === '<unknown>' || (operator !== '=' && operator !== '!=')) return undefined;
  if (durationColumns.has(column) || quantityColumns.has(column)) return undefined;
  return (value.toLowerCase() === operand.toLowerCase()) === (operator === '=');
}

function sizeFor(column: string, operand: string, row: OutputRow): number | undefined {
  if (durationColumns.has(column)) return secondsOf(operand);
  if (quantityColumns.has(column)) return parseQuantity(operand);
  if (operand.toLowerCase() === 'desired') return typeof row.desired === 'number' ? row.desired : undefined;
  return countable.test(operand) ? Number(operand) : undefined;
}

function compareRatio(operator: Operator, operand: string, part: number, whole: number): boolean | undefined {
  if (operand.toLowerCase() === 'desired') return relate(operator, part, whole);
  if (countable.test(operand)) return relate(operator, part, Number(operand));
  const [, wantedPart, wantedWhole] = ratioForm.exec(operand) ?? [];
  if (wantedPart === undefined || wantedWhole === undefined) return undefined;
  const isEqual = part === Number(wantedPart) && whole === Number(wantedWhole);
  if (operator === '=') return isEqual;
  if (operator === '!=') return !isEqual;
  // By size, as fractions: 1/2 < 2/3. A fraction of nothing has no size.
  if (whole === 0 || Number(wantedWhole) === 0) return undefined;
  return relate(operator, part * Number(wantedWhole), Number(wantedPart) * whole);
}

function relate(operator: Operator, a: number, b: number): boolean {
  switch (operator) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      return operator satisfies never;
  }
}

/** `10m`, `1h30m`, `2d` in seconds; a number without a unit is no duration. */
function secondsOf(text: string): number | undefined {
  const parts = text === '' ? null : durationForm.exec(text);
  if (parts === null) return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = parts;
  return Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function nameOf(row: OutputRow, index: number): string {
  const name = row.name ?? row.object ?? row.revision;
  return name === undefined ? `row ${index + 1}` : String(name);
}

function sayValue(column: string, value: string | number | undefined): string {
  return typeof value === 'number' && durationColumns.has(column) ? `${value}s` : String(value ?? '<none>');
}
