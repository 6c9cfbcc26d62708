import { sayRef } from '../../cluster/object.ts';
import { conditionOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { type Drift, driftIn } from '../change/declared-difference.ts';
import { failingDeliveries } from '../change/gitops.ts';
import { isSpokenOf, recentChange } from '../change/recent-change.ts';
import { groupBy } from '../group-by.ts';

/** What changed, and whether it is as it was declared. Comes last: where another rule knows the cause, a change is its evidence and no finding of its own. */
export function analyzeChange(context: AnalysisContext, soFar: readonly FindingDraft[]): readonly FindingDraft[] {
  const deliveries = failingDeliveries(context);
  const drifts = drifted(context, soFar);
  return [...deliveries, ...drifts, ...recentChange(context, [...soFar, ...deliveries, ...drifts])];
}

/** Drift is told where something is wrong and no other finding speaks of the object: much drift is harmless, and some is meant. */
function drifted(context: AnalysisContext, soFar: readonly FindingDraft[]): readonly FindingDraft[] {
  const isWell = context.scope.pods.every(
    (pod) => isTerminating(pod) || phaseOf(pod) === 'Succeeded' || conditionOf(pod, 'Ready')?.status !== 'False',
  );
  if (isWell && soFar.length === 0) return [];
  const drifts = driftIn(context).filter(({ object }) => !isSpokenOf(soFar, object));
  return groupBy(drifts, ({ object }) => sayRef(object)).map(([first, ...more]) => draft(first, more));
}

function draft(first: Drift, more: readonly Drift[]): FindingDraft {
  const { object, path, declared, live } = first;
  return {
    code: 'declared-state-differs',
    object,
    summary: `${sayRef(object)} is not as it was declared: ${path} is ${live}, declared ${declared}${more.length === 0 ? '' : `, and ${more.length} more fields`}.`,
    cause: { path, observed: live, expected: declared },
    recommendation: {
      text: 'Find out who changed it and why; apply what is declared again, or declare what is meant.',
    },
    support: [first.evidence, ...more.slice(0, 2).map(({ evidence }) => evidence)],
    grounds: { basis: 'inferred', current: true, repeated: more.length > 0 },
    pods: [],
    explains: [],
  };
}
