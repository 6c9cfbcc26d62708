import type { WireObject } from '../../cluster/object.ts';

/** What was read right before a change is prepared: the target, and the ReplicaSets of its namespace (those of others are left out here). */
export type Live = { readonly target: WireObject; readonly replicaSets: readonly WireObject[] };
