import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { servicePortsOf } from '../../cluster/service.ts';
import { listAt, numberAt, recordsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import type { FindingDraft } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { isAbsent, namesOf } from './absence.ts';
import { badConditions, gatewayFinding, type Place, type Said } from './gateway-status.ts';
import type { ServicePathContext } from './service-path-context.ts';

export function routeFaults(context: ServicePathContext, route: WireObject): readonly FindingDraft[] {
  const parents = recordsAt(route, 'status', 'parents').flatMap(({ record }) => {
    const said = badConditions(
      route,
      record,
      (type, status) => status === 'False' && (type === 'Accepted' || type === 'ResolvedRefs'),
    );
    return said.map((one) => ({ said: one, parent: record.parentRef }));
  });
  const [first] = parents;
  const place = brokenReference(context, route);
  if (first === undefined && place === undefined) return [];
  const parent = textAt(first?.parent, 'name');
  const where = placeOf(context, route, first?.said, place);
  const said =
    first === undefined
      ? undefined
      : `${first.said.type}=False (${first.said.reason}${first.said.message === '' ? '' : `: ${first.said.message}`})`;
  return [
    gatewayFinding(context, 'gateway-route-rejected', route, {
      place: where,
      says: said === undefined ? `${where.observed} does not exist` : `Gateway ${parent ?? ''} says ${said}`,
      facts: parents
        .slice(0, 3)
        .map(({ said: one }) => `${one.type}=False, ${one.reason}${one.message === '' ? '' : `: ${one.message}`}`),
      agree: first !== undefined && place !== undefined,
      since: first?.said.since,
    }),
  ];
}

/** The first reference of a route that leads nowhere by the objects themselves. */
function brokenReference({ view }: ServicePathContext, route: WireObject): Place | undefined {
  const own = route.metadata.namespace;
  for (const { index, record: parent } of recordsAt(route, 'spec', 'parentRefs')) {
    const name = textAt(parent, 'name');
    const namespace = textAt(parent, 'namespace') ?? own;
    if (name === undefined || (textAt(parent, 'kind') ?? 'Gateway') !== 'Gateway') continue;
    const path = `spec.parentRefs[${index}]`;
    if (isAbsent(view, 'Gateway', namespace, name)) {
      const near = nearestName(name, namesOf(view, 'Gateway', namespace));
      return {
        path: `${path}.name`,
        observed: name,
        expected: near ?? `a Gateway that exists in namespace ${namespace ?? ''}`,
      };
    }
    const gateway = view.get(knownRef('Gateway', namespace, name));
    const section = textAt(parent, 'sectionName');
    const listeners = recordsAt(gateway, 'spec', 'listeners').flatMap(({ record }) => textAt(record, 'name') ?? []);
    if (section !== undefined && listeners.length > 0 && !listeners.includes(section))
      return {
        path: `${path}.sectionName`,
        observed: section,
        expected: nearestName(section, listeners) ?? `one of ${listeners.slice(0, 5).join(', ')}`,
      };
  }
  for (const { index: rule, record } of recordsAt(route, 'spec', 'rules')) {
    for (const { index, record: backend } of recordsAt(record, 'backendRefs')) {
      const found = brokenBackend(view, backend, own, `spec.rules[${rule}].backendRefs[${index}]`);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function brokenBackend(
  view: ServicePathContext['view'],
  backend: WireRecord,
  own: string | undefined,
  path: string,
): Place | undefined {
  const name = textAt(backend, 'name');
  if (
    name === undefined ||
    (textAt(backend, 'kind') ?? 'Service') !== 'Service' ||
    textAt(backend, 'group') !== undefined
  )
    return undefined;
  const namespace = textAt(backend, 'namespace') ?? own;
  if (isAbsent(view, 'Service', namespace, name)) {
    const near = nearestName(name, namesOf(view, 'Service', namespace));
    return {
      path: `${path}.name`,
      observed: name,
      expected: near ?? `a Service that exists in namespace ${namespace ?? ''}`,
    };
  }
  const service = view.get(knownRef('Service', namespace, name));
  const ports = service === undefined ? [] : servicePortsOf(service);
  const port = numberAt(backend, 'port');
  if (port === undefined || ports.length === 0 || ports.some((one) => one.port === port)) return undefined;
  const meant = ports.find(({ targetPort }) => targetPort === port) ?? (ports.length === 1 ? ports[0] : undefined);
  return {
    path: `${path}.port`,
    observed: String(port),
    expected:
      meant === undefined
        ? ports
            .map((one) => one.port)
            .slice(0, 5)
            .join(', ')
        : String(meant.port),
  };
}

function placeOf(
  context: ServicePathContext,
  route: WireObject,
  said: Said | undefined,
  broken: Place | undefined,
): Place {
  if (broken !== undefined) return broken;
  switch (said?.reason) {
    case 'BackendNotFound':
      return firstBackend(route, 'name', 'a Service that exists');
    case 'RefNotPermitted':
      return foreignBackend(route);
    case 'InvalidKind':
      return firstBackend(route, 'kind', 'a kind that the Gateway supports, such as Service');
    case 'NoMatchingListenerHostname': {
      const hosts = recordsAt(context.view.get(firstGateway(route) ?? refOf(route)), 'spec', 'listeners').flatMap(
        ({ record }) => textAt(record, 'hostname') ?? [],
      );
      return {
        path: 'spec.hostnames',
        observed: hostnamesOf(route).slice(0, 3).join(', ') || 'not set',
        expected:
          hosts.length === 0
            ? 'a host name that a listener of the Gateway takes'
            : `a host name within ${hosts.slice(0, 3).join(', ')}`,
      };
    }
    case 'NotAllowedByListeners':
      return {
        path: 'spec.parentRefs[0]',
        observed: `namespace ${route.metadata.namespace ?? ''}`,
        expected: 'a Gateway whose listeners allow routes from this namespace (listeners[].allowedRoutes)',
      };
    default:
      return {
        path: 'spec.parentRefs[0]',
        observed: textAt(recordsAt(route, 'spec', 'parentRefs')[0]?.record, 'name') ?? 'not set',
        expected: 'a parent that accepts the route',
      };
  }
}

function hostnamesOf(route: WireObject): readonly string[] {
  return listAt(route, 'spec', 'hostnames').filter((host) => typeof host === 'string');
}

function firstGateway(route: WireObject): ObjectRef | undefined {
  const parent = recordsAt(route, 'spec', 'parentRefs')[0]?.record;
  const name = textAt(parent, 'name');
  return name === undefined
    ? undefined
    : knownRef('Gateway', textAt(parent, 'namespace') ?? route.metadata.namespace, name);
}

function firstBackend(route: WireObject, field: 'name' | 'kind', expected: string): Place {
  const backend = recordsAt(recordsAt(route, 'spec', 'rules')[0]?.record, 'backendRefs')[0]?.record;
  return { path: `spec.rules[0].backendRefs[0].${field}`, observed: textAt(backend, field) ?? 'not set', expected };
}

function foreignBackend(route: WireObject): Place {
  for (const { index: rule, record } of recordsAt(route, 'spec', 'rules')) {
    for (const { index, record: backend } of recordsAt(record, 'backendRefs')) {
      const namespace = textAt(backend, 'namespace');
      if (namespace !== undefined && namespace !== route.metadata.namespace)
        return {
          path: `spec.rules[${rule}].backendRefs[${index}].namespace`,
          observed: namespace,
          expected: `a ReferenceGrant in namespace ${namespace} for HTTPRoutes of ${route.metadata.namespace ?? ''}, or a Service of the route's own namespace`,
        };
    }
  }
  return firstBackend(route, 'name', 'a reference that is permitted');
}
