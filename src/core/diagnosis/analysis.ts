import type { ClusterView, ViewedKind } from '../cluster/cluster-view.ts';
import type { ObjectRef, WireObject } from '../cluster/object.ts';
import type { Topology } from '../cluster/topology.ts';
import type { EvidenceDraft } from '../evidence/draft.ts';
import type { FindingCode } from './codes.ts';
import type { Grounds } from './confidence.ts';
import type { Finding } from './investigation.ts';
import type { Observations } from './observations.ts';

/** The largest working set that was measured for a container, in bytes, over the window that was asked for. */
export type MemoryReading = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly peakBytes: number;
  readonly at: number;
};

/**
 * What the question is about, as objects of the view: only these may be blamed. For a namespace or the whole cluster that is all there is; for one object it is
 * the object, what it depends on, and what depends on it. Lists are ordered by namespace and name, so that the order of reading never shows.
 */
export interface ScopeView {
  readonly pods: readonly WireObject[];
  /** Deployments, StatefulSets, DaemonSets and Jobs (of a CronJob, its Jobs). */
  readonly workloads: readonly WireObject[];
  list(kind: ViewedKind): readonly WireObject[];
  has(object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string | undefined;
    readonly name: string;
  }): boolean;
  /** That all of a namespace was asked about, or with none of the whole cluster; undefined where it was one object. */
  readonly whole: { readonly namespace?: string | undefined } | undefined;
  /** Steps through the topology from what was asked about: 0 for itself, undefined when it is not connected. Always 0 when nothing narrower than a namespace was asked. */
  distance(ref: ObjectRef): number | undefined;
}

/** Everything an analyzer may look at. `now` is milliseconds: the time of the capture, which for a snapshot is long ago. */
export type AnalysisContext = {
  readonly view: ClusterView;
  readonly topology: Topology;
  readonly scope: ScopeView;
  readonly now: number;
  readonly memory: readonly MemoryReading[];
  readonly observations: Observations;
};

/**
 * A finding before it is ranked and numbered. `pods` are the keys (`namespace/name`) of the pods in which it shows, `affects` other objects that suffer from it; a
 * finding explains those of a later stage that show in the same pods or objects. where `explains` is given, it explains findings of these codes
 * instead, of whatever stage. `support` begins with the fact it cannot do
 * without. `since` is milliseconds.
 */
export type FindingDraft = {
  readonly code: FindingCode;
  readonly object: ObjectRef;
  readonly summary: string;
  readonly cause: Finding['cause'];
  readonly recommendation?: Finding['recommendation'];
  readonly support: readonly [EvidenceDraft, ...EvidenceDraft[]];
  readonly grounds: Grounds;
  readonly pods: readonly string[];
  readonly affects?: readonly ObjectRef[];
  readonly explains?: readonly FindingCode[];
  /** Objects, or places in them (a finding's cause must lie below `path`), whose own findings explain this one whatever their stage: what the fault is told of a caller, and lies behind it. */
  readonly explainedBy?: readonly { readonly object: ObjectRef; readonly path?: string }[];
  readonly since?: number | undefined;
};

/** One failure family: pure, total over hostile objects, silent when the present state does not show it. `soFar` is what the families before it found. */
export type Analyzer = (context: AnalysisContext, soFar: readonly FindingDraft[]) => readonly FindingDraft[];

export function podKey(pod: WireObject): string {
  return `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
}
