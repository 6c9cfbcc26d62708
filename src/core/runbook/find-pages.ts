import { covers, createTextSearch, type SearchDocument } from './text-search.ts';

/** A document with where it comes from, so that two of one name in different folders stay apart. */
export type Findable = SearchDocument & { readonly file: string };
export type Found = {
  readonly name: string;
  readonly title: string;
  readonly file: string;
  readonly score: number;
  readonly why: string;
};

const maxFound = 5;

/**
 * What a person's words find among runbooks and pages: those called exactly so (letters and digits compared), else those whose words cover enough of the
 * question, best first. Empty means that none fits, and is a normal answer: a link or a question does not prove that a runbook exists.
 */
export function findRunbooks(documents: readonly Findable[], text: string): readonly Found[] {
  const wanted = plain(
    text
      .split('/')
      .filter((part) => part !== '')
      .at(-1) ?? text,
  );
  const named = documents.filter(
    ({ name, aliases }) => wanted !== '' && [name, ...aliases].some((own) => plain(own) === wanted),
  );
  if (named.length > 0) {
    return named
      .slice(0, maxFound)
      .map((document) => found(document, 1, `it is called ${document.name} or for an alert of that name`));
  }
  const search = createTextSearch(documents.map((document) => ({ ...document, name: document.file })));
  const hits = search(text).filter(({ coverage }) => covers(text, coverage));
  return hits.slice(0, maxFound).flatMap((hit) => {
    const document = documents.find(({ file }) => file === hit.name);
    return document === undefined
      ? []
      : [found(document, Math.round(hit.coverage * 50) / 100, 'its words are like those of the question')];
  });
}

function found({ name, title, file }: Findable, score: number, why: string): Found {
  return { name, title, file, score, why };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
