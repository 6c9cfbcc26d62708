import { refKey } from '../../cluster/topology.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { type Change, changesIn } from './changes.ts';
import { oncePerRelease } from './once-per-release.ts';

/** How long before it shows a change may have been made to be worth telling. Rollouts take minutes, and many faults need traffic to show. */
export const beforeMs = 60 * 60_000;
/** Clocks differ, and what shows first is not always what began first. */
const afterMs = 60_000;
const maxTold = 2;

/** The changes that may have led to a fault: of its object, of what the object needs, or of what suffers with it, in the hour before it began. Newest first, at most two. */
export function relatedChanges(
  context: AnalysisContext,
  finding: FindingDraft,
  changes: readonly Change[],
): readonly Change[] {
  const { topology, now } = context;
  const needed = topology.needs(finding.object).map(({ to }) => to);
  // By how near each is: the object itself, what suffers with it, what it needs.
  const near = new Map<string, number>([
    ...needed.map((ref) => [refKey(ref), 2] as const),
    ...(finding.affects ?? []).map((ref) => [refKey(ref), 1] as const),
    [refKey(finding.object), 0],
  ]);
  const began = finding.since ?? now;
  const led = changes.filter(
    ({ object, at }) => near.has(refKey(object)) && at >= began - beforeMs && at <= began + afterMs,
  );
  return oncePerRelease(led, ({ object }) => near.get(refKey(object)) ?? Number.POSITIVE_INFINITY).slice(0, maxTold);
}

/** Everything that was changed in the scope recently enough to matter for some finding. */
export function changesFor(context: AnalysisContext, findings: readonly FindingDraft[]): readonly Change[] {
  const earliest = Math.min(context.now, ...findings.flatMap(({ since }) => since ?? []));
  return changesIn(context, earliest - beforeMs);
}
