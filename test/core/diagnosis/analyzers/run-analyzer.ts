import { type ContainerLog, createClusterView, type WholeList } from '../../../../src/core/cluster/cluster-view.ts';
import type { ObjectRef, WireObject } from '../../../../src/core/cluster/object.ts';
import { createTopology } from '../../../../src/core/cluster/topology.ts';
import type { Analyzer, FindingDraft, MemoryReading } from '../../../../src/core/diagnosis/analysis.ts';
import { confidenceOf } from '../../../../src/core/diagnosis/confidence.ts';
import { noObservations, type Observations } from '../../../../src/core/diagnosis/observations.ts';
import { scopeViewOf } from '../../../../src/core/diagnosis/scope-view.ts';
import { now } from '../../../support/shop-objects.ts';

type More = {
  readonly memory?: readonly MemoryReading[];
  readonly logs?: readonly ContainerLog[];
  readonly observations?: Partial<Observations>;
  /** Lists that were read to their end; what is not in them does not exist. */
  readonly wholeLists?: readonly WholeList[];
  /** What is asked about; the namespace `shop` when left out, the whole cluster for `{}`. */
  readonly scope?: { readonly namespace?: string; readonly object?: ObjectRef };
};

/** Runs one analyzer over a scope as `diagnose` would, and adds the computed confidence. */
export function runAnalyzer(
  analyze: Analyzer,
  objects: readonly WireObject[],
  more: More = {},
): readonly (FindingDraft & { readonly confidence: string; readonly score: number })[] {
  const view = createClusterView(objects, more.logs, more.wholeLists);
  const observations = { ...noObservations, ...more.observations };
  const topology = createTopology(view, observations.calls);
  const scope = scopeViewOf(view, topology, more.scope ?? { namespace: 'shop' });
  if (scope === undefined) throw new Error('what is asked about is not among the objects');
  return analyze({ view, topology, scope, now, memory: more.memory ?? [], observations }, []).map((draft) => ({
    ...draft,
    ...confidenceOf(
      draft.grounds,
      draft.support.map(({ kind }) => kind),
    ),
  }));
}
