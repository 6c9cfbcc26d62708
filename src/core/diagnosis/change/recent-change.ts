import { sayRef } from '../../cluster/object.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { stageOf } from '../codes.ts';
import { type Change, changesIn } from './changes.ts';
import { oncePerRelease } from './once-per-release.ts';
import { beforeMs } from './related-changes.ts';
import { troubleIn } from './trouble.ts';

const maxTold = 2;

/**
 * What was changed before it began, when nothing else tells why: something runs or serves badly (or an alert fires), no rule of the platform or of what is declared
 * explains it, and somebody changed an object of the scope in the hour before. Ranked by reach (how near the object is), then by time. Never more than a hint.
 */
export function recentChange(context: AnalysisContext, soFar: readonly FindingDraft[]): readonly FindingDraft[] {
  const { scope } = context;
  const isRoot = ({ code }: FindingDraft) => ['platform', 'declared'].includes(stageOf(code));
  const trouble = soFar.some(isRoot) ? undefined : troubleIn(context, soFar);
  if (trouble === undefined) return [];
  const { unwell, began } = trouble;
  const reach = (change: Change) => scope.distance(change.object) ?? Number.POSITIVE_INFINITY;
  const before = changesIn(context, began - beforeMs).filter(({ at, isNew }) => !isNew && at <= began + 60_000);
  return oncePerRelease(before, reach)
    .toSorted((a, b) => reach(a) - reach(b) || b.at - a.at)
    .slice(0, maxTold)
    .map((change) => draft(change, began, unwell.map(podKey)));
}

function draft(change: Change, began: number, pods: readonly string[]): FindingDraft {
  const minutes = Math.max(0, Math.round((began - change.at) / 60_000));
  const [difference] = change.differences;
  const by = change.by === undefined ? '' : ` by ${change.by}`;
  return {
    code: 'recent-change',
    object: change.object,
    summary: `${sayRef(change.object)} was changed${by} ${minutes === 0 ? 'right' : `${minutes} min`} before it began: ${change.what}.`,
    cause: {
      path: difference?.path ?? 'metadata.managedFields',
      observed: difference?.after ?? change.what,
      expected: difference === undefined ? 'as it was before' : difference.before,
    },
    recommendation: {
      text: 'Nothing proves that this change is the cause. Compare it with what fails, and undo it if they fit.',
    },
    support: [change.evidence],
    grounds: { basis: 'inferred', current: true, repeated: false },
    pods,
    explains: [],
    since: change.at,
  };
}
