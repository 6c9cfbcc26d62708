import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, problem } from '../../core/result.ts';
import type { LintContext } from '../../core/runbook/lint-context.ts';
import { inReadingOrder, type LintProblem } from '../../core/runbook/lint-problem.ts';
import type { Runbook } from '../../core/runbook/runbook.ts';
import { runbookLimits } from '../../core/runbook/schema.ts';
import { uniqueNames } from '../../core/runbook/unique-names.ts';
import type { ReadRunbookFolder } from '../../ports/runbook-source.ts';
import { listFiles } from './list-files.ts';
import { parseRunbook, tooLarge } from './parse-runbook.ts';
import { readText, sayFileError } from './read-text.ts';

/** Live beside the runbooks and are other kinds of documents. */
const notRunbooks = ['catalog.yaml', 'catalog.yml', 'catalog-info.yaml', 'catalog-info.yml'];

/**
 * Reads a folder of runbooks (`*.yaml`, `*.yml`, in subfolders too), or one file. Files are called in messages as they were reached: the given path
 * and what follows. A file that cannot be read or is too large is a problem of its own; `runbooks.unreadable` means the path itself.
 */
export const readRunbookFolder: ReadRunbookFolder = async (path, context) => {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const { files, skipped } = isFolder
      ? await listFiles(path, (name) => /\.ya?ml$/i.test(name) && !notRunbooks.includes(name.toLowerCase()))
      : { files: [{ path, name: '' }], skipped: [] };
    const runbooks: Runbook[] = [];
    const problems: LintProblem[] = skipped.map(({ name, why }) => skippedProblem(join(path, name), why));
    for (const file of files) {
      const shown = file.name === '' ? path : join(path, file.name);
      const loaded = await readOne(file.path, shown, context);
      if (loaded.runbook !== undefined) runbooks.push(loaded.runbook);
      problems.push(...loaded.problems);
    }
    const unique = uniqueNames(runbooks);
    return ok({
      runbooks: unique.runbooks,
      problems: inReadingOrder([...problems, ...unique.problems]),
      files: files.length,
    });
  } catch (error) {
    const sentence = `The runbooks at ${path} were not read: ${sayFileError(error)}. Check the path and its permissions.`;
    return fail(problem('runbooks.unreadable', sentence));
  }
};

async function readOne(
  path: string,
  shown: string,
  context: LintContext,
): Promise<{ runbook?: Runbook; problems: readonly LintProblem[] }> {
  const read = await readText(path, runbookLimits.maxBytes);
  switch (read.kind) {
    case 'text':
      return parseRunbook(read.text, shown, context);
    case 'too-large':
      return { problems: [tooLarge(shown, read.bytes)] };
    case 'unreadable':
      return { problems: [skippedProblem(shown, read.why)] };
    default:
      return read satisfies never;
  }
}

function skippedProblem(file: string, why: string): LintProblem {
  return { file, line: 1, severity: 'error', code: 'file.skipped', message: `was not read: ${why}` };
}
