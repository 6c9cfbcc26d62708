import type { Bill } from '../incident/reasoning-events.ts';
import { type BudgetLimits, type Spent, sayUsd } from './budget.ts';
import type { Dropped } from './grounding.ts';
import type { Usage } from './usage.ts';

/** What one answer took, beside the incident's budget. */
export function billOf(
  { model, usage, costUsd }: { readonly model: string; readonly usage: Usage; readonly costUsd: number },
  soFar: Spent,
  limits: BudgetLimits,
): Bill {
  return {
    model: model.slice(0, 200),
    usage,
    costUsd,
    tokensSpent: soFar.tokens,
    tokensAllowed: limits.maxTokensPerIncident,
    usdSpent: soFar.costUsd,
    usdAllowed: limits.maxUsdPerIncident,
  };
}

/** `claude-…: 3120 of 20000 tokens, $0.012 of $0.50 for this incident`. */
export function sayBill({ model, tokensSpent, tokensAllowed, usdSpent, usdAllowed }: Bill): string {
  return `${model}: ${tokensSpent} of ${tokensAllowed} tokens, ${sayUsd(usdSpent)} of ${sayUsd(usdAllowed)} for this incident`;
}

/** Equal losses counted together. */
export function countDropped(dropped: readonly Dropped[]): { what: string; why: string; times: number }[] {
  const counted = new Map<string, { what: string; why: string; times: number }>();
  for (const { what, why } of dropped) {
    const key = `${what}/${why}`;
    const known = counted.get(key);
    counted.set(key, { what, why, times: (known?.times ?? 0) + 1 });
  }
  return [...counted.values()];
}

/** `2 claims of the model were left out: it cites no evidence.` Empty when none was. */
export function sayDropped(dropped: readonly { readonly why: string; readonly times: number }[]): string {
  const times = dropped.reduce((sum, one) => sum + one.times, 0);
  if (times === 0) return '';
  const why = [...new Set(dropped.map((one) => one.why))].join('; ');
  return times === 1
    ? `1 claim of the model was left out: ${why}.`
    : `${times} claims of the model were left out: ${why}.`;
}
