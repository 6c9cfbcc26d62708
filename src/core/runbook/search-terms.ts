import { concepts, longestFrom } from './search-concepts.ts';
import { spellsProduct } from './search-products.ts';
import { stem } from './search-stem.ts';

/** Words that carry no subject; a match on them must not look like understanding. */
const stopWords = new Set(
  (
    'a about after again ago all already also always am an and another any anybody anyone anything are as at be because been before being but by can cannot could ' +
    'current currently day days did do does doing done don due during each either else even ever every everything few for from get gets getting give given goes ' +
    'going gone got had happen happens happening has have having hello help here hey hi hour hours how however if in instead into is isn it its just keep keeps ' +
    'kept last let like little long look looking looks make makes may maybe me might minute minutes more most much my need needs never no nobody ' +
    'not nothing now of often on once one only onto or other others our out over own per please problem problems quite rather really right same say saying says ' +
    'second seconds see seeing seem seems seen several shall she should show shows since so some somebody someone something still such suddenly take takes tell than ' +
    'that the their them then there these they thing things this those though through to today told too two under until up upon us very want wants was we ' +
    'week weeks well went were what whatever when where whether which while who whole why will with within without would yet you your ' +
    'alert alerts alerting fire firing fired issue issues runbook runbooks able unable constantly repeatedly tonight tomorrow yesterday anymore ' +
    'percent percentage least than one two three four five six seven eight nine ten hundred ' +
    'doesn didn isn aren wasn weren won cant couldn hasn haven ve ll re'
  ).split(' '),
);

const maxTerms = 200;
const maxQueryLength = 8000;

/** A word of a question. `isName`: it stands where names of objects stand (`pod checkout`, `blue-green-shop`), so that its not being known says little. */
export type QueryTerm = { readonly term: string; readonly isName: boolean };

/**
 * The words of a text as search compares them: camel case and punctuation split (`KubeAPIErrorBudgetBurn`, `kube-api`), lower case, spellings of one
 * thing made one (`k8s`, `StatefulSet` and `stateful set`), English endings cut off, stop words left out.
 */
export function termsOf(text: string): string[] {
  return foldConcepts(plainWordsOf(text)).filter(isTelling).map(stem);
}

/** The same with the small words that `termsOf` leaves out. */
export function spelledTermsOf(text: string): string[] {
  return foldConcepts(plainWordsOf(text)).map(stem);
}

/**
 * The distinct words of a question, at most `maxTerms`, without what looks like the name of one object (`7f9c4`, `shop/checkout`, `/dev/sda1`, `node1.example.com`), a URL or a
 * number: no runbook is about one.
 */
export function queryTermsOf(text: string): QueryTerm[] {
  const found = new Map<string, boolean>();
  const subjects: string[] = [];
  let before = '';
  for (const chunk of text.slice(0, maxQueryLength).split(/\s+/)) {
    const bare = chunk.replace(/^[^\p{L}\p{N}/]+|[^\p{L}\p{N}%]+$/gu, '');
    const kind = before;
    before = bare.toLowerCase();
    if (looksLikeIdentifier(bare)) {
      // "the certificate of shop.example.com": here the name is the subject, and nothing else in the sentence says so.
      if (subjectMarks.has(kind) && isHostName(bare)) subjects.push(bare.toLowerCase());
      continue;
    }
    const mayBeName = kindWords.has(kind) || /^[a-z]+(-[a-z]+)+$/.test(bare);
    found.set(bare, (found.get(bare) ?? true) && mayBeName);
  }
  const names = new Set([...found].flatMap(([word, isName]) => (isName ? termsOf(word) : [])));
  const kept = text
    .slice(0, maxQueryLength)
    .split(/\s+/)
    .map((chunk) => chunk.replace(/^[^\p{L}\p{N}/]+|[^\p{L}\p{N}%]+$/gu, ''))
    .filter((bare) => found.has(bare));
  const terms = [...new Set(termsOf(kept.join(' ')))].filter((term) => !/^\d+$/.test(term));
  return [
    ...terms.map((term) => ({ term, isName: names.has(term) })),
    ...subjects.map((term) => ({ term, isName: false })),
  ].slice(0, maxTerms);
}

const subjectMarks = new Set(['of', 'for', 'domain', 'site', 'website', 'url']);

/** What a name follows in the sentences of alerts ("Pod checkout has not…"). */
const kindWords = new Set(
  'pod deployment statefulset daemonset replicaset job cronjob namespace container pvc persistentvolumeclaim instance device'.split(
    ' ',
  ),
);

function looksLikeIdentifier(word: string): boolean {
  if (/^k8s/i.test(word)) return false;
  if (/:\/\/|[={}$@]/.test(word)) return true;
  if (/\d/.test(word)) return true;
  if (/^\//.test(word) || /[\p{L}]\/[\p{L}]/u.test(word)) return true;
  return isHostName(word);
}

function isHostName(word: string): boolean {
  return /^[\p{L}\d-]+(\.[\p{L}\d-]+){1,10}\.[\p{L}]{2,}$/u.test(word);
}

function plainWordsOf(text: string): string[] {
  return text
    .normalize('NFKC')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .replace(/(\p{L})['’](\p{L})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && word.length <= 60);
}

/** Replaces each run of words that is another spelling of one concept or product; the longest spelling wins. */
function foldConcepts(words: readonly string[]): string[] {
  const folded: string[] = [];
  for (let at = 0; at < words.length; ) {
    const first = words[at] ?? '';
    let taken = 0;
    const longest = Math.min(Math.max(2, longestFrom.get(first) ?? 0), words.length - at);
    for (let length = longest; length > 0 && taken === 0; length -= 1) {
      const run = length === 1 ? [first] : words.slice(at, at + length);
      const concept = concepts.get(run.join(' ')) ?? (spellsProduct(run) ? [run.join('')] : undefined);
      if (concept === undefined) continue;
      folded.push(...concept);
      taken = length;
    }
    if (taken === 0) folded.push(first);
    at += Math.max(1, taken);
  }
  return folded;
}

function isTelling(word: string): boolean {
  return word.length > 1 && !stopWords.has(word);
}
