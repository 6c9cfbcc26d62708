import { kindWords, ordinaryCompounds, ordinaryWords } from './ordinary-words.ts';

/** What may be cited, and every text in which a name can occur that the model may repeat. */
export type Facts = { readonly ids: ReadonlySet<string>; readonly texts: readonly string[] };

/** A claim that was left out, and why: counted and told, never shown as said. */
export type Dropped = {
  readonly what: 'sentence' | 'hypothesis' | 'runbook' | 'input' | 'citation';
  readonly why: string;
};

const maxSentence = 400;

// What belongs to nobody's reading of evidence: addresses and mentions that a click or a bell hangs on, commands, and a word to press on whoever decides.
const forbidden: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/[a-z][a-z0-9+.-]*:\/\/|\bwww\.|\bmailto:|\]\(/i, 'it holds a link'],
  [/(?:^|[\s(])@\w|<\s*[@#!a-z/]|(?:^|\s)[#!](?:channel|here|everyone)\b/i, 'it mentions somebody or holds markup'],
  [/\b(?:kubectl|helm|curl|wget|ssh|sudo|bash|terraform|argocd|flux)\b|\brm -|\/sre\b/i, 'it tells a command'],
  [/\b(?:approv\w*|click\w*|ignore (?:all|any|the|previous)\w*|instruction\w*)\b/i, 'it urges somebody to act'],
  [
    /\b(?:confiden\w*|certain(?:ly|ty)?|definite(?:ly)?|guarantee\w*|undoubtedly|surely)\b|\b100 ?%/i,
    'it claims how sure it is',
  ],
];

/** The vocabulary of facts, prepared once for many sentences. */
export type Grounds = { readonly ids: ReadonlySet<string>; readonly holds: (name: string) => boolean };

export function groundsOf({ ids, texts }: Facts): Grounds {
  const all = ` ${texts.join(' \n ').toLowerCase()} `;
  const words = new Set(texts.flatMap((text) => tokensOf(text).map((token) => token.toLowerCase())));
  return {
    ids,
    holds(name) {
      const wanted = name.toLowerCase();
      return words.has(wanted) || occursIn(all, wanted);
    },
  };
}

/** Why a sentence may not be shown, or nothing when every name and number in it is among the facts. It does not look at citations. */
export function ungroundedIn(sentence: string, grounds: Grounds): string | undefined {
  if (sentence.length > maxSentence) return 'it is longer than a sentence should be';
  const bad = forbidden.find(([pattern]) => pattern.test(sentence));
  if (bad !== undefined) return bad[1];
  // The name itself is not told: whoever made the model say it would have it shown after all.
  const isMadeUp = namesIn(sentence, grounds.ids).some((name) => !grounds.holds(name));
  return isMadeUp ? 'it names something that is in no evidence' : undefined;
}

/** Sentences of a text. A point ends one only where a new one begins: `checkout:v2.1` and `e.g. this` go on. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/\n+|(?<=[.!?][)\]"']?)\s+(?=["'([]?[\p{Lu}\p{N}])/u)
    .map((sentence) => sentence.replace(/\s+/g, ' ').trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}

/** Takes out the signs of bold, code and strike-through, and list marks: they add nothing, and Slack would read them. */
export function withoutMarkup(text: string): string {
  return text
    .replace(/^[\t ]*(?:[-*•]|#{1,6}|\d+[.)])[\t ]+/gm, '')
    .replace(/[*`~]/g, '')
    .replace(/(^|\s)_([^_\n]+)_(?=\s|[.,;:!?]|$)/g, '$1$2');
}

/** Everything in a sentence that names something: identifiers, numbers of two digits and more, quoted words, and plain words beside a kind of object. */
function namesIn(sentence: string, ids: ReadonlySet<string>): string[] {
  const tokens = tokensOf(sentence);
  const quoted = [...sentence.matchAll(/["'“‘]([^"'“”‘’\s]{2,})["'”’]/gu)].map(([, inner = '']) => bare(inner));
  const beside = tokens.flatMap((token, index) => {
    if (!kindWords.has(token.toLowerCase())) return [];
    return [tokens[index - 1], tokens[index + 1]].filter(
      (word) => word !== undefined && /^\p{L}+$/u.test(word) && !isOrdinary(word),
    );
  });
  const names = [...tokens.filter(isIdentifier), ...quoted, ...beside];
  return names.flatMap((name) => (name === undefined || name === '' || ids.has(name) ? [] : [name]));
}

function isOrdinary(word: string): boolean {
  const plain = word.toLowerCase();
  return ordinaryWords.has(plain) || kindWords.has(plain);
}

function isIdentifier(token: string): boolean {
  const plain = token.toLowerCase();
  if (ordinaryCompounds.has(plain) || kindWords.has(plain)) return false;
  if (/^\d$/.test(token)) return false;
  return /\d|[/_=:.@-]/.test(token) || /\p{Ll}\p{Lu}/u.test(token);
}

function tokensOf(text: string): string[] {
  return text
    .split(/[\s()[\]{}<>"“”‘’`,;|→…·]+/u)
    .map(bare)
    .filter((token) => token !== '');
}

/** Without what stands around a word in a sentence. */
function bare(token: string): string {
  return token.replace(/^[^\p{L}\p{N}]+/u, '').replace(/(?:['’]s)?[^\p{L}\p{N}%]*$/u, '');
}

// A name counts only whole: `checkout-7d9c` is not in `checkout-7d9c5b6f4-x2x8k`, nor `hop/check` in `shop/checkout`.
function occursIn(text: string, name: string): boolean {
  const partOfName = /[\p{L}\p{N}_-]/u;
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + name.length] ?? ' ';
    if (!partOfName.test(before) && !partOfName.test(after)) return true;
  }
  return false;
}
