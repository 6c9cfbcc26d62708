import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { findAutoscalerFaults } from '../service-path/autoscaler.ts';
import { findCertificateFaults } from '../service-path/certificates.ts';
import { isDns } from '../service-path/cluster-dns.ts';
import { createConnectionFailures } from '../service-path/connection-failures.ts';
import { findBlockingBudgets } from '../service-path/disruption-budget.ts';
import { findDnsFaults } from '../service-path/dns.ts';
import { findGatewayFaults } from '../service-path/gateway.ts';
import { findIngressFaults } from '../service-path/ingress.ts';
import { findIngressConflicts } from '../service-path/ingress-conflict.ts';
import { findNoReadyEndpoints } from '../service-path/no-ready-endpoints.ts';
import { findBlockingPolicies } from '../service-path/policy-blocks.ts';
import { findScaledToZero } from '../service-path/scaled-to-zero.ts';
import { findSelectorMismatches } from '../service-path/selector-mismatch.ts';
import { createServiceMap } from '../service-path/service-map.ts';
import type { ServicePathContext } from '../service-path/service-path-context.ts';
import { findPortFaults } from '../service-path/target-port.ts';
import { findMissingTlsSecrets } from '../service-path/tls.ts';

/** The family of the service path: from a name and an entry through Services, ports and policies to the pods, and what keeps their number right. */
export function analyzeServicePath(
  given: AnalysisContext,
  soFar: readonly FindingDraft[] = [],
): readonly FindingDraft[] {
  const context: ServicePathContext = {
    ...given,
    services: createServiceMap(given.view, given.topology),
    failures: createConnectionFailures(given),
    soFar,
  };
  const dns = findDnsFaults(context);
  const named = new Set(dns.flatMap(({ affects = [] }) => affects.map(({ name }) => name)));
  // What is wrong with the name servers' own Service or workload is told once, by what it means.
  const others = [
    ...findSelectorMismatches(context),
    ...findPortFaults(context),
    ...findNoReadyEndpoints(context),
    ...findScaledToZero(context),
  ].filter(({ object }) => {
    const found = context.view.get(object);
    return found === undefined || !isDns(found) || !named.has(object.name);
  });
  return [
    ...dns,
    ...others,
    ...findBlockingPolicies(context),
    ...findIngressFaults(context),
    ...findIngressConflicts(context),
    ...findMissingTlsSecrets(context),
    ...findGatewayFaults(context),
    ...findCertificateFaults(context),
    ...findAutoscalerFaults(context),
    ...findBlockingBudgets(context),
  ];
}
