import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import { findRun, type IncidentState } from '../core/incident/state.ts';
import { sayCondition } from '../core/runbook/plan.ts';
import type { ConditionMeter } from '../ports/condition-meter.ts';

type Dependencies = { readonly meter: ConditionMeter };

/** Measures what must hold before a runbook applies. What could not be measured does not hold, and is told apart from what was measured and does not. */
export function createCheckPreconditions({ meter }: Dependencies) {
  return async (
    effect: EffectOf<'check-preconditions'>,
    state: IncidentState,
    signal: AbortSignal,
  ): Promise<readonly Told[]> => {
    const run = findRun(state, effect.run);
    if (run === undefined) return [];
    const results = await Promise.all(
      run.plan.preconditions.map(async (condition) => {
        const { outcome, measured } = await meter(
          condition,
          { inputs: run.plan.inputs, ...targetOf(run.plan.inputs) },
          signal,
        );
        return { text: sayCondition(condition), outcome, measured };
      }),
    );
    const holds = results.every(({ outcome }) => outcome === 'succeeded');
    return [{ type: 'preconditions-checked', body: { run: run.id, results, holds } }];
  };
}

/** A runbook's preconditions speak of `target` when exactly one of its inputs is a workload. */
function targetOf(inputs: Readonly<Record<string, unknown>>): {
  readonly target?: { kind: 'Deployment'; namespace: string; name: string };
} {
  const workloads = Object.values(inputs).flatMap((value) => {
    if (typeof value !== 'object' || value === null || !('kind' in value && 'namespace' in value && 'name' in value))
      return [];
    const { kind, namespace, name } = value;
    return kind === 'Deployment' && typeof namespace === 'string' && typeof name === 'string'
      ? [{ kind, namespace, name } as const]
      : [];
  });
  const [target, ...others] = workloads;
  return target === undefined || others.length > 0 ? {} : { target };
}
