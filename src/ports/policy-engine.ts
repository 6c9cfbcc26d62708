import type { PolicyInput } from '../core/policy/policy-input.ts';
import type { Verdict } from '../core/policy/verdict.ts';

/**
 * Asks policy about one action. Total: whatever goes wrong (no policy, a throw, an undefined or unreadable answer) is a denial that says so;
 * it never throws and never resolves to an allowance by default. `digest` names the exact policy (wasm and data) that answers.
 */
export interface PolicyEngine {
  decide(input: PolicyInput): Verdict;
  readonly digest: string;
}
