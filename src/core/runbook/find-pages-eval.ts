import { z } from 'zod';
import type { FindRunbooks, PageQuery } from './find-pages.ts';
import { plainName } from './runbook-names.ts';

const caseSchema = z.strictObject({
  query: z
    .strictObject({
      alertname: z.string().optional(),
      summary: z.string().optional(),
      description: z.string().optional(),
      runbook_url: z.string().optional(),
    })
    .refine((query) => Object.values(query).some((text) => text !== undefined && text.trim() !== ''), {
      error: 'must say something: alertname, summary, description or runbook_url',
    }),
  expect: z.string().min(1).nullable(),
});

/** One alert or question with the runbook that a person would open for it; `null`: there is none. `line` counts from 1. */
export type RetrievalCase = Readonly<z.infer<typeof caseSchema>> & { readonly line: number };
export type CaseProblem = { readonly line: number; readonly why: string };

const maxCases = 100_000;

/**
 * Reads cases from JSON lines. A byte order mark, CRLF and empty lines do not matter. Every line that is no case is a problem with its number; the others are
 * cases nevertheless.
 */
export function readRetrievalCases(text: string): {
  readonly cases: readonly RetrievalCase[];
  readonly problems: readonly CaseProblem[];
} {
  const cases: RetrievalCase[] = [];
  const problems: CaseProblem[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1;
    if (raw.trim() === '') continue;
    if (cases.length >= maxCases) {
      problems.push({
        line,
        why: `at most ${maxCases} cases are measured; this line and those after it were left out`,
      });
      break;
    }
    const parsed = parseCase(raw);
    if (typeof parsed === 'string') problems.push({ line, why: parsed });
    else cases.push({ ...parsed, line });
  }
  return { cases, problems };
}

function parseCase(raw: string): z.infer<typeof caseSchema> | string {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return 'it is not JSON';
  }
  const parsed = caseSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.') || 'the case'}: ${issue?.message ?? 'not a case'}`;
}

type Missed = {
  readonly line: number;
  readonly query: RetrievalCase['query'];
  readonly expect: string | null;
  /** What was offered, best first. */
  readonly got: readonly string[];
};

/**
 * What was measured. `hit@1` and `hit@3` are shares (0 to 1) of the cases that expect a runbook, `null` when none does; `falseAccepts` counts the cases that expect none and got an
 * answer. `missed`: the cases whose first answer is not the expected one.
 */
export type RetrievalReport = {
  readonly cases: number;
  readonly 'hit@1': number | null;
  readonly 'hit@3': number | null;
  readonly falseAccepts: number;
  readonly missed: readonly Missed[];
};

/** Asks for each case and counts. Names are compared without case, component folder and ending (`kubernetes/KubeJobFailed.md` is `kubejobfailed`). */
export function evaluateRetrieval(cases: readonly RetrievalCase[], find: FindRunbooks): RetrievalReport {
  let [first, third, expecting, falseAccepts] = [0, 0, 0, 0];
  const missed: Missed[] = [];
  for (const { line, query, expect } of cases) {
    const got = find(queryOf(query)).map(({ name }) => name);
    const place = expect === null ? -1 : got.findIndex((name) => bareName(name) === bareName(expect));
    if (expect !== null) {
      expecting += 1;
      first += place === 0 ? 1 : 0;
      third += place >= 0 && place < 3 ? 1 : 0;
    } else if (got.length > 0) falseAccepts += 1;
    if (expect === null ? got.length > 0 : place !== 0) missed.push({ line, query, expect, got });
  }
  const share = (count: number) => (expecting === 0 ? null : count / expecting);
  return { cases: cases.length, 'hit@1': share(first), 'hit@3': share(third), falseAccepts, missed };
}

/** The question of a case, as search takes it. */
export function queryOf({
  alertname,
  summary,
  description,
  runbook_url: runbookUrl,
}: RetrievalCase['query']): PageQuery {
  return {
    ...(alertname === undefined ? {} : { alertname }),
    ...(summary === undefined ? {} : { summary }),
    ...(description === undefined ? {} : { description }),
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
  };
}

function bareName(name: string): string {
  const last = name.split('/').findLast((part) => part !== '') ?? name;
  return plainName(last.replace(/\.(md|markdown|html?|ya?ml)$/i, ''));
}
