import type { Spent } from '../core/reasoning/budget.ts';
import type { Usage } from '../core/reasoning/usage.ts';
import type { Result } from '../core/result.ts';
import type { ModelProblem } from './reasoner.ts';

/** What one call is for, and the most it can take. */
export type Purchase = {
  readonly incident: string;
  readonly purpose: string;
  readonly promptChars: number;
  readonly maxOutputTokens: number;
};

/** How a call that was paid for ended; `spent` is what it took, zero when it was not made. */
export type Bought<T> = { readonly result: Result<T, ModelProblem>; readonly spent: Spent };

/**
 * Tokens and money, for each incident and for each day (UTC), kept durably. `buy` sets the most a call can take aside before it is made, and that counts as
 * spent should the process die meanwhile; a call that does not fit, or that cannot be written down, is not made and ends as `model.over-budget`.
 */
export interface ModelBudget {
  buy<T extends { readonly usage: Usage }>(
    purchase: Purchase,
    call: () => Promise<Result<T, ModelProblem>>,
  ): Promise<Bought<T>>;
  /** What an incident has taken so far, with what is set aside for it. */
  spentOn(incident: string): Spent;
}
