import { isPlaceholder, type Mask } from './placeholder.ts';
import { isSecretName } from './secret-names.ts';
import { looksMade } from './spoken-secrets.ts';

const nameChar = /[A-Za-z0-9_.-]/;
const maxNameLength = 128;
// Words that a configuration puts where a secret could be, and that are none.
const harmlessValues: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'nil',
  'none',
  'undefined',
  'yes',
  'no',
  'required',
  'optional',
]);
const maxHarmlessLength = 64;
const maxSentenceLength = 400;
const leastWords = 3;
const masks = /\[REDACTED:[a-z0-9-]{1,40}:[0-9a-f]{4}\]/g;
const notBare = /^(?:\$\{|\$\(|\{\{|\[\]|\{\})/;
const schemes = /^(?:bearer|basic|token|digest|negotiate|ntlm|apikey|hawk|aws4-hmac-sha256)$/i;

type Found = { readonly name: string; readonly nameStart: number; readonly nameQuoted: boolean };
type Value = { readonly start: number; readonly end: number };

/**
 * Masks values by the name in front of them: `password=…`, `"apiKey": "…"`, `--token …`, `Authorization: Basic …`, `Cookie: …`, YAML and
 * escaped JSON included.
 *
 * Reads the text once: from each `=`, `:` or flag it looks back at most 128 characters for the name, and behind a masked value it goes on.
 */
export function redactKeyValues(text: string, mask: Mask): string {
  let result = '';
  let done = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char !== '=' && char !== ':' && char !== ' ') continue;
    const found = char === ' ' ? flagBefore(text, index, done) : nameBefore(text, index, done);
    if (found === undefined || !isSecretName(found.name)) continue;
    // The kind of a mask can be a secret's name: `[REDACTED:github-token:3f2a]` holds nothing to be masked again.
    if (char === ':' && isWithinMask(text, index)) continue;
    const value = valueAfter(text, index, found, char);
    if (value === undefined) continue;
    const secret = text.slice(value.start, value.end);
    if (!isPlaceholder(secret)) {
      result += text.slice(done, value.start) + mask('value', secret);
      done = value.end;
    }
    index = value.end - 1;
  }
  return result + text.slice(done);
}

/** The name that ends before `=` or `:`, with or without quotes (`"…"`, `'…'`, `\"…\"`) and blanks between. */
function nameBefore(text: string, separator: number, from: number): Found | undefined {
  let end = separator;
  while (end > from && separator - end < 3 && text[end - 1] === ' ') end--;
  const nameQuoted = end > from && (text[end - 1] === '"' || text[end - 1] === "'");
  if (nameQuoted) {
    end--;
    if (text[end - 1] === '\\') end--;
  }
  const start = startOfName(text, end, from);
  return start === end ? undefined : { name: text.slice(start, end), nameStart: start, nameQuoted };
}

/** The flag that ends before a blank: `--client-secret hunter2`. */
function flagBefore(text: string, blank: number, from: number): Found | undefined {
  // Cheap first: a flag's name ends with a letter or digit.
  if (blank === from || !nameChar.test(text[blank - 1] ?? '')) return undefined;
  const start = startOfName(text, blank, from);
  return text.startsWith('--', start)
    ? { name: text.slice(start + 2, blank), nameStart: start, nameQuoted: false }
    : undefined;
}

function startOfName(text: string, end: number, from: number): number {
  let start = end;
  while (start > from && end - start < maxNameLength && nameChar.test(text[start - 1] ?? '')) start--;
  return start;
}

function valueAfter(text: string, separator: number, found: Found, char: string): Value | undefined {
  let start = separator + 1;
  // `:=`, `==`, `=>` are separators of two characters.
  if (char !== ' ' && (text[start] === '=' || text[start] === '>')) start++;
  let blanks = 0;
  while ((text[start] === ' ' || text[start] === '\t') && blanks < 8) {
    start++;
    blanks++;
  }
  const quote = quoteAt(text, start);
  if (quote !== undefined) return quotedValue(text, start, quote);
  if (/^(?:.*[.-])?(?:set-)?cookie$|authorization$/i.test(found.name)) return headerValue(text, start, found.nameStart);
  // A list or map opens here, a variable or template stands for the secret, another flag follows: told by the first characters, so that what is
  // not masked is not read to its end either (time would be quadratic).
  if (notBare.test(text.slice(start, start + 2)) || (char === ' ' && text[start] === '-')) return undefined;
  const end = endOfBareValue(text, start);
  const value = text.slice(start, end);
  if (value === '') return undefined;
  if (
    value.length <= maxHarmlessLength &&
    isHarmless(value, {
      prose: char === ':' && blanks > 0 && !found.nameQuoted && !beginsLine(text, found.nameStart),
      blankBefore: char === '=' && blanks > 0,
    })
  ) {
    return undefined;
  }
  return { start, end };
}

/** `"`, `'`, a backtick, or an escaped `\"` as it stands in JSON inside JSON. */
function quoteAt(text: string, index: number): string | undefined {
  const char = text[index];
  if (char === '"' || char === "'" || char === '`') return char;
  return char === '\\' && (text[index + 1] === '"' || text[index + 1] === "'")
    ? text.slice(index, index + 2)
    : undefined;
}

function quotedValue(text: string, quoteStart: number, quote: string): Value | undefined {
  const start = quoteStart + quote.length;
  let end = start;
  while (end < text.length && text[end] !== '\n') {
    if (text.startsWith(quote, end)) break;
    // A plain quote that is escaped belongs to the value.
    end += quote.length === 1 && text[end] === '\\' ? 2 : 1;
  }
  end = Math.min(end, text.length);
  const value = text.slice(start, end);
  return value === '' || harmlessValues.has(value.toLowerCase()) ? undefined : { start, end };
}

/** Headers whose value has blanks in it: a scheme and its credentials, or a list of cookies. */
function headerValue(text: string, start: number, nameStart: number): Value | undefined {
  const wordEnd = endOfBareValue(text, start);
  const word = text.slice(start, wordEnd);
  if (word === '') return undefined;
  // A header inside a quoted text ends with it; elsewhere quotes are part of the value.
  const opening = text[nameStart - 1];
  const lineEnd = indexOfAny(text, opening === '"' || opening === "'" ? `\n${opening}` : '\n', start);
  if (!schemes.test(word)) {
    const end = trimmedEnd(text, start, lineEnd);
    return isSentence(text.slice(start, end)) ? undefined : { start, end };
  }
  let credentials = wordEnd;
  while (text[credentials] === ' ') credentials++;
  const isSingle = /^(?:bearer|basic|token|negotiate|ntlm|apikey)$/i.test(word);
  const end = isSingle ? endOfBareValue(text, credentials) : trimmedEnd(text, credentials, lineEnd);
  return end <= credentials ? undefined : { start: credentials, end };
}

/**
 * "may require authorization: authorization failed: no basic auth credentials" tells why, and holds nothing to log in with: it begins with three words as people write them, and nothing
 * in it looks made by a machine. What stands further behind is searched by itself.
 */
function isSentence(value: string): boolean {
  const words = value.slice(0, maxSentenceLength).replace(masks, ' ').split(' ');
  return (
    words.length >= leastWords &&
    words
      .slice(0, leastWords)
      .every((word) => /^["'(]?[A-Za-z]?[a-z]{0,24}(?:_[a-z]{1,24}){0,3}["')]?[.,:;!?]?$/.test(word)) &&
    !words.some((word) => looksMade(word.replace(/^https?:\/\/[^\s?#]{1,253}/, '')))
  );
}

function trimmedEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && text[last - 1] === ' ') last--;
  return last;
}

function indexOfAny(text: string, chars: string, from: number): number {
  let index = from;
  while (index < text.length && !chars.includes(text[index] ?? '')) index++;
  return index;
}

// A mask is taken whole, brackets and all; else a bare value ends where the syntax around it goes on.
function endOfBareValue(text: string, start: number): number {
  let end = start;
  while (end < text.length && !' \t\n"\'`,;&)}'.includes(text[end] ?? '')) end++;
  return text[end - 1] === '\\' ? end - 1 : end;
}

function beginsLine(text: string, nameStart: number): boolean {
  let index = nameStart;
  while (index > 0 && (text[index - 1] === ' ' || text[index - 1] === '\t')) index--;
  if (index > 0 && text[index - 1] === '-') index--;
  while (index > 0 && (text[index - 1] === ' ' || text[index - 1] === '\t')) index--;
  return index === 0 || text[index - 1] === '\n';
}

function isHarmless(value: string, place: { readonly prose: boolean; readonly blankBefore: boolean }): boolean {
  if (harmlessValues.has(value.toLowerCase()) || isPunctuation(value)) return true;
  // `password= user=bob`: the value was empty, and what follows is the next pair.
  if (place.blankBefore && /^[A-Za-z_][A-Za-z0-9_.-]*=[^=]/.test(value)) return true;
  return place.prose && readsLikeProse(value);
}

// `<eof>`, `***`, `[`: nothing that anybody logs in with.
function isPunctuation(value: string): boolean {
  return /^[[{(<|>&*$]/.test(value) && !isPlaceholder(value) && !/[A-Za-z0-9]{4}/.test(value);
}

// "invalid token: unexpected end of input" says nothing secret; a word with a digit, a symbol or capitals inside may.
function readsLikeProse(value: string): boolean {
  return /^[A-Z]?[a-z]{1,20}[.!?]?$/.test(value) || /^[^A-Za-z0-9]*$/.test(value);
}

function isWithinMask(text: string, index: number): boolean {
  const start = text.slice(Math.max(0, index - 64), index).lastIndexOf('[REDACTED:');
  if (start === -1) return false;
  const from = Math.max(0, index - 64) + start;
  const end = text.slice(index, index + 64).indexOf(']');
  return end !== -1 && isPlaceholder(text.slice(from, index + end + 1));
}
