import { editDistance } from './did-you-mean.ts';
import { kin } from './search-kin.ts';
import { isProduct } from './search-products.ts';
import { type QueryTerm, queryTermsOf, spelledTermsOf, termsOf } from './search-terms.ts';

/** Something that can be found by words: a typed runbook, or a page of prose. `lead` is what says its meaning first. */
export type SearchDocument = {
  readonly title: string;
  /** Its name, alert names and other names of the same thing. */
  readonly names: readonly string[];
  readonly headings: readonly string[];
  readonly lead: string;
  readonly body: string;
};

/** Words that ask, and how much they say: the summary of an alert more than its description. */
export type Asked = { readonly text: string; readonly weight: number };

/** A word of the question as the index understands it: its weight, and what stands for it with which strength. */
export type WeighedTerm = { readonly weight: number; readonly variants: ReadonlyMap<string, number> };

/** `index` counts the documents as they were given. `score`, 0 to 1, ranks them and is compared with a threshold. `isDirect`: a word of the question itself is in it, and not only its kin. */
export type TextHit = { readonly index: number; readonly score: number; readonly isDirect: boolean };

export type TextSearch = {
  readonly weigh: (asked: readonly Asked[]) => readonly WeighedTerm[];
  readonly search: (asked: readonly Asked[], terms: readonly WeighedTerm[]) => readonly TextHit[];
};

/**
 * Chosen on half of a set of alerts and questions, checked on the other half. The score is the sum of four shares, each 0 to 1, times its part: of the question answered anywhere in the
 * document (`coverage`, BM25) and in its name (`inName`); of the name said (`named`); of its small words said too (`verbatim`), which tell `…ToAnyAlertmanager` from `…ToSomeAlertmanagers`.
 */
const tuning = {
  k1: 1.6,
  b: 0.4,
  fields: { subject: 8, lead: 2.2, heading: 1.2, body: 0.5 },
  parts: { coverage: 0.62, inName: 0.12, named: 0.15, verbatim: 0.11 },
  /** How much of a word's rarity is that among names, where it is in any. */
  nameShare: 0.25,
  /** What is left of a score when the question begins with another component: "Prometheus has failed to reload" is not about the Alertmanager. */
  otherComponent: 0.8,
  /** What a word that no document has weighs, as a share of the rarest word's weight: most are names and small talk, but some are the subject. */
  unknown: 0.85,
  unknownName: 0.15,
  /** A product (or a site: only host names have dots) that no document names says that the question is about something else. */
  foreign: 3,
} as const;

/** From here on a kin word stands for the same thing and not only near it. */
const sameThing = 0.8;

type Field = keyof typeof tuning.fields;
type Words = {
  readonly subject: ReadonlyMap<string, number>;
  readonly spelledNames: readonly (readonly string[])[];
  readonly weights: ReadonlyMap<string, number>;
  readonly names: readonly ReadonlySet<string>[];
};

/** An index over documents, to be built once and asked often: building costs about 0.3 ms a page. Pure. */
export function createTextSearch(documents: readonly SearchDocument[]): TextSearch {
  const fields = documents.map(fieldsOf);
  const lengths = averageLengths(fields);
  const words = fields.map((field, index) => wordsOf(field, lengths, documents[index]));
  const frequency = new Map<string, number>();
  for (const { weights } of words)
    for (const term of weights.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  const naming = new Map<string, number>();
  for (const { subject } of words) for (const term of subject.keys()) naming.set(term, (naming.get(term) ?? 0) + 1);
  const rarity = (term: string): number => {
    const anywhere = frequency.get(term) ?? 0;
    // A word of names is as telling as names make it: every page mentions Prometheus, not every one is about it.
    const having = anywhere ** (1 - tuning.nameShare) * (naming.get(term) ?? anywhere) ** tuning.nameShare;
    return Math.log(1 + (documents.length - having + 0.5) / (having + 0.5));
  };
  const subjects = [...new Set(words.flatMap(({ subject }) => [...subject.keys()]))];

  const weigh = (asked: readonly Asked[]): readonly WeighedTerm[] => {
    const strongest = new Map<string, { readonly query: QueryTerm; readonly weight: number }>();
    for (const { text, weight } of asked)
      for (const query of queryTermsOf(text)) {
        const known = strongest.get(query.term);
        if (known === undefined || known.weight < weight) strongest.set(query.term, { query, weight });
      }
    return [...strongest.values()].map(({ query: { term, isName }, weight }) => {
      const variants = variantsOf(term, frequency, subjects);
      if (variants.size > 0) {
        // What is known only by its kin weighs as what it stands for.
        // A word is as common as what it nearly means: "host" is rare where everybody writes "node", and says no more.
        const same = [...variants].filter(([, strength]) => strength >= sameThing).map(([other]) => rarity(other));
        const rare = same.length > 0 ? Math.min(...same) : Math.max(...[...variants.keys()].map(rarity));
        return { weight: weight * rare, variants };
      }
      const share =
        isProduct(term) || term.includes('.') ? tuning.foreign : isName ? tuning.unknownName : tuning.unknown;
      return { weight: weight * rarity(term) * share, variants };
    });
  };

  const components = componentsOf(documents);
  const search = (asked: readonly Asked[], terms: readonly WeighedTerm[]): readonly TextHit[] => {
    const said = new Set(asked.flatMap(({ text }) => spelledTermsOf(text.slice(0, 8000))));
    const total = terms.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return [];
    const heard = new Map<string, number>();
    for (const { variants } of terms)
      for (const [term, strength] of variants) heard.set(term, Math.max(strength, heard.get(term) ?? 0));
    const about = asked
      .map(({ text }) => termsOf(text.slice(0, 200))[0])
      .find((term) => term !== undefined && components.has(term));
    const hits: TextHit[] = [];
    for (const [index, own] of words.entries()) {
      const covered = shareOf(terms, own.weights);
      if (covered === 0) continue;
      const shares = {
        coverage: covered / total,
        inName: shareOf(terms, own.subject) / total,
        named: Math.max(0, ...own.names.map((names) => heardOf(names, heard, rarity))),
        verbatim: Math.max(0, ...own.spelledNames.map((names) => shareSaid(names, said))),
      };
      const isDirect = terms.some(({ variants }) =>
        [...variants].some(([term, strength]) => strength >= sameThing && own.weights.has(term)),
      );
      const isOfAnother = about !== undefined && !own.subject.has(about);
      hits.push({ index, score: scoreOf(shares) * (isOfAnother ? tuning.otherComponent : 1), isDirect });
    }
    return hits.sort((a, b) => b.score - a.score || a.index - b.index);
  };
  return { weigh, search };
}

function scoreOf(shares: Readonly<Record<keyof typeof tuning.parts, number>>): number {
  const { coverage, inName, named, verbatim } = tuning.parts;
  return shares.coverage * coverage + shares.inName * inName + shares.named * named + shares.verbatim * verbatim;
}

/** Of what is asked in `terms`, how much stands in a text of its own, such as a section; rare words count most. */
export function shareOf(terms: readonly WeighedTerm[], text: ReadonlyMap<string, number>): number {
  return terms.reduce((sum, { weight, variants }) => sum + weight * strongestIn(text, variants), 0);
}

/** The words of a text with their saturated counts, for `shareOf`. */
export function countsIn(text: string, b = 0.5): ReadonlyMap<string, number> {
  const terms = termsOf(text);
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const norm = 1 - b + (b * terms.length) / 60;
  return new Map([...counts].map(([term, count]) => [term, saturated(count / norm)]));
}

function strongestIn(weights: ReadonlyMap<string, number>, variants: ReadonlyMap<string, number>): number {
  let best = 0;
  for (const [term, strength] of variants) best = Math.max(best, strength * (weights.get(term) ?? 0));
  return best;
}

function heardOf(
  names: ReadonlySet<string>,
  heard: ReadonlyMap<string, number>,
  rarity: (term: string) => number,
): number {
  let all = 0;
  let said = 0;
  for (const term of names) {
    const weight = rarity(term);
    all += weight;
    said += weight * (heard.get(term) ?? 0);
  }
  return all === 0 ? 0 : said / all;
}

/** What several names begin with (`Prometheus…`, `Alertmanager…`): that is how alerts are named after components. */
function componentsOf(documents: readonly SearchDocument[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { names } of documents) {
    const [first] = termsOf(names[0] ?? '');
    if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count > 1).map(([term]) => term));
}

function shareSaid(words: readonly string[], said: ReadonlySet<string>): number {
  return words.filter((word) => said.has(word)).length / Math.max(1, words.length);
}

/** What stands for a word of the question in these documents: itself, its kin, or else the nearest word of a name when it is misspelt. */
function variantsOf(
  term: string,
  frequency: ReadonlyMap<string, number>,
  subjects: readonly string[],
): ReadonlyMap<string, number> {
  const variants = new Map<string, number>();
  if (frequency.has(term)) variants.set(term, 1);
  for (const [other, strength] of kin.get(term) ?? []) if (frequency.has(other)) variants.set(other, strength);
  if (variants.size > 0 || term.length < 5 || isProduct(term)) return variants;
  const within = term.length >= 8 ? 2 : 1;
  for (const subject of subjects) {
    if (subject[0] !== term[0] || Math.abs(subject.length - term.length) > within) continue;
    if (editDistance(term, subject) <= within) variants.set(subject, 0.8);
  }
  return variants;
}

type Fields = Readonly<Record<Field, readonly string[]>>;

function fieldsOf({ title, names, headings, lead, body }: SearchDocument): Fields {
  return {
    subject: [...new Set(termsOf([title, ...names].join(' | ')))],
    lead: termsOf(lead),
    heading: termsOf(headings.join(' | ')),
    body: termsOf(body),
  };
}

function averageLengths(all: readonly Fields[]): Readonly<Record<Field, number>> {
  const average = (field: Field) =>
    Math.max(1, all.reduce((sum, one) => sum + one[field].length, 0) / Math.max(1, all.length));
  return { subject: average('subject'), lead: average('lead'), heading: average('heading'), body: average('body') };
}

/** BM25F: the counts of a word in all fields are added with their weights before they are saturated. */
function wordsOf(
  fields: Fields,
  lengths: Readonly<Record<Field, number>>,
  document: SearchDocument | undefined,
): Words {
  const counts = new Map<string, number>();
  const add = (field: Field, b: number) => {
    const norm = 1 - b + (b * fields[field].length) / lengths[field];
    const weight = tuning.fields[field] / norm;
    for (const term of fields[field]) counts.set(term, (counts.get(term) ?? 0) + weight);
  };
  // A long name is no worse than a short one: how much of it was said is measured on its own.
  add('subject', 0);
  add('lead', tuning.b);
  add('heading', tuning.b);
  add('body', tuning.b);
  return {
    subject: new Map(fields.subject.map((term) => [term, 1])),
    spelledNames: (document?.names ?? []).map(spelledTermsOf),
    weights: new Map([...counts].map(([term, count]) => [term, saturated(count)])),
    names: (document?.names ?? []).map((name) => new Set(termsOf(name))).filter(({ size }) => size > 0),
  };
}

function saturated(count: number): number {
  return count / (tuning.k1 + count);
}
