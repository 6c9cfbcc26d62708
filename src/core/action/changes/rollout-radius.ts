import type { BlastRadius } from '../change.ts';
import type { DeploymentView } from './deployment.ts';

/** How far a change of the pod template reaches: one object, and every pod that should run, replaced as the strategy says. */
export function rolloutRadius({ ref, replicas, strategy }: DeploymentView): BlastRadius {
  return { objects: 1, pods: replicas, summary: `${ref}: ${sayReplacement({ replicas, strategy })}` };
}

function sayReplacement({ replicas, strategy }: Pick<DeploymentView, 'replicas' | 'strategy'>): string {
  if (replicas === 0) return 'it is scaled to 0, so no pod is replaced.';
  const pods = replicas === 1 ? 'its 1 pod is' : `its ${replicas} pods are`;
  if (strategy.type === 'Recreate') {
    return `${pods} stopped before new ones start (strategy Recreate), so nothing serves meanwhile.`;
  }
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate;
  return `${pods} replaced step by step, at most ${maxUnavailable} unavailable (maxUnavailable) and ${maxSurge} extra (maxSurge).`;
}
