import type { ClusterView } from '../cluster/cluster-view.ts';
import type { ObjectRef, WireObject } from '../cluster/object.ts';
import type { EvidenceDraft } from '../evidence/draft.ts';
import type { Grounds } from './confidence.ts';
import type { Finding } from './investigation.ts';

/** The largest working set that was measured for a container, in bytes, over the window that was asked for. */
export type MemoryReading = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly peakBytes: number;
  readonly at: number;
};

/** What the question is about, as objects of the view: only these, and what they are connected with, may be blamed. */
export type ScopeView = {
  readonly pods: readonly WireObject[];
  readonly workloads: readonly WireObject[];
};

/** Everything an analyzer may look at. `now` is milliseconds: the time of the capture, which for a snapshot is long ago. */
export type AnalysisContext = {
  readonly view: ClusterView;
  readonly scope: ScopeView;
  readonly now: number;
  readonly memory: readonly MemoryReading[];
};

/**
 * A finding before it is ranked and numbered. `pods` are the keys (`namespace/name`) of the pods in which it shows; a cause explains the symptoms
 * that show in the same pods. `support` begins with the fact it cannot do without. `since` is milliseconds.
 */
export type FindingDraft = {
  readonly code: string;
  readonly role: 'cause' | 'symptom';
  readonly object: ObjectRef;
  readonly summary: string;
  readonly cause: Finding['cause'];
  readonly recommendation?: Finding['recommendation'];
  readonly support: readonly [EvidenceDraft, ...EvidenceDraft[]];
  readonly grounds: Grounds;
  readonly pods: readonly string[];
  readonly since?: number | undefined;
};

/** One failure family: pure, total over hostile objects, silent when the present state does not show it. */
export type Analyzer = (context: AnalysisContext) => readonly FindingDraft[];

export function podKey(pod: WireObject): string {
  return `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
}
