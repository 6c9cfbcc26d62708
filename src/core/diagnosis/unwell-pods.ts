import type { WireObject } from '../cluster/object.ts';
import { containerStatusesOf } from '../cluster/pod.ts';
import type { AnalysisContext } from './analysis.ts';

/** The same question, with only those pods that have something to look at: every rule of a family would else go through all that are well. */
export function withUnwellPods(context: AnalysisContext): AnalysisContext {
  return { ...context, scope: { ...context.scope, pods: context.scope.pods.filter(mayBeUnwell) } };
}

function mayBeUnwell(pod: WireObject): boolean {
  const statuses = containerStatusesOf(pod);
  return (
    statuses.length === 0 ||
    statuses.some(({ ready, state, restartCount, list }) => {
      const isDone = list === 'initContainers' && state.is === 'terminated' && state.end.exitCode === 0;
      return !isDone && (ready !== true || state.is !== 'running' || restartCount > 0);
    })
  );
}
