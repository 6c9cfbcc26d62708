import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { apiServerFaults } from '../control-plane/api-server.ts';
import { unavailableApiServices } from '../control-plane/api-services.ts';
import { controllerManagerDown } from '../control-plane/controller-manager.ts';
import { etcdFaults } from '../control-plane/etcd.ts';

/** What is wrong with the control plane. A scheduler that does not run is told by the scheduling family, which sees the pods that wait for it. */
export function analyzeControlPlane(context: AnalysisContext): readonly FindingDraft[] {
  return [
    ...etcdFaults(context),
    ...apiServerFaults(context),
    ...controllerManagerDown(context),
    ...unavailableApiServices(context),
  ];
}
