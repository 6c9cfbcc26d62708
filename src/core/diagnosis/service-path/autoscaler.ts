import { isTerminating } from '../../cluster/pod.ts';
import type { FindingDraft } from '../analysis.ts';
import { atMaximum } from './autoscaler-maximum.ts';
import { metricsMissing } from './autoscaler-metrics.ts';
import { targetMissing } from './autoscaler-target.ts';
import type { ServicePathContext } from './service-path-context.ts';

/** `hpa-target-missing`, `hpa-metrics-missing`, `hpa-at-maximum`: an autoscaler that cannot act, or has no room left while the load asks for more. */
export function findAutoscalerFaults(context: ServicePathContext): readonly FindingDraft[] {
  return context.scope.list('HorizontalPodAutoscaler').flatMap((scaler) => {
    if (isTerminating(scaler)) return [];
    const found = targetMissing(context, scaler) ?? metricsMissing(context, scaler) ?? atMaximum(context, scaler);
    return found === undefined ? [] : [found];
  });
}
