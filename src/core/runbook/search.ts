import type { RunbookMatch } from '../diagnosis/investigation.ts';
import { createFindRunbooks, type Findable, type FindRunbooks, type Found, type PageQuery } from './find-pages.ts';
import type { LinkedPage } from './markdown-page.ts';
import type { Runbook } from './runbook.ts';
import { plainAddress, plainName } from './runbook-names.ts';

/** What an incident says about itself. `findingCodes` is left out while nothing has been investigated; empty means that nothing was found. */
export type RunbookQuery = {
  readonly alertname?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly runbookUrl?: string;
  readonly findingCodes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
};

/**
 * Candidates, best first, and the one that may be taken without asking: only a name, a URL or a finding code chooses, never words. `why` is a
 * sentence for people in each case.
 */
export type RunbookChoice = {
  readonly candidates: readonly RunbookMatch[];
  readonly chosen: string | null;
  readonly why: string;
};

export const noRunbookFits = 'No runbook fits.';

const maxCandidates = 5;
const maxPages = 3;
const scores = { agreed: 1, named: 0.9, found: 0.8, contradicted: 0.6 } as const;

/** Answers for one loaded set of runbooks. */
export type MatchRunbooks = (query: RunbookQuery) => RunbookChoice;

/**
 * Builds the index over a loaded set once; the function it gives finds runbooks for an incident: first by the alert's exact name or runbook URL, then by
 * what was found, then by words (BM25).
 *
 * A runbook that the alert names and that is written for other findings than those found comes after one that fits the findings: the alert's name is
 * what somebody expected, the finding is what is. A runbook whose `match.labels` the incident does not have is no candidate.
 */
export function createMatchRunbooks(runbooks: readonly Runbook[], pages: readonly LinkedPage[] = []): MatchRunbooks {
  const match = matchTyped(runbooks);
  if (pages.length === 0) return match;
  const find = createFindRunbooks(pages);
  const links = new Map(pages.map(({ file, link }) => [file, link]));
  return (query) => {
    const choice = match(query);
    const found = find(wordsOf(query))
      .slice(0, maxPages)
      .map((page) => offered(page, links.get(page.file) ?? page.file));
    const why =
      choice.why === noRunbookFits && found.length > 0
        ? 'No runbook that can be run is for this alert or finding. Pages about it are offered for reading.'
        : choice.why;
    return { ...choice, candidates: [...choice.candidates, ...found], why };
  };
}

/** A page among the candidates. It is never chosen: prose explains, and runs nothing. */
function offered({ name, title, score, why, section }: Found, link: string): RunbookMatch {
  const anchor = section === undefined || section.anchor === '' || !/^https?:/.test(link) ? '' : `#${section.anchor}`;
  return {
    name,
    score,
    why,
    ...(title === name ? {} : { title }),
    page: { section: [...(section?.path ?? [])], excerpt: section?.excerpt ?? '', link: `${link}${anchor}` },
  };
}

/** What was loaded at one time. */
export type LoadedRunbooks = { readonly runbooks: readonly Runbook[]; readonly pages?: readonly LinkedPage[] };

/** Keeps the index of the set that it was asked about last: a source gives the same object until it loads again. */
export function createMatchLoaded(): (loaded: LoadedRunbooks, query: RunbookQuery) => RunbookChoice {
  let last: { readonly loaded: LoadedRunbooks; readonly match: MatchRunbooks } | undefined;
  return (loaded, query) => {
    if (last?.loaded !== loaded) last = { loaded, match: createMatchRunbooks(loaded.runbooks, loaded.pages) };
    return last.match(query);
  };
}

function matchTyped(runbooks: readonly Runbook[]): MatchRunbooks {
  const find = createFindRunbooks(runbooks.map(findableOf));
  return (query) => {
    const able = runbooks.filter((runbook) => hasLabels(runbook, query.labels));
    const exact = able
      .flatMap((runbook) => exactMatch(runbook, query) ?? [])
      .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
    const [best, second] = exact;
    if (best === undefined) return byWords(new Set(able.map(({ file }) => file)), find, query);
    const candidates = exact.slice(0, maxCandidates);
    if (second !== undefined && second.score === best.score) {
      const names = exact.filter(({ score }) => score === best.score).map(({ name }) => name);
      return {
        candidates,
        chosen: null,
        why: `${names.length} runbooks fit equally well (${names.join(', ')}): a person must choose.`,
      };
    }
    return { candidates, chosen: best.name, why: `${best.name}: ${best.why}.` };
  };
}

function exactMatch(runbook: Runbook, query: RunbookQuery): RunbookMatch | undefined {
  const named = namedBy(runbook, query);
  const code = query.findingCodes?.find((found) => runbook.match.findings.includes(found));
  if (named === undefined) {
    return code === undefined
      ? undefined
      : { name: runbook.name, score: scores.found, why: `it is for the finding ${code}` };
  }
  if (code !== undefined)
    return { name: runbook.name, score: scores.agreed, why: `${named}, and it is for the finding ${code}` };
  const isContradicted = query.findingCodes !== undefined && runbook.match.findings.length > 0;
  if (!isContradicted) return { name: runbook.name, score: scores.named, why: named };
  const found =
    query.findingCodes?.length === 0
      ? 'nothing of the kind was found'
      : `what was found is ${query.findingCodes?.join(', ')}`;
  return { name: runbook.name, score: scores.contradicted, why: `${named}, but ${found}` };
}

function namedBy(runbook: Runbook, { alertname, runbookUrl }: RunbookQuery): string | undefined {
  const { alerts, runbookUrls } = runbook.match;
  if (alertname !== undefined && alerts.some((alert) => alert.toLowerCase() === alertname.toLowerCase())) {
    return `it is for the alert ${alertname}`;
  }
  const url = runbookUrl === undefined ? '' : plainAddress(runbookUrl);
  if (url !== '' && runbookUrls.some((own) => plainAddress(own) === url)) return "it has the alert's runbook URL";
  // The shortest form of a runbook has only a name: `kube-api-latency` is for an alert called KubeAPILatency.
  if (alertname !== undefined && plainName(alertname) === plainName(runbook.name))
    return `it has the name of the alert ${alertname}`;
  return undefined;
}

function hasLabels({ match }: Runbook, labels: RunbookQuery['labels']): boolean {
  return Object.entries(match.labels).every(([name, values]) => {
    const value = labels !== undefined && Object.hasOwn(labels, name) ? labels[name] : undefined;
    return value !== undefined && values.includes(value);
  });
}

function byWords(able: ReadonlySet<string>, find: FindRunbooks, query: RunbookQuery): RunbookChoice {
  // URLs name typed runbooks by their own list; here only words are left.
  const { runbookUrl: _, ...words } = wordsOf(query);
  const candidates = find(words)
    .filter(({ file }) => able.has(file))
    .slice(0, maxCandidates)
    .map(({ name, title, score }) => ({
      name,
      ...(title === name ? {} : { title }),
      // Words never outrank what names, URLs or findings gave.
      score: Math.round(Math.min(1, score) * 50) / 100,
      why: 'its words are like those of the alert',
    }));
  if (candidates.length === 0) return { candidates, chosen: null, why: noRunbookFits };
  return {
    candidates,
    chosen: null,
    why: 'No runbook is for this alert or finding. Some have similar words; they are offered, and a person must choose.',
  };
}

function wordsOf({ alertname, summary, description, runbookUrl }: RunbookQuery): PageQuery {
  return {
    ...(alertname === undefined ? {} : { alertname }),
    ...(summary === undefined ? {} : { summary }),
    ...(description === undefined ? {} : { description }),
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
  };
}

/** A typed runbook as search sees it. */
export function findableOf(runbook: Runbook): Findable {
  return {
    name: runbook.name,
    title: runbook.title,
    aliases: [...runbook.match.alerts, ...runbook.match.findings],
    file: runbook.file,
    sections: [{ path: [], anchor: '', text: runbook.prose }],
  };
}
