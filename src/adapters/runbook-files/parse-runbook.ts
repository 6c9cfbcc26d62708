import type { LintContext } from '../../core/runbook/lint-context.ts';
import { inReadingOrder, type LintProblem } from '../../core/runbook/lint-problem.ts';
import { type LoadedRunbook, loadRunbook } from '../../core/runbook/load.ts';
import { runbookLimits } from '../../core/runbook/schema.ts';
import { parseYaml } from './parse-yaml.ts';

/**
 * One runbook from the text of its file, with every problem of the file at its line. `file` is how the file is called in messages.
 */
export function parseRunbook(text: string, file: string, context: LintContext): LoadedRunbook {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > runbookLimits.maxBytes) return { problems: [tooLarge(file, bytes)] };
  const document = parseYaml(text);
  if (document.ok) return loadRunbook(document.value, file, context);
  return {
    problems: inReadingOrder(
      document.error.map(({ line, column, message }) => ({
        file,
        line,
        column,
        severity: 'error',
        code: 'yaml',
        message,
      })),
    ),
  };
}

export function tooLarge(file: string, bytes: number): LintProblem {
  const message = `the file has ${Math.ceil(bytes / 1024)} KiB; a runbook has at most ${runbookLimits.maxBytes / 1024} KiB`;
  return { file, line: 1, severity: 'error', code: 'file.too-large', message };
}
