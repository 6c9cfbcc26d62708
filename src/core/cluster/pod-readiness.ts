import type { WireObject } from './object.ts';
import { conditionOf, isTerminating, phaseOf } from './pod.ts';

/** A pod that is meant to serve: not asked to go, not at its end. */
export function isLivePod(pod: WireObject): boolean {
  const phase = phaseOf(pod);
  return !isTerminating(pod) && phase !== 'Succeeded' && phase !== 'Failed';
}

/** Whether the pod counts as ready for Services; undefined when its status does not say. */
export function readinessOf(pod: WireObject): boolean | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status === undefined) return phaseOf(pod) === 'Pending' ? false : undefined;
  return ready.status === 'True';
}
