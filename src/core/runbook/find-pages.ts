import { excerptOf, type PageSection } from './markdown-sections.ts';
import { looksLikeUrl, namesInUrl, plainName } from './runbook-names.ts';
import { termsOf } from './search-terms.ts';
import { accepts, areOpposed, areSameName, type Strictness } from './search-threshold.ts';
import {
  type Asked,
  countsIn,
  createTextSearch,
  type SearchDocument,
  shareOf,
  type WeighedTerm,
} from './text-search.ts';

/** Something to be found: a typed runbook or a page, with where it comes from, so that two of one name in different folders stay apart. */
export type Findable = {
  readonly name: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly file: string;
  readonly sections: readonly PageSection[];
};

/** What an alert says of itself. A person's question is a `summary`. */
export type PageQuery = {
  readonly alertname?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly runbookUrl?: string;
};

export type FoundSection = { readonly path: readonly string[]; readonly anchor: string; readonly excerpt: string };

/** `by`: a name or URL says exactly which one is meant; words are a guess that passed the threshold. `section` is the part that says most about the question. */
export type Found = {
  readonly name: string;
  readonly title: string;
  readonly file: string;
  readonly score: number;
  readonly by: 'name' | 'url' | 'words';
  readonly why: string;
  readonly section?: FoundSection;
};

/** Best first. Empty means that none fits, and is a normal answer: a link or a question does not prove that a runbook exists. */
export type FindRunbooks = (query: PageQuery) => readonly Found[];

const maxFound = 5;
/** A found one that is this far behind the best is no alternative to it. */
const minShareOfBest = 0.6;
/** How much the parts of an alert say about its subject; descriptions are long, and full of values. */
const weights = { alertname: 1, summary: 1, description: 0.6 } as const;

/**
 * Builds the index over a loaded set once; the function it gives answers each question from it.
 *
 * An exact name (`alertname`, or a text that is one) comes first, then the name in the runbook URL, both without regard to case; then words (BM25), where a
 * document must fit well enough to be offered at all.
 */
export function createFindRunbooks(documents: readonly Findable[]): FindRunbooks {
  const byName = new Map<string, Findable[]>();
  for (const document of documents)
    for (const name of new Set([document.name, ...document.aliases].map(plainName)))
      if (name !== '') byName.set(name, [...(byName.get(name) ?? []), document]);
  const text = createTextSearch(documents.map(searchDocumentOf));
  const counts = documents.map(({ sections }) =>
    sections.map((section) => countsIn(`${section.path.join(' | ')}\n${section.text}`)),
  );
  const places = new Map(documents.map((document, index) => [document, index]));

  const found = (
    document: Findable,
    terms: readonly WeighedTerm[],
    rest: Pick<Found, 'score' | 'by' | 'why'>,
  ): Found => {
    const section = bestSection(document, counts[places.get(document) ?? -1] ?? [], terms);
    const { name, title, file } = document;
    return { name, title, file, ...rest, ...(section === undefined ? {} : { section }) };
  };

  return (query) => {
    const asked = askedBy(query);
    const terms = text.weigh(asked);
    const named = exactlyNamed(query, byName);
    if (named !== undefined)
      return named.documents
        .slice(0, maxFound)
        .map((document) => found(document, terms, { score: 1, by: named.by, why: named.why }));
    const hits = text.search(asked, terms);
    const best = hits[0]?.score ?? 0;
    return hits
      .filter((hit) => hit.score >= best * minShareOfBest && accepts(hit, strictness(query, documents[hit.index])))
      .slice(0, maxFound)
      .flatMap((hit) => {
        const document = documents[hit.index];
        const why = 'its words are like those of the question';
        return document === undefined
          ? []
          : [found(document, terms, { score: Math.round(hit.score * 90) / 100, by: 'words', why })];
      });
  };
}

/** An alert that has a name or a link, and no page of that name: most often nobody wrote one, so that words must say more. */
function strictness(query: PageQuery, document: Findable | undefined): Strictness {
  const name = query.alertname ?? (isOneName(query.summary) ? query.summary : undefined);
  if (name !== undefined && name.trim() !== '') {
    const names = document === undefined ? [] : [document.name, ...document.aliases];
    if (names.some((own) => areSameName(own, name))) return 'free';
    return names.every((own) => areOpposed(own, name)) ? 'opposed' : 'named';
  }
  return query.runbookUrl === undefined || query.runbookUrl.trim() === '' ? 'free' : 'linked';
}

function isOneName(text: string | undefined): boolean {
  return text !== undefined && /^\S*[a-z]\S*[A-Z]\S*$/.test(text.trim().slice(0, 200)) && !looksLikeUrl(text);
}

function askedBy({ alertname, summary, description }: PageQuery): Asked[] {
  return [
    { text: alertname ?? '', weight: weights.alertname },
    { text: summary ?? '', weight: weights.summary },
    { text: description ?? '', weight: weights.description },
  ].filter(({ text }) => text.trim() !== '');
}

type Named = { readonly documents: readonly Findable[]; readonly by: 'name' | 'url'; readonly why: string };

function exactlyNamed(query: PageQuery, byName: ReadonlyMap<string, readonly Findable[]>): Named | undefined {
  const { alertname, summary, description, runbookUrl } = query;
  const called = (name: string, text: string): Named | undefined => {
    const documents = byName.get(name);
    return documents === undefined
      ? undefined
      : { documents, by: 'name', why: `it is for the alert ${text.trim().slice(0, 100)}` };
  };
  const linked = (url: string): Named | undefined => {
    for (const name of namesInUrl(url)) {
      const documents = byName.get(name);
      if (documents !== undefined) return { documents, by: 'url', why: 'it has the name that the runbook URL gives' };
    }
    return undefined;
  };
  return (
    (alertname === undefined ? undefined : called(plainName(alertname), alertname)) ??
    (runbookUrl === undefined ? undefined : linked(runbookUrl)) ??
    (summary === undefined ? undefined : called(plainName(summary), summary)) ??
    (summary !== undefined && looksLikeUrl(summary) ? linked(summary) : undefined) ??
    (alertname === undefined || alertname.trim() === '' ? namedInside([summary, description], called) : undefined)
  );
}

/** An alert's name inside of a sentence. One of a single word (`Watchdog`) is a word as any other there. */
function namedInside(
  texts: readonly (string | undefined)[],
  called: (name: string, text: string) => Named | undefined,
): Named | undefined {
  for (const text of texts)
    for (const word of (text ?? '').slice(0, 8000).split(/[^\p{L}\p{N}_-]+/u)) {
      if (word.length < 8 || termsOf(word).length < 2 || !/\p{Ll}\p{Lu}/u.test(word)) continue;
      const found = called(plainName(word), word);
      if (found !== undefined) return found;
    }
  return undefined;
}

function searchDocumentOf({ name, title, aliases, sections }: Findable): SearchDocument {
  const [first, ...rest] = sections;
  return {
    title,
    names: [name, ...aliases],
    headings: sections.flatMap(({ path }) => path.slice(-1)),
    lead: first?.text ?? '',
    body: rest.map(({ text }) => text).join('\n\n'),
  };
}

/** The section with most of the question's words, else the first one. */
function bestSection(
  { sections }: Findable,
  counts: readonly ReadonlyMap<string, number>[],
  terms: readonly WeighedTerm[],
): FoundSection | undefined {
  let best = 0;
  let bestStrength = -1;
  for (const [index, own] of counts.entries()) {
    const strength = shareOf(terms, own);
    if (strength <= bestStrength) continue;
    best = index;
    bestStrength = strength;
  }
  const section = sections[best];
  return section === undefined
    ? undefined
    : { path: section.path, anchor: section.anchor, excerpt: excerptOf(section.text) };
}
