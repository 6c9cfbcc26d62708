import type { WireObject } from './object.ts';
import { at, isRecord, numberAt, recordsAt, stringsAt, textAt } from './wire.ts';

/** One port of a Service. `targetPort` is a number, or the name of a container port; left out it is the port itself. `index` is its place in `spec.ports`. */
export type ServicePort = {
  readonly index: number;
  readonly name: string | undefined;
  readonly port: number;
  readonly targetPort: number | string;
  readonly protocol: string;
};

/** A port that a container declares. `container` is its name, `place` where the port stands in the pod spec. */
export type DeclaredPort = {
  readonly container: string;
  readonly place: string;
  readonly name: string | undefined;
  readonly number: number;
  readonly protocol: string;
};

const defaultProtocol = 'TCP';

/** The ports of a Service; those without a number are passed over. */
export function servicePortsOf(service: WireObject): readonly ServicePort[] {
  return recordsAt(service, 'spec', 'ports').flatMap(({ index, record }) => {
    const port = numberAt(record, 'port');
    if (port === undefined) return [];
    return [
      {
        index,
        name: textAt(record, 'name'),
        port,
        targetPort: targetOf(at(record, 'targetPort')) ?? port,
        protocol: textAt(record, 'protocol') ?? defaultProtocol,
      },
    ];
  });
}

// 0 and the empty text are how clients write "not set".
function targetOf(value: unknown): number | string | undefined {
  if (typeof value === 'number' && value > 0) return value;
  if (typeof value !== 'string' || value === '') return undefined;
  return /^\d{1,5}$/.test(value) ? Number(value) : value;
}

/** The labels a Service asks of its pods. Undefined when it chooses none by labels: an ExternalName, or one whose endpoints somebody else writes. */
export function serviceSelectorOf(service: WireObject): Readonly<Record<string, string>> | undefined {
  if (textAt(service, 'spec', 'type') === 'ExternalName') return undefined;
  const selector = stringsAt(service, 'spec', 'selector');
  return Object.keys(selector).length === 0 ? undefined : selector;
}

export function isHeadless(service: WireObject): boolean {
  return textAt(service, 'spec', 'clusterIP') === 'None';
}

/** The addresses a Service is reached at inside the cluster. */
export function clusterAddressesOf(service: WireObject): readonly string[] {
  const listed = at(service, 'spec', 'clusterIPs');
  const all = [at(service, 'spec', 'clusterIP'), ...(Array.isArray(listed) ? listed : [])];
  return [...new Set(all.filter((ip): ip is string => typeof ip === 'string' && ip !== '' && ip !== 'None'))];
}

/** What the containers of a pod spec declare, sidecars among the init containers (`restartPolicy: Always`) included. Declaring a port is optional in the API. */
export function declaredPortsOf(podSpec: unknown): readonly DeclaredPort[] {
  return [
    ...portsOfList(podSpec, 'containers', () => true),
    ...portsOfList(podSpec, 'initContainers', (container) => textAt(container, 'restartPolicy') === 'Always'),
  ];
}

function portsOfList(podSpec: unknown, list: string, runs: (container: unknown) => boolean): readonly DeclaredPort[] {
  return recordsAt(podSpec, list).flatMap(({ index, record: container }) =>
    runs(container)
      ? recordsAt(container, 'ports').flatMap(({ index: port, record }) => {
          const number = numberAt(record, 'containerPort');
          if (number === undefined) return [];
          return [
            {
              container: textAt(container, 'name') ?? '',
              place: `${list}[${index}].ports[${port}]`,
              name: textAt(record, 'name'),
              number,
              protocol: textAt(record, 'protocol') ?? defaultProtocol,
            },
          ];
        })
      : [],
  );
}

/**
 * The number that a Service's port means in one pod, as the endpoint controller finds it: a number stands for itself, a name needs a
 * container port of that name and protocol. Undefined when the pod has none: the pod is then no endpoint of this port.
 */
export function resolveTargetPort(port: ServicePort, podSpec: unknown): number | undefined {
  if (typeof port.targetPort === 'number') return port.targetPort;
  return declaredPortsOf(podSpec).find(({ name, protocol }) => name === port.targetPort && protocol === port.protocol)
    ?.number;
}

/** Whether the object holds a pod spec with containers at all; partial objects do not, and nothing can be said of their ports. */
export function hasContainers(podSpec: unknown): boolean {
  return isRecord(podSpec) && recordsAt(podSpec, 'containers').length > 0;
}
