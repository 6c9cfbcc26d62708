import type { Problem, Result } from '../core/result.ts';

export type Claimant = { readonly incident: string; readonly run: string };

/**
 * One run per object at a time, over all incidents. `claim` is durable when it resolves, succeeds again for the run that already holds the object, and otherwise names the
 * holder. `release` gives back everything that a run holds; releasing nothing is fine.
 */
export interface TargetClaims {
  claim(
    target: { readonly cluster: string; readonly uid: string },
    by: Claimant,
  ): Promise<Result<undefined, Problem<'target.busy' | 'journal.unavailable'>>>;
  release(by: Claimant): Promise<Result<undefined, Problem<'journal.unavailable'>>>;
}
