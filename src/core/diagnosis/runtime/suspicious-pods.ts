import type { WireObject } from '../../cluster/object.ts';
import { at, listAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';

/**
 * The same question with only the pods that may suffer from something now. Most pods of a large cluster run and were never restarted: each rule would read their
 * statuses again to find that out, so it is done once, by looks at single fields.
 */
export function withSuspiciousPods(context: AnalysisContext): AnalysisContext {
  const { scope } = context;
  const pods = scope.pods.filter(isSuspicious);
  return {
    ...context,
    scope: {
      pods,
      get workloads() {
        return scope.workloads;
      },
      list: (kind) => (kind === 'Pod' ? pods : scope.list(kind)),
      has: scope.has,
      whole: scope.whole,
      distance: scope.distance,
    },
  };
}

function isSuspicious(pod: WireObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return true;
  const status = at(pod, 'status');
  if (at(status, 'phase') !== 'Running') return true;
  return (
    listAt(status, 'containerStatuses').some((one) => at(one, 'ready') !== true || at(one, 'restartCount') !== 0) ||
    listAt(status, 'initContainerStatuses').some((one) => at(one, 'ready') !== true || at(one, 'restartCount') !== 0)
  );
}
