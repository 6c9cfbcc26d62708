import type { IncidentState, Run, RunAction } from '../core/incident/state.ts';

export type Landed =
  | { readonly landed: 'applied' | 'not-applied' }
  | { readonly landed: 'cannot-tell'; readonly why: string };

/**
 * Looks whether a change (or its rollback) is in place: after a crash or a lost answer, and to validate a rollback. Reads only; waits a little for a change
 * that may still be on its way before it says `not-applied`.
 */
export interface ChangeProbe {
  landed(
    at: { readonly state: IncidentState; readonly run: Run; readonly action: RunAction },
    role: 'action' | 'rollback',
    signal: AbortSignal,
  ): Promise<Landed>;
}
