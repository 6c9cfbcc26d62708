import { ParseFailure } from './parse-failure.ts';

export type Token = {
  readonly type: 'number' | 'duration' | 'string' | 'name' | 'symbol' | 'end';
  /** As written; of a string, what it stands for. */
  readonly text: string;
  readonly offset: number;
};

const maxTokens = 2000;

const blank = /(?:\s|#[^\n]*)+/y;
const forms: readonly (readonly [Token['type'], RegExp])[] = [
  ['duration', /(?:\d+(?:ms|[ywdhms]))+(?![a-zA-Z0-9_.])/y],
  ['number', /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![a-zA-Z0-9_:])/y],
  ['name', /[a-zA-Z_:][a-zA-Z0-9_:]*/y],
  ['string', /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|`[^`]*`/y],
  ['symbol', /=~|!~|==|!=|>=|<=|[-+*/%^(){}[\],=<>@]/y],
];

/** The words of a query, with an `end` after the last. Throws `ParseFailure`. */
export function tokensOf(text: string): readonly [Token, ...Token[]] {
  const tokens: Token[] = [];
  let offset = 0;
  for (;;) {
    offset += matchAt(blank, text, offset)?.length ?? 0;
    if (offset === text.length) break;
    if (tokens.length === maxTokens)
      throw new ParseFailure(offset, `the stand-in reads at most ${maxTokens} words of a query`);
    const token = tokenAt(text, offset);
    tokens.push(token.type === 'string' ? { ...token, text: unquoted(token) } : token);
    offset += token.text.length;
  }
  const end: Token = { type: 'end', text: '', offset };
  const [first = end, ...rest] = tokens;
  return first === end ? [end] : [first, ...rest, end];
}

function tokenAt(text: string, offset: number): Token {
  for (const [type, form] of forms) {
    const found = matchAt(form, text, offset);
    if (found !== undefined) return { type, text: found, offset };
  }
  const character = text[offset] ?? '';
  if (`"'\``.includes(character)) throw new ParseFailure(offset, 'unterminated quoted string');
  if (/\d/.test(character)) throw new ParseFailure(offset, `bad number or duration syntax: ${said(text, offset)}`);
  throw new ParseFailure(offset, `unexpected character: ${said(text, offset)}`);
}

function matchAt(form: RegExp, text: string, offset: number): string | undefined {
  form.lastIndex = offset;
  return form.exec(text)?.[0];
}

function said(text: string, offset: number): string {
  return JSON.stringify(text.slice(offset, offset + 20));
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const escapeForm = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))/g;

/** What a quoted text stands for: the escapes of Go, none between backquotes. */
function unquoted({ offset, text }: Token): string {
  const inside = text.slice(1, -1);
  const quote = text.charAt(0);
  if (quote === '`') return inside;
  return inside.replace(escapeForm, (all, x?: string, u?: string, long?: string, octal?: string, single?: string) => {
    const hex = x ?? u ?? long;
    const code = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16);
    const meaning =
      single === undefined ? codePoint(code) : Object.hasOwn(escapes, single) ? escapes[single] : undefined;
    // Of the two quotes only the one around the text can be escaped in it.
    const isOtherQuote = (single === '"' || single === "'") && single !== quote;
    if (meaning === undefined || isOtherQuote) throw new ParseFailure(offset, `unknown escape sequence ${all}`);
    return meaning;
  });
}

function codePoint(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
