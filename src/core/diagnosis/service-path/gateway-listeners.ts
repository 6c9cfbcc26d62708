import type { WireObject } from '../../cluster/object.ts';
import { at, recordsAt, textAt } from '../../cluster/wire.ts';
import type { FindingDraft } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { isAbsent, namesOf } from './absence.ts';
import { badConditions, gatewayFinding, type Said } from './gateway-status.ts';
import type { ServicePathContext } from './service-path-context.ts';

/** Until the controller has looked, a condition says `Unknown` or `Pending`; it has this long. */
const pendingMs = 5 * 60_000;

export function gatewayFaults(context: ServicePathContext, gateway: WireObject): readonly FindingDraft[] {
  const { view, now } = context;
  const className = textAt(gateway, 'spec', 'gatewayClassName');
  if (className !== undefined && isAbsent(view, 'GatewayClass', undefined, className)) {
    const names = namesOf(view, 'GatewayClass', undefined);
    const near = nearestName(className, names) ?? (names.length === 1 ? names[0] : undefined);
    return [
      gatewayFinding(context, 'gateway-route-rejected', gateway, {
        place: { path: 'spec.gatewayClassName', observed: className, expected: near ?? 'a GatewayClass that exists' },
        says: `GatewayClass ${className} does not exist, so no controller serves it`,
        facts: [`gatewayClassName ${className}`],
        agree: true,
        since: undefined,
      }),
    ];
  }
  const listeners = recordsAt(gateway, 'status', 'listeners').flatMap(({ record }) => {
    const said = badConditions(
      gateway,
      record,
      (type, status) =>
        (status === 'False' && (type === 'ResolvedRefs' || type === 'Accepted')) ||
        (status === 'True' && type === 'Conflicted'),
    );
    return said.map((one) => ({ said: one, name: textAt(record, 'name') ?? '' }));
  });
  if (listeners.length > 0)
    return listeners.slice(0, 3).map(({ said, name }) => listenerFault(context, gateway, said, name));
  const whole = badConditions(
    gateway,
    at(gateway, 'status'),
    (type, status) => status === 'False' && (type === 'Accepted' || type === 'Programmed'),
  );
  const [said] = whole.filter(
    ({ reason, since }) => reason !== 'Pending' || (since !== undefined && now - since > pendingMs),
  );
  if (said === undefined) return [];
  return [
    gatewayFinding(context, 'gateway-route-rejected', gateway, {
      place: { path: 'spec', observed: `${said.type}=False ${said.reason}`, expected: `${said.type}=True` },
      says: `its controller says ${said.type}=False (${said.reason}${said.message === '' ? '' : `: ${said.message}`})`,
      facts: [`${said.type}=False, ${said.reason}: ${said.message}`],
      agree: whole.length > 1,
      since: said.since,
    }),
  ];
}

function listenerFault(context: ServicePathContext, gateway: WireObject, said: Said, name: string): FindingDraft {
  const listener = recordsAt(gateway, 'spec', 'listeners').find(({ record }) => record.name === name);
  const path = `spec.listeners[${listener?.index ?? 0}]`;
  const secret = textAt(recordsAt(listener?.record, 'tls', 'certificateRefs')[0]?.record, 'name');
  const isTls = said.reason === 'InvalidCertificateRef' && secret !== undefined;
  return gatewayFinding(context, isTls ? 'tls-secret-missing' : 'gateway-route-rejected', gateway, {
    place: isTls
      ? {
          path: `${path}.tls.certificateRefs[0].name`,
          observed: secret,
          expected: `a TLS Secret ${secret} that the Gateway may read`,
        }
      : { path, observed: `${said.type}: ${said.reason}`, expected: `listener ${name} without ${said.reason}` },
    says: `listener ${name} says ${said.reason}${said.message === '' ? '' : ` (${said.message})`}`,
    facts: [`listener ${name}: ${said.type}, ${said.reason}: ${said.message}`],
    agree: true,
    since: said.since,
  });
}
