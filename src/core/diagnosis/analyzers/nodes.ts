import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { skewedNodes } from '../nodes/clock-skew.ts';
import { kubeProxyDown } from '../nodes/kube-proxy.ts';
import { networkDegradedNodes } from '../nodes/network-degraded.ts';
import { networkUnavailableNodes } from '../nodes/network-unavailable.ts';
import { notReadyNodes } from '../nodes/not-ready.ts';
import { nodesUnderPressure } from '../nodes/pressure.ts';
import { sandboxFailures } from '../nodes/sandbox-failures.ts';

/** What is wrong with nodes: the kubelet, the runtime, the network and its plugin, memory, disk and process ids, the clock, kube-proxy. */
export function analyzeNodes(context: AnalysisContext): readonly FindingDraft[] {
  return [
    ...notReadyNodes(context),
    ...nodesUnderPressure(context),
    ...networkUnavailableNodes(context),
    ...sandboxFailures(context),
    ...kubeProxyDown(context),
    ...skewedNodes(context),
    ...networkDegradedNodes(context),
  ];
}
