import type { BudgetLimits } from '../core/reasoning/budget.ts';
import type { ModelBudget } from './model-budget.ts';
import type { Reasoner } from './reasoner.ts';

/** Everything that asking a model needs. Absent where none is set up: then the rules answer alone. */
export type ModelDesk = {
  readonly reasoner: Reasoner;
  readonly budget: ModelBudget;
  readonly limits: BudgetLimits;
  /** Longest wait for one call, its retries included. */
  readonly timeoutMs: number;
  /** Longest answer to one call, in tokens; what a model thinks before it answers counts too. */
  readonly maxOutputTokens: number;
};
