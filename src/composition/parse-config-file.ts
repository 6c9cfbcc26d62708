import { load } from 'js-yaml';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';

/** Parses the YAML of a configuration file. What it must hold is checked by config/config.ts. */
export function parseConfigFile(text: string, path: string): Result<unknown, Problem> {
  try {
    return ok(load(text, { filename: path, maxAliases: 0 }));
  } catch (error) {
    const mark =
      typeof error === 'object' &&
      error !== null &&
      'mark' in error &&
      typeof error.mark === 'object' &&
      error.mark !== null
        ? error.mark
        : {};
    const line = 'line' in mark && typeof mark.line === 'number' ? ` at line ${mark.line + 1}` : '';
    return fail(
      problem('config.unreadable', `${path} is not YAML${line}. Nothing was started. Correct it and start again.`),
    );
  }
}
