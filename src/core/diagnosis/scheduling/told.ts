import type { FieldPath } from '../../cluster/field-path.ts';
import type { ObjectRef, WireObject } from '../../cluster/object.ts';
import type { Workload } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { FindingDraft } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import type { ClusterLoad } from './cluster-load.ts';
import type { PlacementCause } from './placement-causes.ts';

/** What a cause is told from: one pod of those that wait for the same reason, and the cluster it does not fit into. */
export type Telling = {
  readonly load: ClusterLoad;
  readonly now: number;
  readonly pod: WireObject;
  readonly podSpec: unknown;
  readonly workload: Workload;
  readonly cause: PlacementCause;
};

/** A cause in words. `path` leads into the pod spec, or from the top of `object` when that is given (it is the workload otherwise). */
export type Told = {
  readonly code: FindingCode;
  readonly path: FieldPath;
  readonly object?: ObjectRef;
  readonly observed: string;
  readonly expected: string;
  /** Ends the sentence `2 pods of Deployment shop/web fit on no node: …` */
  readonly why: string;
  readonly advice: string;
  readonly values?: NonNullable<FindingDraft['recommendation']>['values'];
  readonly support?: readonly EvidenceDraft[];
  readonly affects?: readonly ObjectRef[];
};

/** `n1, n2, n3 and 4 more`. */
export function listed(names: readonly string[], most = 3): string {
  return names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');
}

export function nodeNames(nodes: readonly { readonly node: WireObject }[]): string {
  return listed(nodes.map(({ node }) => node.metadata.name));
}

/** `all 3 nodes that are left`, `2 of 3 nodes`: how many of the nodes that were left to the pod a cause closes. */
export function share({ closed, among }: PlacementCause): string {
  if (closed.length !== among && among > 1) return `${closed.length} of ${among} nodes`;
  if (among === 1) return 'the only node that is left';
  return among === 2 ? 'both nodes that are left' : `all ${among} nodes that are left`;
}

/** The share with its verb: `all 3 nodes that are left are cordoned`, `1 of 3 nodes is cordoned`. */
export function shareDoes(cause: PlacementCause, one: string, many: string): string {
  const isOne = cause.among === 1 || (cause.closed.length === 1 && cause.among > 1);
  return `${share(cause)} ${isOne ? one : many}`;
}
