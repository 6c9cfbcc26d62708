import { sayRef, type WireObject } from '../../cluster/object.ts';
import { readinessOf } from '../../cluster/pod-readiness.ts';
import {
  type DeclaredPort,
  declaredPortsOf,
  hasContainers,
  isHeadless,
  resolveTargetPort,
  type ServicePort,
} from '../../cluster/service.ts';
import { at, booleanAt } from '../../cluster/wire.ts';
import { isOfPresentTemplate } from '../../cluster/workload.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { fromObject } from '../support.ts';
import { looksLike } from './looks-like.ts';
import { type PortCase, type PortFault, sayPorts } from './port-case.ts';
import { mismatchOf } from './selector-mismatch.ts';
import type { ServiceFacts } from './service-map.ts';
import { type ServicePathContext, sufferedByCallers, usersOf } from './service-path-context.ts';
import { undeclaredTarget } from './undeclared-target.ts';

/**
 * `service-named-port-missing`, `service-protocol-mismatch`, `service-port-mismatch`: what a Service sends to is compared with what its pods
 * have. A missing name is certain, since nothing resolves it; a number that no container declares is only likely, since declaring is optional.
 */
export function findPortFaults(context: ServicePathContext): readonly FindingDraft[] {
  return context.scope.list('Service').flatMap((service) => {
    const facts = context.services.of(service);
    // Callers of a headless Service connect to its pods themselves: what it says of ports is not used.
    if (
      facts.selector === undefined ||
      facts.pods.length === 0 ||
      isHeadless(service) ||
      mismatchOf(context, facts) !== undefined
    )
      return [];
    const pods = presentPods(context, facts);
    if (pods.length === 0) return [];
    const failures = context.failures.to(service);
    const declared = pods.flatMap((pod) => declaredPortsOf(at(pod, 'spec')));
    return facts.ports.flatMap((port) => {
      const found = faultOf(context, { facts, port, pods, declared, failures });
      return found === undefined ? [] : [draft(context, { facts, port, pods, declared, failures }, found)];
    });
  });
}

const perController = 3;

/**
 * Pods of today's templates, a few of each controller: what former revisions declared is on its way out. Those whose containers were not read, and
 * those on the host's network, tell nothing.
 */
function presentPods({ view }: ServicePathContext, { pods }: ServiceFacts): readonly WireObject[] {
  const present = new Map<string, boolean>();
  const taken = new Map<string, number>();
  return pods.filter((pod) => {
    const controller =
      pod.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid ?? pod.metadata.name;
    const count = taken.get(controller) ?? 0;
    if (count >= perController || !hasContainers(at(pod, 'spec')) || booleanAt(pod, 'spec', 'hostNetwork') === true)
      return false;
    const isPresent = present.get(controller) ?? isOfPresentTemplate(view, pod, () => true);
    present.set(controller, isPresent);
    taken.set(controller, count + 1);
    return isPresent;
  });
}

function faultOf(context: ServicePathContext, found: PortCase): PortFault | undefined {
  const { port, pods } = found;
  if (typeof port.targetPort === 'number') return numberFault(context, found, port.targetPort);
  return pods.some((pod) => resolveTargetPort(port, at(pod, 'spec')) !== undefined)
    ? undefined
    : nameFault(found, port.targetPort);
}

function nameFault({ port, pods, declared, facts, failures }: PortCase, name: string): PortFault {
  const otherwise = declared.find((one) => one.name === name);
  const isEmpty = facts.endpoints.objects.length > 0 && facts.endpoints.ready + facts.endpoints.notReady === 0;
  const seconded = pods.length > 1 || isEmpty || failures.length > 0;
  if (otherwise !== undefined) {
    return {
      code: 'service-protocol-mismatch',
      field: 'protocol',
      observed: port.protocol,
      expected: otherwise.protocol,
      why: `it sends ${port.protocol} to port ${name}, and container ${otherwise.container} has that port for ${otherwise.protocol}`,
      basis: 'stated',
      seconded: true,
      signs: [`port ${name} is ${otherwise.number}/${otherwise.protocol}`],
    };
  }
  const meant = meantByName(port, name, declared);
  return {
    code: 'service-named-port-missing',
    field: 'targetPort',
    observed: name,
    expected:
      meant === undefined ? 'the name or number of a port that the pods have' : (meant.name ?? String(meant.number)),
    why: `it sends to a port named ${name}, and no container of its pods has one (${sayPorts(declared)})`,
    basis: 'stated',
    // Names are resolved by nobody but the endpoint controller: a declared name nearby, or none at all, is witness enough.
    seconded: seconded || meant !== undefined,
    signs: [`its containers declare ${sayPorts(declared)}`],
  };
}

function meantByName(port: ServicePort, name: string, declared: readonly DeclaredPort[]): DeclaredPort | undefined {
  const same = declared.filter(({ protocol }) => protocol === port.protocol);
  const near = nearestName(
    name,
    same.flatMap((one) => one.name ?? []),
  );
  const byName = same.find((one) => near !== undefined && one.name === near);
  const byNumber = same.find((one) => one.number === port.port);
  const [only, ...others] = [...new Map(same.map((one) => [one.number, one])).values()];
  return (
    byName ??
    same.find((one) => port.name !== undefined && one.name === port.name) ??
    byNumber ??
    (others.length === 0 ? only : undefined)
  );
}

function numberFault(context: ServicePathContext, found: PortCase, target: number): PortFault | undefined {
  const { port, declared, facts, pods, failures } = found;
  const here = declared.filter(({ number }) => number === target);
  if (here.some(({ protocol }) => protocol === port.protocol)) return undefined;
  const [other] = here;
  if (other === undefined) return undeclaredTarget(context, found, target);
  // DNS and QUIC are served with two protocols on one number, and often only one of them is declared.
  const alsoRight = facts.ports.some(
    (another) => another !== port && another.targetPort === target && another.protocol === other.protocol,
  );
  if (alsoRight) return undefined;
  return {
    code: 'service-protocol-mismatch',
    field: 'protocol',
    observed: port.protocol,
    expected: other.protocol,
    why: `it sends ${port.protocol} to port ${target}, which container ${other.container} has for ${other.protocol}`,
    basis: 'stated',
    seconded:
      pods.length > 1 ||
      failures.length > 0 ||
      looksLike(`${port.name ?? ''}`, other.name ?? '') ||
      !declared.some(({ protocol }) => protocol === port.protocol),
    signs: [`port ${target} is declared for ${other.protocol}`],
  };
}

function draft(context: ServicePathContext, { facts, port, pods, failures }: PortCase, fault: PortFault): FindingDraft {
  const { now } = context;
  const { ref, service, endpoints } = facts;
  const [first] = pods;
  const sent = `port ${port.port}/${port.protocol} goes to ${port.targetPort}`;
  const ready = facts.pods.filter((pod) => readinessOf(pod) === true).length;
  return {
    code: fault.code,
    object: ref,
    summary: `${sayRef(ref)} does not reach its pods: ${fault.why}.`,
    cause: { path: `spec.ports[${port.index}].${fault.field}`, observed: fault.observed, expected: fault.expected },
    recommendation: {
      text: `Set ${fault.field} of port ${port.name ?? port.port} of ${sayRef(ref)} to ${fault.expected}.`,
    },
    support: [
      fromObject(service, now, sent),
      ...(first === undefined
        ? []
        : [
            fromObject(
              first,
              now,
              `${fault.signs.slice(0, 4).join('; ')} (${ready} of ${facts.pods.length} selected pods are ready)`,
            ),
          ]),
      ...endpoints.objects
        .slice(0, 1)
        .map((object) =>
          fromObject(
            object,
            now,
            `${endpoints.ready} ready endpoints, ports ${[...endpoints.ports].slice(0, 5).join(', ') || 'none'}`,
          ),
        ),
      ...failures.slice(0, 2).map(({ evidence }) => evidence),
    ],
    grounds: { basis: fault.basis, current: true, repeated: fault.seconded },
    pods: failures.flatMap(({ from }) => from.pods.map(podKey)),
    affects: usersOf(facts),
    explains: sufferedByCallers,
  };
}
