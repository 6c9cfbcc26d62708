import type { Problem, Result } from '../core/result.ts';

export type DirectoryProblem = Problem<'directory.unavailable' | 'directory.unknown-group'>;

/**
 * Who belongs to which approver group right now. Asked at the click, never remembered from when a card was posted: `membersOf` answers
 * with what the source says within its own short cache (at most 60 s), or with a problem; nobody is a member of a group that cannot be read.
 */
export interface Directory {
  membersOf(group: string): Promise<Result<readonly string[], DirectoryProblem>>;
}
