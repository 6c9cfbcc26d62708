import { fail, type Problem, type Result } from '../../core/result.ts';

/** `journal.damaged`: what is stored is not what was recorded. `journal.unreadable`: it could not be looked at. */
export type LogProblem = Problem<'journal.damaged' | 'journal.unreadable'> & {
  /** File name of the segment, and the line in it (from 1, commit marks counted; 0 is before the first): where an editor finds it. */
  readonly segment?: string;
  readonly line?: number;
};

export function damaged(segment: string, line: number, what: string): Result<never, LogProblem> {
  const sentence = `The journal is damaged in ${segment}. ${what} Nothing was changed; compare with a backup or an export, and put the file back as it was.`;
  return fail({ code: 'journal.damaged', sentence, segment, line });
}
