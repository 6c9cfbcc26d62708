/** One thing to say about a runbook file. Errors keep the runbook from being used; warnings do not. */
export type LintProblem = {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
};

/** `runbooks/restart.yaml:12: error: …`: the form editors and terminals turn into a link. */
export function sayLintProblem(problem: LintProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
  const suggestion = problem.suggestion === undefined ? '' : ` (${problem.suggestion})`;
  return `${place}: ${problem.severity}: ${problem.message}${suggestion}`;
}

/** By file, then line, errors before warnings of the same line. */
export function inReadingOrder(problems: readonly LintProblem[]): LintProblem[] {
  return [...problems].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.severity.localeCompare(b.severity) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}
