import { parse } from 'shell-quote';
import { ok } from '../../result.ts';
import { type Parsed, refuse } from './parsed-line.ts';

const maxLineLength = 2000;

// An allow-list: what a typed action can be made of, and no more. Everything a shell gives a meaning to is outside it.
const allowed = /^[A-Za-z0-9 "'_./:=,!@?-]*$/;

const meanings: ReadonlyMap<string, string> = new Map([
  ...[...';&|'].map((operator) => [operator, 'which joins commands in a shell; write one action per command'] as const),
  ...[...'<>'].map((sign) => [sign, 'which redirects files in a shell; an action reads and writes no files'] as const),
  ...[...'$`()'].map(
    (sign) => [sign, 'which a shell substitutes; write the value itself, or a typed action with an input'] as const,
  ),
  ...[...'*[]{}'].map((sign) => [sign, 'which a shell expands; name what is meant'] as const),
  ['~', 'which a shell expands to a home directory; an action reads no files'],
  ['#', 'which starts a comment in a shell; put comments on a YAML line of their own'],
  ['\\', 'which escapes in a shell; write the line without escapes, on one line'],
  ['%', 'which encodes characters in a path; write the path plainly'],
  ['\n', 'a line break; write one action per command'],
  ['\r', 'a line break; write one action per command'],
]);

/**
 * Splits a line into words as a shell would, without a shell. Only plain words come through: quotes may group, nothing is expanded.
 *
 * Errors: `syntax.empty`, `syntax.too-long`, `syntax.character` (anything outside a small ASCII alphabet: operators, substitutions,
 * control, bidi and zero-width characters), `syntax.quote` (one that is not closed), `syntax.glob` (an unquoted `?`).
 */
export function splitWords(line: string): Parsed<readonly string[]> {
  if (line.length > maxLineLength) {
    return refuse(
      'syntax.too-long',
      `The line has ${line.length} characters, more than the ${maxLineLength} that are read. Write a shorter line.`,
    );
  }
  if (line.trim() === '') return refuse('syntax.empty', 'The line is empty. Write a kubectl command.');
  if (!allowed.test(line)) return refuse('syntax.character', describeFirstForbidden(line));
  const openQuote = unclosedQuote(line);
  if (openQuote !== undefined) {
    return refuse('syntax.quote', `A ${openQuote} is opened and not closed. Close it, or leave it out.`);
  }
  const words: string[] = [];
  for (const entry of parse(line)) {
    // Operators, comments and substitutions cannot get past the alphabet; what remains here is an unquoted `?`.
    if (typeof entry !== 'string') {
      return refuse(
        'syntax.glob',
        'The line contains an unquoted `?`, which a shell expands to file names. Put the word in single quotes.',
      );
    }
    words.push(entry);
  }
  return ok(words);
}

function describeFirstForbidden(line: string): string {
  const character = [...line].find((each) => !allowed.test(each)) ?? '';
  const meaning = meanings.get(character);
  if (meaning !== undefined) {
    const shown =
      character === '\n' || character === '\r' ? '' : `${character === '`' ? 'a backtick' : `\`${character}\``}, `;
    return `The line contains ${shown}${meaning}.`;
  }
  const codePoint = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return `The line contains the character ${codePoint}, which has no place in a kubectl action. Type the line again in plain ASCII.`;
}

function unclosedQuote(line: string): string | undefined {
  let open: string | undefined;
  for (const character of line) {
    if (open === undefined) {
      if (character === '"' || character === "'") open = character;
    } else if (character === open) {
      open = undefined;
    }
  }
  return open;
}
