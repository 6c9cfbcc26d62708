import type { LintProblem } from './lint-problem.ts';
import type { Runbook } from './runbook.ts';

/**
 * Only those runbooks whose name is theirs alone. Of several with one name none is used, since an approval or a command that names it could mean any of
 * them; each file gets an error that names another. The same file reached twice counts once.
 */
export function uniqueNames(runbooks: readonly Runbook[]): {
  runbooks: readonly Runbook[];
  problems: readonly LintProblem[];
} {
  const byName = new Map<string, Runbook[]>();
  const files = new Set<string>();
  for (const runbook of runbooks) {
    if (files.has(runbook.file)) continue;
    files.add(runbook.file);
    byName.set(runbook.name, [...(byName.get(runbook.name) ?? []), runbook]);
  }
  const groups = [...byName.values()];
  return {
    runbooks: groups.flatMap((group) => (group.length === 1 ? group : [])),
    problems: groups
      .filter((group) => group.length > 1)
      .flatMap((group) =>
        group.map((runbook) =>
          repeated(
            runbook,
            group.find((other) => other !== runbook),
          ),
        ),
      ),
  };
}

function repeated(runbook: Runbook, other: Runbook | undefined): LintProblem {
  const message = `name: \`${runbook.name}\` is also the name of ${other?.file ?? 'another file'}; neither is used`;
  return { file: runbook.file, line: 1, severity: 'error', code: 'name.repeated', message };
}
