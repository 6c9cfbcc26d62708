import { isTerminating } from '../../cluster/pod.ts';
import type { FindingDraft } from '../analysis.ts';
import { gatewayFaults } from './gateway-listeners.ts';
import { routeFaults } from './gateway-route.ts';
import type { ServicePathContext } from './service-path-context.ts';

/** `gateway-route-rejected`, and `tls-secret-missing` of a Gateway: what the Gateway API's own status says, with the field that it speaks of looked up. */
export function findGatewayFaults(context: ServicePathContext): readonly FindingDraft[] {
  return [
    ...context.scope.list('HTTPRoute').flatMap((route) => (isTerminating(route) ? [] : routeFaults(context, route))),
    ...context.scope
      .list('Gateway')
      .flatMap((gateway) => (isTerminating(gateway) ? [] : gatewayFaults(context, gateway))),
  ];
}
