import type { AnalysisContext } from '../analysis.ts';
import type { Grounds } from '../confidence.ts';
import { hasUnknownPort, type ProbeCase, type ProbeVerdict } from './probe-case.ts';
import type { FormerProbe } from './probe-former.ts';
import { changedPort, misdirectedVerdict, refusedVerdict, unknownPort } from './probe-port.ts';
import { declaredPortsOf } from './probe-spec.ts';
import { timingVerdict } from './probe-timing.ts';

/** Decides why a probe fails, from the probe, the container's ports, the answer that the kubelet got, and what a former revision had. Undefined where others know better. */
export function verdictOf(
  context: AnalysisContext,
  found: ProbeCase,
  former: FormerProbe | undefined,
): ProbeVerdict | undefined {
  const { probe, suspect, failure } = found;
  if (hasUnknownPort(probe, suspect)) return unknownPort(found);
  switch (failure.is) {
    case 'unresolved-port':
      return undefined;
    case 'refused':
      return (
        refusedVerdict(context, found, former) ??
        timingVerdict(context, found, former) ??
        failing(found, 'connection refused')
      );
    case 'unconnected':
      return (
        refusedVerdict(context, found, former) ??
        timingVerdict(context, found, former) ??
        failing(found, 'no connection in time')
      );
    case 'unheard':
      return misdirectedVerdict(context, found, former) ?? unheard(found);
    case 'status':
      return statusVerdict(context, found, failure.code, former);
    case 'other-protocol':
      return changedPort(found, former) ?? protocolVerdict(found, failure.speaks);
    case 'timeout':
      return changedPort(found, former) ?? timingVerdict(context, found, former) ?? failing(found, 'no answer in time');
    case 'no-program':
      return execVerdict(found, failure.program, former);
    case 'other':
      if (probe.handler.by !== 'exec')
        return timingVerdict(context, found, former) ?? failing(found, 'the check fails');
      return (
        (former?.differs.has('exec.command') ? undefined : timingVerdict(context, found, former)) ??
        execVerdict(found, undefined, former)
      );
    default:
      return failure satisfies never;
  }
}

function statusVerdict(
  context: AnalysisContext,
  found: ProbeCase,
  code: number,
  former: FormerProbe | undefined,
): ProbeVerdict | undefined {
  const { probe, suspect } = found;
  const { handler, field } = probe;
  if (handler.by !== 'httpGet') return failing(found, `HTTP status ${code}`);
  const port = declaredPortsOf(suspect.record).find(
    (declared) => declared.port === handler.port || declared.name === handler.port,
  );
  const looksTls = /^https|tls|ssl/.test(port?.name ?? '') || [443, 8443, 9443, 6443].includes(port?.port ?? 0);
  if (code === 400 && handler.scheme === 'HTTP' && (looksTls || former?.differs.has('httpGet.scheme')))
    return schemeVerdict(found, 'HTTPS', 'it speaks HTTP to a port that wants HTTPS (status 400)');
  if (code === 404 || code === 410 || code === 405) {
    if (!former?.differs.has('httpGet.path')) {
      const changed = changedPort(found, former);
      if (changed !== undefined) return changed;
    }
    return pathVerdict(found, code, 'stated', former);
  }
  if (code === 401 || code === 403) return pathVerdict(found, code, 'likely', former);
  return timingVerdict(context, found, former) ?? failing(found, `HTTP status ${code}`);

  function pathVerdict(
    _found: ProbeCase,
    status: number,
    basis: Grounds['basis'],
    before: FormerProbe | undefined,
  ): ProbeVerdict {
    const path = handler.by === 'httpGet' ? handler.path : '';
    const formerPath =
      before?.value.handler.by === 'httpGet' && before.differs.has('httpGet.path')
        ? before.value.handler.path
        : undefined;
    return {
      code: 'probe-path-wrong',
      basis: formerPath === undefined ? basis : 'stated',
      path: `${field}.httpGet.path`,
      observed: path,
      expected:
        formerPath === undefined || before === undefined
          ? 'a path that answers with 200 to 399 without a login'
          : `${formerPath} (revision ${before.number})`,
      says: `${path} answers with status ${status}${status === 401 || status === 403 ? ': it wants a login, and the kubelet has none' : ''}`,
    };
  }
}

function schemeVerdict({ probe }: ProbeCase, expected: 'HTTP' | 'HTTPS', says: string): ProbeVerdict {
  return {
    code: 'probe-scheme-wrong',
    basis: 'stated',
    path: `${probe.field}.httpGet.scheme`,
    observed: expected === 'HTTP' ? 'HTTPS' : 'HTTP',
    expected,
    says,
  };
}

function protocolVerdict(
  found: ProbeCase,
  speaks: 'http' | 'tls' | 'http2' | 'not-grpc-health' | 'other',
): ProbeVerdict | undefined {
  const { handler, field } = found.probe;
  if (handler.by === 'httpGet' && handler.scheme === 'HTTPS' && speaks === 'http')
    return schemeVerdict(found, 'HTTP', 'it speaks HTTPS, and the process answers in plain HTTP');
  if (handler.by === 'httpGet' && handler.scheme === 'HTTP' && speaks === 'tls')
    return schemeVerdict(found, 'HTTPS', 'it speaks HTTP, and the process answers with TLS');
  const base = { code: 'probe-scheme-wrong', path: `${field}.${handler.by}`, observed: handler.by } as const;
  if (handler.by === 'httpGet')
    return {
      ...base,
      basis: speaks === 'http2' ? 'stated' : 'likely',
      expected: speaks === 'http2' ? 'grpc' : 'a probe that speaks what the port speaks (HTTPS, grpc or tcpSocket)',
      says:
        speaks === 'http2'
          ? 'it speaks HTTP, and the process answers with HTTP/2 (gRPC)'
          : 'it speaks HTTP, and the process answers with something else',
    };
  if (handler.by !== 'grpc') return undefined;
  return {
    ...base,
    basis: 'stated',
    expected:
      speaks === 'not-grpc-health' ? 'a server with grpc.health.v1.Health, or another kind of probe' : 'httpGet',
    says:
      speaks === 'not-grpc-health'
        ? 'it asks for the gRPC health service, which the process does not have'
        : 'it speaks gRPC, and the process does not',
  };
}

function execVerdict(
  { probe, suspect }: ProbeCase,
  program: string | undefined,
  former: FormerProbe | undefined,
): ProbeVerdict | undefined {
  const { handler, field } = probe;
  if (handler.by !== 'exec') return undefined;
  const index =
    program === undefined ? -1 : handler.command.findIndex((word) => word === program || word.includes(program));
  const before =
    former?.differs.has('exec.command') && former.value.handler.by === 'exec'
      ? former.value.handler.command.join(' ')
      : undefined;
  const command = handler.command.join(' ').slice(0, 200);
  return {
    code: 'probe-exec-failing',
    basis: program === undefined && before === undefined ? 'likely' : 'stated',
    path: `${field}.exec.command${index === -1 ? '' : `[${index}]`}`,
    observed: (index === -1 ? command : (handler.command[index] ?? command)).slice(0, 200),
    expected:
      before !== undefined && former !== undefined
        ? `${before.slice(0, 200)} (revision ${former.number})`
        : program === undefined
          ? `a command that ends with exit code 0 in container ${suspect.status.name}`
          : 'a program that the image has',
    says:
      program === undefined
        ? `its command ends with an error (${command})`
        : `its command needs ${program}, which is not in the image`,
  };
}

/** Nothing at all was said of the probe. */
function unheard(found: ProbeCase): ProbeVerdict | undefined {
  const verdict = failing(found, 'no event tells how');
  return verdict === undefined ? undefined : { ...verdict, basis: 'inferred' };
}

/** The probe fails now and nothing tells why it should be the probe's fault. Kills by liveness are told by those who know about running containers. */
function failing({ probe }: ProbeCase, how: string): ProbeVerdict | undefined {
  if (probe.field === 'livenessProbe') return undefined;
  return {
    code: 'probe-failing',
    basis: 'likely',
    path: probe.field,
    observed: how,
    expected: 'a process that answers its probe',
    says: `it fails (${how})`,
  };
}
