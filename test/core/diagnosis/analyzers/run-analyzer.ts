import { type ContainerLog, createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import type { Analyzer, FindingDraft, MemoryReading } from '../../../../src/core/diagnosis/analysis.ts';
import { confidenceOf } from '../../../../src/core/diagnosis/confidence.ts';
import { scopeViewOf } from '../../../../src/core/diagnosis/scope-view.ts';
import { now } from '../../../support/shop-objects.ts';

/** Runs one analyzer over a namespace as `diagnose` would, and adds the computed confidence. */
export function runAnalyzer(
  analyze: Analyzer,
  objects: readonly WireObject[],
  more: { readonly memory?: readonly MemoryReading[]; readonly logs?: readonly ContainerLog[] } = {},
): readonly (FindingDraft & { readonly confidence: string; readonly score: number })[] {
  const view = createClusterView(objects, more.logs);
  const scope = scopeViewOf(view, { namespace: 'shop' });
  if (scope === undefined) throw new Error('the scope of a namespace is never missing');
  return analyze({ view, scope, now, memory: more.memory ?? [] }).map((draft) => ({
    ...draft,
    ...confidenceOf(
      draft.grounds,
      draft.support.map(({ kind }) => kind),
    ),
  }));
}
