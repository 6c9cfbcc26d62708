import type { Problem, Result } from '../core/result.ts';
import type { LintContext } from '../core/runbook/lint-context.ts';
import type { LintProblem } from '../core/runbook/lint-problem.ts';
import type { LinkedPage, MarkdownPage } from '../core/runbook/markdown-page.ts';
import type { Runbook } from '../core/runbook/runbook.ts';

/**
 * Runbooks that may be used, and everything wrong with those that may not. Names are unique: files that share one are all left out. `pages` are Markdown runbooks of the
 * team, where a folder of them was given: they are offered for reading.
 */
export type RunbookSet = {
  readonly runbooks: readonly Runbook[];
  readonly problems: readonly LintProblem[];
  readonly pages?: readonly LinkedPage[];
};

/** What reading one path gave. `files`: how many runbook files were looked at. */
type RunbookFolder = RunbookSet & { readonly files: number };

type FolderProblem = Problem<'runbooks.unreadable'>;

/**
 * The reviewed procedures. `list` is what the last `reload` loaded (empty before the first), the same objects until the next one, without I/O.
 *
 * `reload` reads everything again and swaps it in whole. When the place itself cannot be read, it answers with a problem and the runbooks
 * that were there stay. A single bad file is a problem of the set, never a failure of the others.
 */
export interface RunbookSource {
  list(): RunbookSet;
  reload(): Promise<Result<RunbookFolder, FolderProblem>>;
}

/** Reads one file or folder of typed runbooks. Never throws for what a file system does. */
export type ReadRunbookFolder = (path: string, context: LintContext) => Promise<Result<RunbookFolder, FolderProblem>>;

/** Reads the Markdown runbooks of a folder; files that cannot be read are named in `skipped`. */
export type ReadMarkdownFolder = (
  path: string,
) => Promise<Result<{ readonly pages: readonly MarkdownPage[]; readonly skipped: readonly string[] }, FolderProblem>>;
