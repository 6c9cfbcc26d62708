import type { WireObject } from '../core/cluster/object.ts';
import type { Problem } from '../core/result.ts';

/**
 * Follows the Warning events of a cluster.
 *
 * `watch` gives those that are there (as far as they are few), then each new one, until `signal` is aborted; only then does it resolve. It never rejects for what server or network
 * do: it connects again, at growing intervals, lists anew when its place in the history is gone, and says through `onState` when it lost the events and when it has them again,
 * each once. Events may come twice or out of order; some may be missing after a break. `onEvent` must be quick and not throw.
 */
export interface EventWatch {
  watch(options: {
    /** Absent: the whole cluster. */
    readonly namespace?: string;
    readonly onEvent: (event: WireObject) => void;
    readonly onState: (state: WatchState) => void;
    readonly signal: AbortSignal;
  }): Promise<void>;
}

export type WatchState = { readonly is: 'following' } | { readonly is: 'lost'; readonly problem: Problem };
