import type { WireObject } from '../../cluster/object.ts';
import type { ContainerList } from '../../cluster/pod.ts';
import type { Taint, TaintNature } from '../../cluster/taint.ts';

/** How the pods that a spread constraint counts are spread: one entry per domain, fewest first. */
export type DomainCount = { readonly domain: string; readonly count: number };

/** One reason why a node cannot take a pod, with what it was decided from. Each is one filter of the scheduler. */
export type Obstacle =
  | { readonly is: 'node-selector' }
  | { readonly is: 'node-affinity' }
  | { readonly is: 'volume'; readonly volume: WireObject }
  | { readonly is: 'cordon' }
  | { readonly is: 'taint'; readonly taint: Taint; readonly nature: TaintNature }
  | {
      readonly is: 'resource';
      readonly resource: string;
      readonly asked: number;
      /** What is left of `allocatable` by the pods that were read: the truth may be less, never more. */
      readonly free: number;
      readonly allocatable: number;
    }
  | { readonly is: 'pod-limit'; readonly limit: number; readonly running: number }
  | {
      readonly is: 'host-port';
      readonly port: number;
      readonly protocol: string;
      readonly place: { readonly list: ContainerList; readonly container: number; readonly index: number };
      readonly holder: WireObject;
    }
  | { readonly is: 'pod-affinity'; readonly term: number }
  | { readonly is: 'pod-anti-affinity'; readonly term: number; readonly holder: WireObject }
  | { readonly is: 'foreign-anti-affinity'; readonly holder: WireObject }
  | {
      readonly is: 'topology-spread';
      readonly constraint: number;
      /** The value of the topology key, undefined when the node lacks that label. */
      readonly domain: string | undefined;
      readonly counts: readonly DomainCount[];
    }
  | { readonly is: 'attach-limit'; readonly driver: string; readonly limit: number; readonly attached: number };

/** What one would have to give up for the obstacle to go away. Obstacles of one name on several nodes are one cause. */
export type Constraint =
  | Exclude<Obstacle['is'], 'taint' | 'resource'>
  | 'platform-taint'
  | 'control-plane-taint'
  | 'taint'
  | `resource ${string}`;

export function constraintOf(obstacle: Obstacle): Constraint {
  switch (obstacle.is) {
    case 'resource':
      return `resource ${obstacle.resource}`;
    case 'taint':
      return obstacle.nature === 'dedicated' ? 'taint' : `${obstacle.nature}-taint`;
    default:
      return obstacle.is;
  }
}

/** What one node says to a pod. `unknown`: constraints that could not be decided, because not every pod was read. */
export type NodeReport = {
  readonly node: WireObject;
  readonly obstacles: readonly Obstacle[];
  readonly unknown: readonly Constraint[];
};
