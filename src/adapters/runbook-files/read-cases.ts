import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import { readText } from './read-text.ts';

/** Some 100,000 alerts. The reader of a text takes a buffer of its limit, so that this is also what reading costs. */
const maxBytes = 64 * 1024 * 1024;

/** The text of a file of retrieval cases. `cases.unreadable`: it is not there, is not text, or has more than 64 MiB. */
export async function readCases(path: string): Promise<Result<string, Problem>> {
  const read = await readText(path, maxBytes);
  switch (read.kind) {
    case 'text':
      return ok(read.text);
    case 'too-large':
      return fail(
        problem(
          'cases.unreadable',
          `${path} is larger than 64 MiB. Nothing was measured. Split it into several files.`,
        ),
      );
    case 'unreadable':
      return fail(problem('cases.unreadable', `${path} was not read: ${read.why}. Nothing was measured.`));
    default:
      return read satisfies never;
  }
}
