import { type Findable, type Found, findRunbooks } from '../core/runbook/find-pages.ts';
import type { LintContext } from '../core/runbook/lint-context.ts';
import { inReadingOrder, type LintProblem, sayLintProblem } from '../core/runbook/lint-problem.ts';
import type { Runbook } from '../core/runbook/runbook.ts';
import { documentOf, noRunbookFits } from '../core/runbook/search.ts';
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
  const path = from ?? folder;
  const [typed, pages] = await Promise.all([readRunbookFolder(path, { today }), readMarkdownFolder(path)]);
  if (!typed.ok || !pages.ok) {
    const failed = typed.ok ? pages : typed;
    err(failed.ok ? '' : failed.error.sentence);
    return 3;
  }
  const unusable = new Set(typed.value.problems.filter(({ severity }) => severity === 'error').map(({ file }) => file))
    .size;
  if (unusable > 0) err(`${count(unusable, 'runbook file')} could not be used; runbooks lint says why.`);
  for (const why of pages.value.skipped) err(`Passed over ${why}.`);
  const documents: Findable[] = [
    ...typed.value.runbooks.map((runbook) => ({ ...documentOf(runbook), file: runbook.file })),
    ...pages.value.pages.map(({ name, title, body, file }) => ({ name, title, aliases: [], body, file })),
  ];
  const results = findRunbooks(documents, text);
  if (json) {
    out(JSON.stringify({ query: text, searched: documents.length, results, why: whyOf(results) }, null, 2));
    return 0;
  }
  if (results.length === 0) out(`${noRunbookFits} (${count(documents.length, 'runbook')} searched)`);
  for (const result of results) out(`${result.score.toFixed(2)}  ${result.name}  ${result.title}  ${result.file}`);
  return 0;
}

function whyOf([best]: readonly Found[]): string {
  return best === undefined ? noRunbookFits : best.why;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
