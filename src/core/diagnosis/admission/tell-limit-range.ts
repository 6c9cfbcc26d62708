import { sayPath } from '../../cluster/field-path.ts';
import { refOf, sayRef } from '../../cluster/object.ts';
import { createReadAmount } from '../../cluster/pod-resources.ts';
import { at, recordsAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { claimBreaches, type LimitBreach, podBreaches } from './limit-range.ts';
import type { RefusedCreation } from './refused-creation.ts';
import { type ToldRefusal, templateOf } from './told-refusal.ts';

/** The bound of a LimitRange that the template breaks now. `text` is what the API server said, empty when it said nothing. */
export function tellLimitRange(
  context: AnalysisContext,
  refusal: RefusedCreation,
  text: string,
): ToldRefusal | undefined {
  const { view, now } = context;
  const { namespace } = refusal.controller.metadata;
  const limitRanges = view
    .list('LimitRange', namespace)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const { podSpec, base } = templateOf(refusal);
  const read = createReadAmount();
  const claims = recordsAt(refusal.controller, 'spec', 'volumeClaimTemplates').flatMap(({ index, record }) =>
    claimBreaches(at(record, 'spec'), limitRanges, read).map((breach) => ({
      ...breach,
      path: ['spec', 'volumeClaimTemplates', index, 'spec', ...breach.path],
    })),
  );
  const pods = podBreaches(podSpec, limitRanges, read).map((breach) => ({
    ...breach,
    path: [...base, ...breach.path],
  }));
  const breaches: readonly LimitBreach[] =
    refusal.message?.resource === 'persistentvolumeclaims' ? claims : [...pods, ...claims];
  const [first] = breaches;
  if (first === undefined) {
    if (text === '' || limitRanges.length > 0 || view.hasAll('LimitRange', namespace)) return undefined;
    return {
      code: 'limit-range-violated',
      path: [...base, 'containers'],
      observed: oneLine(text, 300),
      expected: 'requests and limits within the LimitRange of the namespace',
      why: `a LimitRange of namespace ${namespace ?? ''} forbids what they ask: ${oneLine(text, 200)}`,
      advice: 'Bring requests and limits within the LimitRange, or change it.',
      basis: 'likely',
    };
  }
  const bounds = {
    min: 'at least',
    max: 'at most',
    maxLimitRequestRatio: 'a limit to request ratio of at most',
  } as const;
  const allowed = `${bounds[first.bound]} ${first.allowed}`;
  const what = `${first.bound} ${first.resource} per ${first.type}`;
  const whose = first.container === undefined ? '' : ` in container ${first.container}`;
  const more = breaches.length - 1;
  return {
    code: 'limit-range-violated',
    path: first.path,
    observed: first.observed,
    expected: `${allowed} (${sayRef(refOf(first.limitRange))}, ${what})`,
    why: `${sayRef(refOf(first.limitRange))} allows ${allowed} of ${first.resource} per ${first.type}, and ${first.observed === 'not set' ? 'none is set' : `${first.observed} is asked`}${whose}${more === 0 ? '' : ` (and ${more} more of its bounds)`}`,
    advice: `Set ${sayPath(first.path)} to ${allowed}, or change ${what} of the LimitRange.`,
    basis: 'stated',
    support: [
      fromObject(
        first.limitRange,
        now,
        `spec.limits[${first.limitIndex}] (${first.type}) has ${first.bound} ${first.resource} ${first.allowed}`,
      ),
    ],
  };
}
