import type { PolicyInput } from '../../src/core/policy/policy-input.ts';
import { deny, type Verdict } from '../../src/core/policy/verdict.ts';
import type { PolicyEngine } from '../../src/ports/policy-engine.ts';

/**
 * A policy that gives the verdicts it is told, in order, the last one again and again; none at all is a denial. `asked` is its ledger.
 * A function decides by the request.
 */
export function fakePolicy(
  verdicts: readonly Verdict[] | ((input: PolicyInput) => Verdict),
  digest = 'f'.repeat(64),
): PolicyEngine & { readonly asked: PolicyInput[] } {
  const asked: PolicyInput[] = [];
  return {
    digest,
    asked,
    decide(input) {
      asked.push(input);
      if (typeof verdicts === 'function') return verdicts(input);
      return (
        verdicts[Math.min(asked.length, verdicts.length) - 1] ??
        deny('fake', ['The fake policy was given no verdicts.'])
      );
    },
  };
}
