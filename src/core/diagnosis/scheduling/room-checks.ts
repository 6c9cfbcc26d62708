import type { WireObject } from '../../cluster/object.ts';
import type { ContainerList } from '../../cluster/pod.ts';
import type { Amounts } from '../../cluster/pod-resources.ts';
import { isSidecar } from '../../cluster/pod-resources.ts';
import { at, numberAt, recordsAt, textAt } from '../../cluster/wire.ts';
import type { NodeLoad } from './cluster-load.ts';
import type { Constraint, Obstacle } from './obstacle.ts';

type Checked = { readonly obstacles: readonly Obstacle[]; readonly unknown: readonly Constraint[] };

/**
 * Whether a node has room for what a pod requests. What is short by the pods that were read is short for sure; that there is room is sure only when all were
 * read, and is `unknown` otherwise.
 */
export function roomOf(asks: Amounts, node: NodeLoad): Checked {
  if (node.allocatable === undefined) return { obstacles: [], unknown: [] };
  const obstacles: Obstacle[] = [];
  const unknown: Constraint[] = [];
  const limit = node.allocatable.get('pods');
  if (limit !== undefined && node.pods.length + 1 > limit)
    obstacles.push({ is: 'pod-limit', limit, running: node.pods.length });
  else if (!node.hasAllPods) unknown.push('pod-limit');
  for (const [resource, asked] of asks) {
    if (asked <= 0) continue;
    const allocatable = node.allocatable.get(resource) ?? 0;
    const free = allocatable - (node.used.get(resource) ?? 0);
    if (asked > free) obstacles.push({ is: 'resource', resource, asked, free: Math.max(0, free), allocatable });
    else if (!node.hasAllPods) unknown.push(`resource ${resource}`);
  }
  return { obstacles, unknown };
}

type HostPort = {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
  readonly place: { readonly list: ContainerList; readonly container: number; readonly index: number };
};

/** The ports of the host that a pod takes. In a pod on the host's network every container port is one. */
export function hostPortsOf(podSpec: unknown): readonly HostPort[] {
  const isOnHost = at(podSpec, 'hostNetwork') === true;
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    recordsAt(podSpec, list)
      .filter(({ record }) => list === 'containers' || isSidecar(record))
      .flatMap(({ index: container, record }) =>
        recordsAt(record, 'ports').flatMap(({ index, record: declared }) => {
          const port = numberAt(declared, 'hostPort') ?? (isOnHost ? numberAt(declared, 'containerPort') : undefined);
          if (port === undefined || port <= 0) return [];
          const ip = textAt(declared, 'hostIP') ?? '0.0.0.0';
          return [{ ip, port, protocol: textAt(declared, 'protocol') ?? 'TCP', place: { list, container, index } }];
        }),
      ),
  );
}

/** Ports of the host that are taken on a node. `portsOf` may remember what it read: nodes are asked again and again. */
export function portObstacles(
  wanted: readonly HostPort[],
  node: NodeLoad,
  portsOf: (pod: WireObject) => readonly HostPort[],
): Checked {
  if (wanted.length === 0) return { obstacles: [], unknown: [] };
  for (const holder of node.pods) {
    for (const taken of portsOf(holder)) {
      const clash = wanted.find(
        ({ ip, port, protocol }) =>
          port === taken.port &&
          protocol === taken.protocol &&
          (ip === taken.ip || ip === '0.0.0.0' || taken.ip === '0.0.0.0'),
      );
      if (clash !== undefined) {
        const { port, protocol, place } = clash;
        return { obstacles: [{ is: 'host-port', port, protocol, place, holder }], unknown: [] };
      }
    }
  }
  return { obstacles: [], unknown: node.hasAllPods ? [] : ['host-port'] };
}
