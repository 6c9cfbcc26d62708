import { sayRef } from '../../cluster/object.ts';
import { refKey } from '../../cluster/topology.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { type Drift, driftIn } from '../change/declared-difference.ts';
import { failingDeliveries } from '../change/gitops.ts';
import { recentChange } from '../change/recent-change.ts';
import { troubleIn } from '../change/trouble.ts';
import { stageOf } from '../codes.ts';
import { groupBy } from '../group-by.ts';

/** What changed, and whether it is as it was declared. Comes last: where another rule knows the cause, a change is its evidence and no finding of its own. */
export function analyzeChange(context: AnalysisContext, soFar: readonly FindingDraft[]): readonly FindingDraft[] {
  const deliveries = failingDeliveries(context);
  const drifts = drifted(context, soFar);
  return [...deliveries, ...drifts, ...recentChange(context, [...soFar, ...deliveries, ...drifts])];
}

/** Drift is told where something is wrong and no finding of what is declared speaks of that very field: much drift is harmless, and some is meant. */
function drifted(context: AnalysisContext, soFar: readonly FindingDraft[]): readonly FindingDraft[] {
  if (troubleIn(context, soFar) === undefined) return [];
  const drifts = driftIn(context).filter(({ object, path }) => !isToldOf(soFar, object, path));
  return groupBy(drifts, ({ object }) => sayRef(object)).map(([first, ...more]) => draft(first, more));
}

/** A rule that names the field (or a part of it, or what holds it) has said what is wrong there; one that names how the process behaves has not. */
function isToldOf(soFar: readonly FindingDraft[], object: Drift['object'], path: string): boolean {
  const plain = (text: string) => text.replace(/\[[^\]]*\]/g, '[]');
  return soFar.some((finding) => {
    if (refKey(finding.object) !== refKey(object) || !['platform', 'declared'].includes(stageOf(finding.code)))
      return false;
    const [told, own] = [plain(finding.cause.path), plain(path)];
    return told.startsWith(own) || own.startsWith(told);
  });
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
