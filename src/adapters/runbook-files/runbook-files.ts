import type { LintContext } from '../../core/runbook/lint-context.ts';
import type { RunbookSet, RunbookSource } from '../../ports/runbook-source.ts';
import { readRunbookFolder } from './read-runbook-folder.ts';

/** `context` is asked at each reload: the date moves on, and groups change. */
export type RunbookFilesOptions = { readonly folder: string; readonly context: () => LintContext };

/** The runbooks of one folder. Building it reads nothing; `reload` does. */
export function createRunbookFiles({ folder, context }: RunbookFilesOptions): RunbookSource {
  let loaded: RunbookSet = { runbooks: [], problems: [] };
  return {
    list: () => loaded,
    async reload() {
      const read = await readRunbookFolder(folder, context());
      if (read.ok) loaded = { runbooks: read.value.runbooks, problems: read.value.problems };
      return read;
    },
  };
}
