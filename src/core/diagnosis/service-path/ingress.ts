import { knownRef } from '../../cluster/kinds.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { type ServicePort, servicePortsOf } from '../../cluster/service.ts';
import { parseTime, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { FindingDraft } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { fromObject } from '../support.ts';
import { isAbsent, namesOf, saysAbsent } from './absence.ts';
import { hasAddress, type IngressBackend, ingressBackendsOf, ingressClassOf } from './ingress-backends.ts';
import { firingAbout, type ServicePathContext, sufferedByCallers } from './service-path-context.ts';
import { eventsSaying, logsSaying } from './told.ts';

/** `ingress-backend-missing`, `ingress-port-mismatch`, `ingress-class-missing`: what an Ingress names is looked up. */
export function findIngressFaults(context: ServicePathContext): readonly FindingDraft[] {
  return context.scope.list('Ingress').flatMap((ingress) => {
    if (isTerminating(ingress)) return [];
    const faults = backendFaults(context, ingress);
    const byClass = classFault(context, ingress);
    return byClass === undefined ? faults : [byClass, ...faults];
  });
}

/** One finding per Service that is missing, or port that it does not have, however many paths name it. */
function backendFaults(context: ServicePathContext, ingress: WireObject): readonly FindingDraft[] {
  const seen = new Set<string>();
  return ingressBackendsOf(ingress).flatMap((backend) => {
    const key = `${backend.service}\n${backend.port ?? ''}`;
    // The load balancer controller of AWS writes names of actions where names of Services stand.
    if (seen.has(key) || backend.port === 'use-annotation') return [];
    seen.add(key);
    const service = context.view.get(knownRef('Service', ingress.metadata.namespace, backend.service));
    const found =
      service === undefined ? missing(context, ingress, backend) : wrongPort(context, ingress, backend, service);
    return found === undefined ? [] : [found];
  });
}

function missing(context: ServicePathContext, ingress: WireObject, backend: IngressBackend): FindingDraft | undefined {
  const { view, now } = context;
  const ref = refOf(ingress);
  const namespace = ingress.metadata.namespace ?? '';
  const { service } = backend;
  const told = [
    ...eventsSaying(context, ingress, (message) => saysAbsent(message, service)),
    ...logsSaying(context, (line) => line.includes(`${namespace}/${service}`) && saysAbsent(line, service)),
  ];
  const absent = isAbsent(view, 'Service', namespace, service);
  if (!absent && told.length === 0) return undefined;
  const near = nearestName(service, namesOf(view, 'Service', namespace));
  return {
    code: 'ingress-backend-missing',
    object: ref,
    summary: `${sayRef(ref)} sends ${sayPlace(backend)} to Service ${service}, which does not exist${near === undefined ? '' : `; there is a Service ${near}`}.`,
    cause: {
      path: `${backend.path}.name`,
      observed: service,
      expected: near ?? `a Service that exists in namespace ${namespace}`,
    },
    recommendation: {
      text:
        near === undefined
          ? `Create Service ${namespace}/${service}, or send to one that exists.`
          : `Send to Service ${near}.`,
    },
    support: [
      fromObject(ingress, now, `${sayPlace(backend)} goes to Service ${service}`),
      ...told.slice(0, 2),
      ...nearSupport(context, namespace, near),
      ...callerFailures(context, ingress),
    ],
    grounds: { basis: absent ? 'stated' : 'likely', current: true, repeated: absent || told.length > 1 },
    pods: [],
    affects: [ref, knownRef('Service', namespace, service)],
    explains: sufferedByCallers,
  };
}

function nearSupport(
  { view, now }: ServicePathContext,
  namespace: string,
  near: string | undefined,
): readonly EvidenceDraft[] {
  const service = near === undefined ? undefined : view.get(knownRef('Service', namespace, near));
  return service === undefined ? [] : [fromObject(service, now, 'it exists, and its name is near')];
}

/** Failed checks of the hosts that an Ingress serves. */
function callerFailures({ observations, now }: ServicePathContext, ingress: WireObject): readonly EvidenceDraft[] {
  const hosts = new Set(ingressBackendsOf(ingress).flatMap(({ host }) => host ?? []));
  return observations.probes
    .filter(({ host, ok }) => ok === false && hosts.has(host))
    .slice(0, 2)
    .map((probe) => ({
      kind: 'metric' as const,
      source: `connectivity check from ${probe.from}`,
      object: refOf(ingress),
      at: now,
      summary: `${probe.from} cannot reach ${probe.host}:${probe.port}${probe.error === undefined ? '' : `: ${probe.error.slice(0, 200)}`}`,
      from: { ...probe },
    }));
}

function wrongPort(
  context: ServicePathContext,
  ingress: WireObject,
  backend: IngressBackend,
  service: WireObject,
): FindingDraft | undefined {
  const { now } = context;
  const ports = servicePortsOf(service);
  const { port } = backend;
  if (port === undefined || ports.length === 0 || textAt(service, 'spec', 'type') === 'ExternalName') return undefined;
  if (ports.some(({ port: number, name }) => number === port || name === port)) return undefined;
  const ref = refOf(ingress);
  const meant = meantPort(port, ports);
  const field = typeof port === 'number' ? 'number' : 'name';
  // ingress-nginx finds a port by its targetPort too; other controllers, and the API, do not.
  const isTarget = ports.some(({ targetPort }) => String(targetPort) === String(port));
  const works = isTarget && /nginx/i.test(ingressClassOf(ingress)?.name ?? '');
  const isFelt =
    callerFailures(context, ingress).length > 0 ||
    [ref, refOf(service)].some((one) => firingAbout(context, one).length > 0);
  if (works && !isFelt) return undefined;
  const facts = context.services.of(service);
  return {
    code: 'ingress-port-mismatch',
    object: ref,
    summary: `${sayRef(ref)} sends ${sayPlace(backend)} to port ${port} of ${sayRef(refOf(service))}, which has ${sayServicePorts(ports)}${isTarget ? ` (${port} is the port of its pods, not its own)` : ''}.`,
    cause: {
      path: `${backend.path}.port.${field}`,
      observed: String(port),
      expected:
        meant === undefined
          ? sayServicePorts(ports)
          : String(field === 'name' ? (meant.name ?? meant.port) : meant.port),
    },
    recommendation: { text: `Name a port of ${sayRef(refOf(service))}: ${sayServicePorts(ports)}.` },
    support: [
      fromObject(ingress, now, `${sayPlace(backend)} goes to port ${port} of Service ${backend.service}`),
      fromObject(service, now, `its ports are ${sayServicePorts(ports)}`),
      ...callerFailures(context, ingress),
    ],
    grounds: { basis: works ? 'inferred' : 'stated', current: true, repeated: true },
    pods: [],
    affects: [ref],
    explains: sufferedByCallers.filter((code) => code !== 'service-no-ready-endpoints' || facts.pods.length === 0),
  };
}

function meantPort(port: number | string, ports: readonly ServicePort[]): ServicePort | undefined {
  const byTarget = ports.find(({ targetPort }) => String(targetPort) === String(port));
  const near =
    typeof port === 'string'
      ? nearestName(
          port,
          ports.flatMap(({ name }) => name ?? []),
        )
      : undefined;
  return (
    byTarget ??
    ports.find(({ name }) => near !== undefined && name === near) ??
    (ports.length === 1 ? ports[0] : undefined)
  );
}

function sayServicePorts(ports: readonly ServicePort[]): string {
  return ports
    .slice(0, 5)
    .map(({ name, port }) => (name === undefined ? String(port) : `${name} ${port}`))
    .join(', ');
}

function sayPlace({ host, urlPath }: IngressBackend): string {
  if (urlPath === undefined) return 'what no rule fits';
  return `${host ?? '*'}${urlPath}`;
}

const isDefaultClass = 'ingressclass.kubernetes.io/is-default-class';
/** Controllers take this long to give an Ingress its address. */
const adoptionMs = 5 * 60_000;

function classFault(context: ServicePathContext, ingress: WireObject): FindingDraft | undefined {
  const { view, now } = context;
  if (!view.hasAll('IngressClass')) return undefined;
  const ref = refOf(ingress);
  const asked = ingressClassOf(ingress);
  const classes = view.list('IngressClass');
  const names = classes.map(({ metadata }) => metadata.name);
  const addressed = hasAddress(ingress);
  const created = parseTime(ingress.metadata.creationTimestamp);
  const common = {
    code: 'ingress-class-missing' as const,
    object: ref,
    pods: [],
    affects: [ref],
    explains: sufferedByCallers,
  };
  if (asked?.by === 'spec' && !names.includes(asked.name)) {
    const near = nearestName(asked.name, names) ?? (names.length === 1 ? names[0] : undefined);
    return {
      ...common,
      summary: `${sayRef(ref)} asks for IngressClass ${asked.name}, which does not exist, so no controller serves it${near === undefined ? '' : `; there is ${near}`}.`,
      cause: { path: 'spec.ingressClassName', observed: asked.name, expected: near ?? sayClasses(names) },
      support: [
        fromObject(ingress, now, `class ${asked.name}${addressed ? '' : ', no address'}`),
        ...classes.slice(0, 2).map((one) => fromObject(one, now, 'it exists')),
        ...callerFailures(context, ingress),
      ],
      // An address may be left from before; it may also be that a controller serves the class without an object for it.
      grounds: { basis: addressed ? 'likely' : 'stated', current: true, repeated: !addressed },
    };
  }
  if (asked !== undefined || addressed) return undefined;
  if (classes.some(({ metadata }) => metadata.annotations?.[isDefaultClass] === 'true')) return undefined;
  if (created !== undefined && now - created < adoptionMs) return undefined;
  // Some controllers take Ingresses without a class: then others like this one would have an address.
  const others = view.list('Ingress').filter((other) => other !== ingress && hasAddress(other));
  if (others.some((other) => ingressClassOf(other) === undefined)) return undefined;
  return {
    ...common,
    summary: `${sayRef(ref)} names no IngressClass and none is the default, so no controller serves it.`,
    cause: {
      path: 'spec.ingressClassName',
      observed: 'not set',
      expected: names.length === 1 ? (names[0] ?? '') : sayClasses(names),
    },
    support: [
      fromObject(ingress, now, 'no class, no address'),
      ...classes.slice(0, 2).map((one) => fromObject(one, now, 'it is not the default class')),
      ...callerFailures(context, ingress),
    ],
    grounds: {
      basis: others.length > 0 && names.length > 0 ? 'stated' : 'likely',
      current: true,
      repeated: others.length > 0 || callerFailures(context, ingress).length > 0,
    },
  };
}

function sayClasses(names: readonly string[]): string {
  return names.length === 0 ? 'an IngressClass that exists' : `one of ${names.toSorted().slice(0, 4).join(', ')}`;
}
