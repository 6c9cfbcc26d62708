import { conditionOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, podKey } from '../analysis.ts';

/** Keys of the pods on a node that suffer now: not ready, or asked to go and still there. */
export function unwellPodsOn({ view }: AnalysisContext, node: string): readonly string[] {
  return view
    .list('Pod')
    .filter((pod) => textAt(pod, 'spec', 'nodeName') === node)
    .filter((pod) => {
      const phase = phaseOf(pod);
      if (phase === 'Succeeded') return false;
      return isTerminating(pod) || phase !== 'Running' || conditionOf(pod, 'Ready')?.status !== 'True';
    })
    .map(podKey);
}
