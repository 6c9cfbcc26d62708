import type { Problem, Result } from '../core/result.ts';
import { createFindRunbooks, type Findable, type Found } from '../core/runbook/find-pages.ts';
import { evaluateRetrieval, type RetrievalReport, readRetrievalCases } from '../core/runbook/find-pages-eval.ts';
import type { LintContext } from '../core/runbook/lint-context.ts';
import { inReadingOrder, type LintProblem, sayLintProblem } from '../core/runbook/lint-problem.ts';
import type { Runbook } from '../core/runbook/runbook.ts';
import { findableOf, noRunbookFits } from '../core/runbook/search.ts';
import { uniqueNames } from '../core/runbook/unique-names.ts';
import type { ReadMarkdownFolder, ReadRunbookFolder } from '../ports/runbook-source.ts';

/** `out` and `err` each write one line (results and progress); `today` is `YYYY-MM-DD`. */
export type LintDependencies = {
  readonly readRunbookFolder: ReadRunbookFolder;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly json?: boolean;
  readonly today: string;
  readonly groups?: LintContext['groups'];
};

/**
 * `runbooks lint PATH…`: every problem of every file as `file:line: error: message`, a summary to stderr.
 *
 * Exit code: 0 no errors (warnings may be), 1 errors, 2 no path given, 3 a path that cannot be read; other paths are still linted.
 */
export async function lintCommand(paths: readonly string[], dependencies: LintDependencies): Promise<number> {
  const { readRunbookFolder, out, err, json = false, today, groups } = dependencies;
  if (paths.length === 0) {
    err('Name at least one runbook file or folder, for example: runbooks lint runbooks/');
    return 2;
  }
  const runbooks: Runbook[] = [];
  const found: LintProblem[] = [];
  const unreadable: string[] = [];
  let files = 0;
  for (const path of paths) {
    const read = await readRunbookFolder(path, { today, ...(groups === undefined ? {} : { groups }) });
    if (!read.ok) {
      unreadable.push(read.error.sentence);
      continue;
    }
    files += read.value.files;
    runbooks.push(...read.value.runbooks);
    found.push(...read.value.problems);
  }
  // A path may be given twice, or a file beside its folder.
  const all = [...found, ...uniqueNames(runbooks).problems];
  const problems = inReadingOrder([...new Map(all.map((problem) => [JSON.stringify(problem), problem])).values()]);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  if (json) out(JSON.stringify({ files, errors, warnings, problems, unreadable }, null, 2));
  else for (const problem of problems) out(sayLintProblem(problem));
  for (const sentence of unreadable) err(sentence);
  if (files === 0 && unreadable.length === 0) err('No runbook files (*.yaml, *.yml) were found there.');
  err(`${count(files, 'file')}, ${count(errors, 'error')}, ${count(warnings, 'warning')}.`);
  if (unreadable.length > 0) return 3;
  return errors > 0 ? 1 : 0;
}

/** `folder`: where runbooks are when `--from` does not say. */
export type SearchDependencies = Pick<LintDependencies, 'readRunbookFolder' | 'out' | 'err' | 'json' | 'today'> & {
  readonly readMarkdownFolder: ReadMarkdownFolder;
  readonly folder: string;
  readonly from?: string;
};

/**
 * `runbooks search TEXT [--from DIR]`: the runbooks (typed ones and Markdown pages) that an alert name, a URL or a question leads to, best first.
 *
 * "No runbook fits" is an answer and exits with 0. 2: no text. 3: the folder cannot be read.
 */
export async function searchCommand(text: string, dependencies: SearchDependencies): Promise<number> {
  const { readRunbookFolder, readMarkdownFolder, out, err, json = false, today, folder, from } = dependencies;
  if (text.trim() === '') {
    err('Say what to look for, for example: runbooks search "pods crash looping"');
    return 2;
  }
  const documents = await readDocuments(from ?? folder, { readRunbookFolder, readMarkdownFolder, err, today });
  if (documents === undefined) return 3;
  const results = createFindRunbooks(documents)({ summary: text });
  if (json) {
    out(JSON.stringify({ query: text, searched: documents.length, results, why: whyOf(results) }, null, 2));
    return 0;
  }
  if (results.length === 0) out(`${noRunbookFits} (${count(documents.length, 'runbook')} searched)`);
  for (const result of results) for (const line of sayFound(result)) out(line);
  return 0;
}

/** A result, and below it the section that says most about the question. */
function sayFound({ score, name, title, file, section }: Found): string[] {
  const line = `${score.toFixed(2)}  ${name}  ${title}  ${file}`;
  if (section === undefined || section.path.length === 0) return [line];
  const anchor = section.anchor === '' ? '' : ` (#${section.anchor})`;
  return [line, `      ${section.path.join(' › ')}${anchor}: ${section.excerpt}`];
}

type ReadDocuments = Pick<SearchDependencies, 'readRunbookFolder' | 'readMarkdownFolder' | 'err' | 'today'>;

/** Typed runbooks and pages of one folder. What could not be used is said; nothing when the folder itself cannot be read. */
async function readDocuments(
  path: string,
  { readRunbookFolder, readMarkdownFolder, err, today }: ReadDocuments,
): Promise<readonly Findable[] | undefined> {
  const [typed, pages] = await Promise.all([readRunbookFolder(path, { today }), readMarkdownFolder(path)]);
  if (!typed.ok || !pages.ok) {
    const failed = typed.ok ? pages : typed;
    err(failed.ok ? '' : failed.error.sentence);
    return undefined;
  }
  const unusable = new Set(typed.value.problems.filter(({ severity }) => severity === 'error').map(({ file }) => file))
    .size;
  if (unusable > 0) err(`${count(unusable, 'runbook file')} could not be used; runbooks lint says why.`);
  for (const why of pages.value.skipped) err(`Passed over ${why}.`);
  return [...typed.value.runbooks.map(findableOf), ...pages.value.pages];
}

/** `readCases` gives the text of the file of cases, or a sentence of why it cannot. */
export type EvalDependencies = SearchDependencies & {
  readonly readCases: (path: string) => Promise<Result<string, Problem>>;
};

/**
 * `runbooks eval CASES.jsonl [--from DIR]`: how often search finds the runbook that a team's own cases expect, and how often it offers one where none fits.
 *
 * A line that is no case is told with its number and left out of the figures. Exit code: 0 measured, 2 no file named, 3 the file or the folder cannot be read, or no line of the file is a case.
 */
export async function evalCommand(casesFile: string, dependencies: EvalDependencies): Promise<number> {
  const { readCases, out, err, json = false, folder, from } = dependencies;
  if (casesFile.trim() === '') {
    err('Name a file of cases, for example: runbooks eval cases.jsonl --from runbooks/');
    return 2;
  }
  const text = await readCases(casesFile);
  if (!text.ok) {
    err(text.error.sentence);
    return 3;
  }
  const { cases, problems } = readRetrievalCases(text.value);
  for (const { line, why } of problems.slice(0, maxProblemsTold)) err(`${casesFile}:${line}: ${why}. It was left out.`);
  if (problems.length > maxProblemsTold) err(`${problems.length - maxProblemsTold} more lines were left out.`);
  if (cases.length === 0) {
    err(`${casesFile} has no case. Nothing was measured. A line is { "query": { "summary": "…" }, "expect": "name" }.`);
    return 3;
  }
  const documents = await readDocuments(from ?? folder, dependencies);
  if (documents === undefined) return 3;
  const report = evaluateRetrieval(cases, createFindRunbooks(documents));
  if (json) out(JSON.stringify(report, null, 2));
  else for (const line of sayReport(report, cases.filter(({ expect }) => expect === null).length)) out(line);
  return 0;
}

const maxProblemsTold = 20;

function sayReport(report: RetrievalReport, expectingNone: number): string[] {
  const share = (value: number | null) => (value === null ? '-' : `${(value * 100).toFixed(1)} %`);
  const rows = [
    ['cases', String(report.cases), `${report.cases - expectingNone} expect a runbook, ${expectingNone} expect none`],
    ['hit@1', share(report['hit@1']), 'the first answer is the expected one'],
    ['hit@3', share(report['hit@3']), 'one of the first three is'],
    ['false accepts', String(report.falseAccepts), `of ${expectingNone} that expect none`],
  ];
  const table = rows.map(([name = '', value = '', what = '']) => `${name.padEnd(14)}${value.padStart(8)}   ${what}`);
  const missed = report.missed.map(({ line, expect, got }) => {
    const answered = got.length === 0 ? 'none' : got.slice(0, 3).join(', ');
    return `line ${line}: expected ${expect ?? 'none'}, got ${answered}`;
  });
  return [...table, ...(missed.length === 0 ? [] : ['', ...missed])];
}

function whyOf([best]: readonly Found[]): string {
  return best === undefined ? noRunbookFits : best.why;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
