import { refOf, type WireObject } from '../../cluster/object.ts';
import { readinessOf } from '../../cluster/pod-readiness.ts';
import { type DeclaredPort, isHeadless, resolveTargetPort } from '../../cluster/service.ts';
import { refKey } from '../../cluster/topology.ts';
import { at } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { editDistance } from '../../runbook/did-you-mean.ts';
import type { ConnectionFailure } from './connection-failures.ts';
import { heardPortsOf, probedPortsOf, signsOf } from './listening.ts';
import { type PortCase, type PortFault, sayPorts } from './port-case.ts';
import type { ServicePathContext } from './service-path-context.ts';

/** Ports beside the main one, which few people declare and fewer probe. */
const sidePort = /metric|prom|admin|debug|health|probe|pprof|status|telemetry|jmx|monitor|management/i;
const meshContainer = /^(?:istio-proxy|linkerd-proxy|envoy|consul-dataplane|vault-agent|cloud-sql-proxy)$/;

/**
 * `service-port-mismatch`: a Service sends to a number that no container declares, while they declare others. Containers may listen on ports that they do not declare,
 * so what else tells where the process listens decides: failed connections, probes, environment, arguments, its own log.
 */
export function undeclaredTarget(context: ServicePathContext, found: PortCase, target: number): PortFault | undefined {
  const { view } = context;
  const { port, pods, facts } = found;
  const sample = pods.slice(0, 20);
  if (sample.some((pod) => signsOf(view, pod, target).length > 0)) return undefined;
  if (context.failures.successes.some(({ to, port: number }) => reaches(found, to, number, target))) return undefined;
  const ready = pods.some((pod) => readinessOf(pod) === true);
  const failures = ready ? found.failures.filter((failure) => isAbout(port.port, failure)) : [];

  const heard = failures.some(({ how }) => how !== 'unresolved') ? sample : [];
  const candidates = candidatesOf(context, found, sample, heard);
  const meant = chooseOf(found, candidates, target);
  if (meant === undefined) return undefined;
  // Every declared port is reached another way: this Service is for a port that its pods merely do not declare.
  if (failures.length === 0 && (sidePort.test(port.name ?? '') || isServedElsewhere(context, found, candidates)))
    return undefined;

  const signs = [...new Set(sample.flatMap((pod) => signsOf(view, pod, meant.number).map(({ says }) => says)))];
  const open = context.failures.successes.some(
    ({ to, port: number }) => number === meant.number && pods.some((pod) => refKey(refOf(pod)) === refKey(refOf(to))),
  );
  const isSole = candidates.length === 1;
  const slip = isSlip(target, meant.number);
  const seconded = failures.length > 0 || open || signs.length > 0 || (slip && isSole);
  const isSure = failures.some(({ how }) => how !== 'unresolved') || open || (isSole && signs.length > 0 && ready);
  return {
    code: 'service-port-mismatch',
    field: 'targetPort',
    observed: String(target),
    expected: String(meant.number),
    why: `it sends to port ${target}, while ${sayWho(view, pods)} ${declaresAny(found) ? `declares ${sayPorts(found.declared)}` : candidates.some(({ number }) => sample.some((pod) => probedPortsOf(at(pod, 'spec')).includes(number))) ? `is probed on ${meant.number}` : `listens on ${meant.number}`}${signs.length > 0 ? ` (${signs[0]})` : ''}`,
    basis: isSure ? 'stated' : facts.ports.length === 1 && isSole ? 'likely' : 'inferred',
    seconded,
    signs: [`its containers declare ${sayPorts(found.declared)}`, ...signs],
  };
}

function sayWho(view: ServicePathContext['view'], [first]: readonly WireObject[]): string {
  if (first === undefined) return 'the pod';
  const { ref } = workloadOf(view, first);
  return `${ref.kind} ${ref.name}`;
}

function declaresAny({ declared }: PortCase): boolean {
  return declared.length > 0;
}

/** Ports that this one could have been meant for: main ones, of the right protocol, that no other port of the Service leads to. */
function candidatesOf(
  { view }: ServicePathContext,
  { facts, port, declared }: PortCase,
  pods: readonly WireObject[],
  heard: readonly WireObject[],
): readonly DeclaredPort[] {
  const taken = new Set(
    facts.ports
      .filter((other) => other !== port)
      .flatMap((other) => pods.map((pod) => resolveTargetPort(other, at(pod, 'spec')))),
  );
  const main = declared.filter(
    ({ name, protocol, number, container }) =>
      protocol === port.protocol && !taken.has(number) && !meshContainer.test(container) && !sidePort.test(name ?? ''),
  );
  const isProbed = main.length === 0 && declared.length === 0 ? probed(pods, taken, port.protocol) : [];
  // Neither declared nor probed: while connections are refused, what the log says of where it listens.
  const isHeard =
    declared.length > 0 || isProbed.length > 0
      ? []
      : heard
          .flatMap((pod) => [...heardPortsOf(view, pod)])
          .filter((number) => !taken.has(number))
          .map((number) => ({ container: '', place: '', name: undefined, number, protocol: port.protocol }));
  const found = [...main, ...isProbed, ...isHeard];
  return [...new Map(found.map((one) => [one.number, one])).values()];
}

// Nothing is declared at all: then the port that the kubelet probes is the one known to be open.
function probed(
  pods: readonly WireObject[],
  taken: ReadonlySet<number | undefined>,
  protocol: string,
): readonly DeclaredPort[] {
  return pods
    .filter((pod) => readinessOf(pod) === true)
    .flatMap((pod) => probedPortsOf(at(pod, 'spec')))
    .filter((number) => !taken.has(number))
    .map((number) => ({ container: '', place: '', name: undefined, number, protocol }));
}

function chooseOf({ port }: PortCase, candidates: readonly DeclaredPort[], target: number): DeclaredPort | undefined {
  return (
    candidates.find(({ name }) => name !== undefined && name === port.name) ??
    candidates.find(({ number }) => number === port.port) ??
    candidates.find(({ number }) => isSlip(number, target)) ??
    candidates[0]
  );
}

/** One digit wrong, missing or exchanged with its neighbour: 8080 and 8008, 8080 and 808. */
function isSlip(a: number, b: number): boolean {
  return a !== b && editDistance(String(a), String(b)) === 1;
}

function isServedElsewhere(
  context: ServicePathContext,
  { facts, pods }: PortCase,
  candidates: readonly DeclaredPort[],
): boolean {
  const [first] = pods;
  if (first === undefined) return false;
  const others = context.services
    .inNamespace(facts.service.metadata.namespace ?? '')
    .filter((other) => other.service !== facts.service && !isHeadless(other.service) && other.pods.includes(first));
  return candidates.every(({ number }) =>
    others.some((other) => other.ports.some((port) => resolveTargetPort(port, at(first, 'spec')) === number)),
  );
}

/** Failures that speak of another port of the same Service say nothing of this one. */
function isAbout(port: number, failure: ConnectionFailure): boolean {
  return failure.how !== 'unresolved' && (failure.port === undefined || failure.port === port);
}

function reaches({ facts, port, pods }: PortCase, to: WireObject, number: number, target: number): boolean {
  if (to === facts.service) return number === port.port;
  return number === target && pods.some((pod) => refKey(refOf(pod)) === refKey(refOf(to)));
}
