import { ok } from '../../result.ts';
import { type Parsed, refuse } from './parsed-line.ts';
import { refuseFlag } from './refused-flags.ts';

/** One flag a verb knows. Text flags take a value; boolean ones are true when present, or say `=true` / `=false`. */
export type FlagSpec = { readonly name: string; readonly short?: string; readonly type: 'boolean' | 'text' };

/** Values by long name; a boolean is `'true'` or `'false'`. */
export type Flags = ReadonlyMap<string, string>;
export type SplitLine = { readonly flags: Flags; readonly operands: readonly string[] };

export const namespaceFlag: FlagSpec = { name: 'namespace', short: 'n', type: 'text' };
export const allNamespacesFlag: FlagSpec = { name: 'all-namespaces', short: 'A', type: 'boolean' };
export const selectorFlag: FlagSpec = { name: 'selector', short: 'l', type: 'text' };

/**
 * Separates flags from operands as pflag does: `--name=value`, `--name value`, `-n value`, `-nvalue`, `-n=value`, and clusters such as
 * `-Aowide` in which every flag but the last is boolean. Unlike pflag, a flag outside `specs`, a second value for one flag and a bare
 * `--` are refused.
 */
export function splitFlags(words: readonly string[], specs: readonly FlagSpec[]): Parsed<SplitLine> {
  const flags = new Map<string, string>();
  const operands: string[] = [];

  function put(spec: FlagSpec, value: string): Parsed<null> {
    if (flags.has(spec.name)) {
      return refuse('syntax.flag-repeated', `The flag --${spec.name} is given twice. Give it once.`);
    }
    if (spec.type === 'boolean' && value !== 'true' && value !== 'false') {
      return refuse(
        'syntax.flag-value',
        `The flag --${spec.name} is on or off. Write it alone, or with =true or =false.`,
      );
    }
    if (value === '') return refuse('syntax.flag-value', `The flag --${spec.name} has an empty value. Give one.`);
    flags.set(spec.name, value);
    return ok(null);
  }

  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      return refuse(
        'syntax.flag',
        'The line contains `--`, which has no meaning for what is understood here. Leave it out.',
      );
    }
    if (word === '-')
      return refuse('syntax.operands', 'The line reads standard input (`-`), which an action does not have.');
    if (!word.startsWith('-')) {
      operands.push(word);
      continue;
    }
    const tokens = word.startsWith('--') ? longFlag(word, specs) : shortFlags(word, specs);
    if (!tokens.ok) return tokens;
    for (const { spec, value } of tokens.value) {
      let given = value;
      if (given === undefined) {
        if (spec.type === 'boolean') given = 'true';
        else {
          index += 1;
          given = words[index];
        }
      }
      if (given === undefined) return refuse('syntax.flag-value', `The flag --${spec.name} lacks its value. Give one.`);
      const stored = put(spec, given);
      if (!stored.ok) return stored;
    }
  }
  return ok({ flags, operands });
}

type FlagToken = { readonly spec: FlagSpec; readonly value: string | undefined };

function longFlag(word: string, specs: readonly FlagSpec[]): Parsed<readonly FlagToken[]> {
  const equals = word.indexOf('=');
  const name = equals === -1 ? word.slice(2) : word.slice(2, equals);
  const spec = specs.find((each) => each.name === name);
  if (spec === undefined) return refuseFlag(`--${name}`);
  return ok([{ spec, value: equals === -1 ? undefined : word.slice(equals + 1) }]);
}

function shortFlags(word: string, specs: readonly FlagSpec[]): Parsed<readonly FlagToken[]> {
  const tokens: FlagToken[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at);
    const spec = specs.find((each) => each.short === letter);
    if (spec === undefined) return refuseFlag(`-${letter}`);
    const rest = word.slice(at + 1);
    if (rest.startsWith('=')) {
      tokens.push({ spec, value: rest.slice(1) });
      return ok(tokens);
    }
    if (spec.type === 'text' && rest !== '') {
      tokens.push({ spec, value: rest });
      return ok(tokens);
    }
    tokens.push({ spec, value: undefined });
  }
  return ok(tokens);
}
