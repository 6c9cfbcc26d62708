import type { RunbookMatch } from '../diagnosis/investigation.ts';
import type { Runbook } from './runbook.ts';
import { covers, createTextSearch, type SearchDocument } from './text-search.ts';

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
const scores = { agreed: 1, named: 0.9, found: 0.8, contradicted: 0.6 } as const;

/**
 * Finds runbooks for an incident: first by the alert's exact name or runbook URL, then by what was found, then by words (BM25).
 *
 * A runbook that the alert names and that is written for other findings than those found comes after one that fits the findings: the alert's name is
 * what somebody expected, the finding is what is. A runbook whose `match.labels` the incident does not have is no candidate.
 */
export function matchRunbooks(runbooks: readonly Runbook[], query: RunbookQuery): RunbookChoice {
  const able = runbooks.filter((runbook) => hasLabels(runbook, query.labels));
  const exact = able
    .flatMap((runbook) => exactMatch(runbook, query) ?? [])
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
  const [best, second] = exact;
  if (best === undefined) return byWords(able, query);
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
  const url = runbookUrl === undefined ? undefined : plainUrl(runbookUrl);
  if (url !== undefined && url !== '' && runbookUrls.some((own) => plainUrl(own) === url))
    return "it has the alert's runbook URL";
  // The shortest form of a runbook has only a name: `kube-api-latency` is for an alert called KubeAPILatency.
  if (alertname !== undefined && plainName(alertname) === plainName(runbook.name))
    return `it has the name of the alert ${alertname}`;
  return undefined;
}

/** kube-prometheus writes URLs in lower case, pages have CamelCase; scheme, `www.` and a trailing slash differ by habit. */
function plainUrl(url: string): string {
  return url
    .slice(0, 2000)
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[#?].*$/, '')
    .replace(/\.(md|html)$/, '')
    .replace(/\/+$/, '');
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function hasLabels({ match }: Runbook, labels: RunbookQuery['labels']): boolean {
  return Object.entries(match.labels).every(([name, values]) => {
    const value = labels !== undefined && Object.hasOwn(labels, name) ? labels[name] : undefined;
    return value !== undefined && values.includes(value);
  });
}

function byWords(runbooks: readonly Runbook[], query: RunbookQuery): RunbookChoice {
  const search = createTextSearch(runbooks.map(documentOf));
  const found = new Map<string, number>();
  // Each text is asked for itself: in one long question the words of the alert's name would drown in its description.
  for (const text of [query.alertname, query.summary, query.description]) {
    for (const { name, coverage } of text === undefined ? [] : search(text)) {
      if (text === undefined || !covers(text, coverage)) continue;
      found.set(name, Math.max(coverage, found.get(name) ?? 0));
    }
  }
  const candidates = [...found]
    .sort(([a, coverageA], [b, coverageB]) => coverageB - coverageA || (a < b ? -1 : 1))
    .slice(0, maxCandidates)
    .map(([name, coverage]) => ({
      name,
      score: Math.round(coverage * 50) / 100,
      why: 'its words are like those of the alert',
    }));
  if (candidates.length === 0) return { candidates, chosen: null, why: noRunbookFits };
  return {
    candidates,
    chosen: null,
    why: 'No runbook is for this alert or finding. Some have similar words; they are offered, and a person must choose.',
  };
}

/** A typed runbook as search sees it. */
export function documentOf(runbook: Runbook): SearchDocument {
  return {
    name: runbook.name,
    title: runbook.title,
    aliases: [...runbook.match.alerts, ...runbook.match.findings],
    body: runbook.prose,
  };
}
