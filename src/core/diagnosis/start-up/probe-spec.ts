import { at, isRecord, numberAt, recordsAt, textAt, type WireRecord } from '../../cluster/wire.ts';

export type ProbeField = 'startupProbe' | 'livenessProbe' | 'readinessProbe';
export const probeFields: readonly ProbeField[] = ['startupProbe', 'livenessProbe', 'readinessProbe'];

type Handler =
  | {
      readonly by: 'httpGet';
      readonly port: number | string | undefined;
      readonly path: string;
      readonly scheme: 'HTTP' | 'HTTPS';
    }
  | { readonly by: 'tcpSocket' | 'grpc'; readonly port: number | string | undefined }
  | { readonly by: 'exec'; readonly command: readonly string[] };

/** One probe of a container with the defaults of the API filled in. Times in seconds. */
export type ProbeSpec = {
  readonly field: ProbeField;
  readonly handler: Handler;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
};

/** Reads a probe of a container; undefined when there is none, or none that is known. */
export function probeOf(container: unknown, field: ProbeField): ProbeSpec | undefined {
  const probe = at(container, field);
  const handler = isRecord(probe) ? handlerOf(probe) : undefined;
  if (handler === undefined) return undefined;
  return {
    field,
    handler,
    initialDelaySeconds: Math.max(0, numberAt(probe, 'initialDelaySeconds') ?? 0),
    periodSeconds: Math.max(1, numberAt(probe, 'periodSeconds') ?? 10),
    timeoutSeconds: Math.max(1, numberAt(probe, 'timeoutSeconds') ?? 1),
    failureThreshold: Math.max(1, numberAt(probe, 'failureThreshold') ?? 3),
  };
}

function handlerOf(probe: WireRecord): Handler | undefined {
  if (isRecord(probe.httpGet)) {
    const scheme = textAt(probe, 'httpGet', 'scheme')?.toUpperCase() === 'HTTPS' ? 'HTTPS' : 'HTTP';
    return { by: 'httpGet', port: portAt(probe, 'httpGet'), path: textAt(probe, 'httpGet', 'path') ?? '/', scheme };
  }
  if (isRecord(probe.tcpSocket)) return { by: 'tcpSocket', port: portAt(probe, 'tcpSocket') };
  if (isRecord(probe.grpc)) return { by: 'grpc', port: portAt(probe, 'grpc') };
  if (isRecord(probe.exec)) {
    const command = at(probe, 'exec', 'command');
    return { by: 'exec', command: Array.isArray(command) ? command.filter((word) => typeof word === 'string') : [] };
  }
  return undefined;
}

function portAt(probe: WireRecord, handler: string): number | string | undefined {
  return numberAt(probe, handler, 'port') ?? textAt(probe, handler, 'port');
}

/** Seconds from the start of a container until a failing probe has its effect. */
export function budgetSeconds({ initialDelaySeconds, periodSeconds, failureThreshold }: ProbeSpec): number {
  return initialDelaySeconds + periodSeconds * failureThreshold;
}

/** A port that a container declares. Declaring one is information only: a process may listen elsewhere. */
export type DeclaredPort = { readonly name: string | undefined; readonly port: number };

export function declaredPortsOf(container: unknown): readonly DeclaredPort[] {
  return recordsAt(container, 'ports').flatMap(({ record }) => {
    const port = numberAt(record, 'containerPort');
    return port === undefined ? [] : [{ name: textAt(record, 'name'), port }];
  });
}

/** The number a probe's port means. The kubelet looks for a name among the ports of the probed container alone; a text of digits is a number. */
export function portNumberOf(port: number | string | undefined, ports: readonly DeclaredPort[]): number | undefined {
  if (typeof port === 'number' || port === undefined) return port;
  const named = ports.find(({ name }) => name === port)?.port;
  return named ?? (/^\d{1,5}$/.test(port) ? Number(port) : undefined);
}
