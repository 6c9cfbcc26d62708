import { refOf } from '../../cluster/object.ts';
import { at, recordsAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { listeningPorts } from './listening-ports.ts';
import type { ProbeCase, ProbeVerdict } from './probe-case.ts';
import type { FormerProbe } from './probe-former.ts';
import { type DeclaredPort, declaredPortsOf, portNumberOf } from './probe-spec.ts';

/** A port by a name that the container does not declare. */
export function unknownPort({ probe, suspect, failure, event }: ProbeCase): ProbeVerdict | undefined {
  const { handler, field } = probe;
  if (handler.by === 'exec') return undefined;
  const ports = declaredPortsOf(suspect.record);
  const names = ports.flatMap(({ name }) => name ?? []);
  const observed = String(handler.port);
  return {
    code: 'probe-port-wrong',
    // A container that declares no port at all may have been read in part: then the kubelet must say so.
    basis: ports.length > 0 || (failure.is === 'unresolved-port' && event !== undefined) ? 'stated' : 'likely',
    path: `${field}.${handler.by}.port`,
    observed,
    expected: nearestName(observed, names) ?? sayPorts(ports),
    says: `it asks for a port by the name ${observed}, which the container does not declare`,
  };
}

/** Nothing listens where the probe asks. Undefined where that port is meant, and the process is what is late or gone. */
export function refusedVerdict(
  context: AnalysisContext,
  found: ProbeCase,
  former: FormerProbe | undefined,
): ProbeVerdict | undefined {
  const { probe, suspect } = found;
  const { handler, field } = probe;
  if (handler.by === 'exec') return undefined;
  const changed = changedPort(found, former);
  if (changed !== undefined) return changed;
  const own = declaredPortsOf(suspect.record);
  const port = portNumberOf(handler.port, own);
  if (port === undefined) return undefined;
  const base = {
    code: 'probe-port-wrong',
    path: `${field}.${handler.by}.port`,
    observed: String(handler.port),
  } as const;
  const isDeclared = own.some((declared) => declared.port === port);
  const listening = listeningPorts(context.view, suspect.pod, suspect.status.name);
  const served = servicePorts(context, found);
  // Declaring a port is optional: one that Services send to, or that the process says it listens on, is meant.
  if (!isDeclared && (served.includes(port) || listening.includes(port))) return undefined;
  const others = recordsAt(suspect.pod, 'spec', 'containers').flatMap(({ record }) => declaredPortsOf(record));
  if (!isDeclared && own.length > 0) {
    // The kubelet asks the pod's address: a port of another container answers too, unless that one is what fails.
    const isOfAnother = others.some((declared) => declared.port === port);
    return {
      ...base,
      basis: isOfAnother ? 'likely' : 'stated',
      expected: sayPorts(own),
      says: `it asks port ${port}, where nothing listens; the container declares ${sayPorts(own)}`,
    };
  }
  const [other] = listening;
  if (other !== undefined && !listening.includes(port))
    return {
      ...base,
      basis: 'likely',
      expected: String(other),
      says: `it asks port ${port}, where nothing listens; by its log the process listens on ${other}`,
    };
  return isDeclared || served.length === 0
    ? undefined
    : {
        ...base,
        basis: 'likely',
        expected: served.join(' or '),
        says: `it asks port ${port}, where nothing listens; Services reach the pod on ${served.join(', ')}`,
      };
}

/**
 * Where no event says that the port is closed: the probe asks for another port than the container declares, than its log names, or than the revision before asked. Less sure than with
 * an event, since the process may listen there nonetheless.
 */
export function misdirectedVerdict(
  context: AnalysisContext,
  found: ProbeCase,
  former: FormerProbe | undefined,
): ProbeVerdict | undefined {
  const verdict = refusedVerdict(context, found, former);
  if (verdict === undefined) return undefined;
  return {
    ...verdict,
    basis: changedPort(found, former) === undefined ? 'inferred' : 'likely',
    says: verdict.says.replace('where nothing listens', 'where nothing seems to listen'),
  };
}

/** A probe that fails at another port than the revision before asked. */
export function changedPort({ probe, suspect }: ProbeCase, former: FormerProbe | undefined): ProbeVerdict | undefined {
  const { handler, field } = probe;
  if (handler.by === 'exec' || former === undefined || !former.differs.has(`${handler.by}.port`)) return undefined;
  const before = former.value.handler;
  if (before.by !== handler.by || before.port === undefined) return undefined;
  // The port moved together with what the container declares: then the process, not the probe, is behind.
  const own = declaredPortsOf(suspect.record);
  const port = portNumberOf(handler.port, own);
  const isDeclared = own.some((declared) => declared.port === port);
  return {
    code: 'probe-port-wrong',
    basis: isDeclared ? 'likely' : 'stated',
    path: `${field}.${handler.by}.port`,
    observed: String(handler.port),
    expected: `${before.port} (revision ${former.number})`,
    says: `it asks port ${handler.port}; in revision ${former.number} it was ${before.port}`,
  };
}

function servicePorts({ topology, view }: AnalysisContext, { suspect }: ProbeCase): readonly number[] {
  const ports = topology
    .neededBy(refOf(suspect.pod))
    .filter(({ by }) => by === 'selects')
    .flatMap(({ from }) =>
      recordsAt(view.get(from), 'spec', 'ports').flatMap(
        ({ record }) => at(record, 'targetPort') ?? at(record, 'port'),
      ),
    )
    .filter((port) => typeof port === 'number');
  return [...new Set(ports)].toSorted((a, b) => a - b);
}

function sayPorts(ports: readonly DeclaredPort[]): string {
  if (ports.length === 0) return 'a port number, or the name of a port that the container declares';
  return ports
    .slice(0, 6)
    .map(({ name, port }) => (name === undefined ? String(port) : `${port} (${name})`))
    .join(' or ');
}
