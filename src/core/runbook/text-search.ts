import MiniSearch from 'minisearch';
import { queryTermsOf, termsOf } from './search-terms.ts';

/** Something that can be found by words: a typed runbook, or a page of prose. */
export type SearchDocument = {
  readonly name: string;
  readonly title: string;
  /** Alert names and other names of the same thing. */
  readonly aliases: readonly string[];
  readonly body: string;
};

/** `coverage`: the part of the question that the document is about, 0 to 1, rare words weighing most. Ranked by BM25, best first. */
type TextHit = { readonly name: string; readonly coverage: number };

export type TextSearch = (text: string) => readonly TextHit[];

/**
 * Below this much of a question, a document is about something else. Set on the prometheus-operator runbooks: high enough that
 * questions about other subjects find nothing, low enough that a rephrased alert finds its page.
 */
const minCoverage = 0.45;

/** An alert's name says exactly what is meant; most alerts without a page differ from one that has a page in a single word. */
const minCoverageOfName = 0.7;

/** Whether a document is about enough of what was asked to be offered at all. */
export function covers(text: string, coverage: number): boolean {
  const isName = /^\S*[a-z]\S*[A-Z]\S*$/.test(text.trim().slice(0, 200));
  return coverage >= (isName ? minCoverageOfName : minCoverage);
}

/** A word in running text says less about a document's subject than one in its name. */
const bodyWeight = 0.6;

/** An index over documents, to be asked often. Names must be unique. Pure, though it costs some milliseconds for a hundred documents. */
export function createTextSearch(documents: readonly SearchDocument[]): TextSearch {
  const index = new MiniSearch<{ id: number; name: string; title: string; aliases: string; body: string }>({
    fields: ['name', 'title', 'aliases', 'body'],
    tokenize: (text) => termsOf(text),
    processTerm: (term) => term,
    searchOptions: {
      boost: { name: 4, title: 3, aliases: 4 },
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 5 ? 0.2 : false),
      combineWith: 'OR',
      tokenize: (text) => text.split(' '),
    },
  });
  const words = documents.map((document) => ({
    subject: new Set(termsOf([document.name, document.title, ...document.aliases].join(' '))),
    body: new Set(termsOf(document.body)),
  }));
  index.addAll(
    documents.map(({ name, title, aliases, body }, id) => ({ id, name, title, aliases: aliases.join(' '), body })),
  );
  const rarity = (term: string): number => {
    const having = words.filter(({ subject, body }) => subject.has(term) || body.has(term)).length;
    return Math.log(1 + (documents.length - having + 0.5) / (having + 0.5));
  };

  return (text) => {
    const terms = queryTermsOf(text);
    if (terms.length === 0 || documents.length === 0) return [];
    const weights = new Map(terms.map((term) => [term, rarity(term)]));
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    const hits: TextHit[] = [];
    for (const result of index.search(terms.join(' '))) {
      const document = typeof result.id === 'number' ? documents[result.id] : undefined;
      const own = typeof result.id === 'number' ? words[result.id] : undefined;
      if (document === undefined || own === undefined) continue;
      const covered = result.queryTerms.reduce((sum, term) => sum + (weights.get(term) ?? 0) * strength(term, own), 0);
      hits.push({ name: document.name, coverage: Math.min(1, covered / total) });
    }
    return hits;
  };
}

type Words = { readonly subject: ReadonlySet<string>; readonly body: ReadonlySet<string> };

function strength(term: string, { subject, body }: Words): number {
  if (subject.has(term) || startsAny(term, subject)) return 1;
  if (body.has(term)) return bodyWeight;
  // What only fuzzy or prefix search found: a hint, not an understanding.
  return bodyWeight / 2;
}

function startsAny(term: string, words: ReadonlySet<string>): boolean {
  return term.length > 4 && [...words].some((word) => word.startsWith(term));
}
