import type { WireObject } from '../../cluster/object.ts';
import { podAmounts } from '../../cluster/pod-resources.ts';
import { at } from '../../cluster/wire.ts';
import type { ClusterLoad, NodeLoad } from './cluster-load.ts';
import { createNeighbourCheck } from './neighbour-checks.ts';
import { selectorObstacles, taintObstacles } from './node-checks.ts';
import type { NodeReport } from './obstacle.ts';
import { hostPortsOf, portObstacles, roomOf } from './room-checks.ts';
import { createSpreadCheck } from './spread-checks.ts';
import { attachObstacles, volumeObstacles } from './volume-checks.ts';

/**
 * Asks every node what keeps it from taking a pod: all filters, not only the first that fails, which is where the scheduler itself stops.
 *
 * Ports and neighbours cost a look at the pods of a node; they are asked only of nodes that the pod could choose at all.
 */
export function reportsFor(load: ClusterLoad, pod: WireObject, volumes: readonly WireObject[]): readonly NodeReport[] {
  const spec = at(pod, 'spec');
  const asks = podAmounts(spec, 'requests', load.read);
  const ports = hostPortsOf(spec);
  const neighbours = createNeighbourCheck(load, pod);
  const spread = createSpreadCheck(load, pod);
  return load.nodes.map((node) => {
    const chosen = selectorObstacles(spec, node);
    if (chosen.length > 0)
      return { node: node.object, obstacles: [...chosen, ...taintObstacles(spec, node)], unknown: [] };
    return { node: node.object, ...checkAll(node) };
  });

  function checkAll(node: NodeLoad) {
    const checks = [
      roomOf(asks, node),
      portObstacles(ports, node, (holder) => hostPortsOf(at(holder, 'spec'))),
      neighbours(node),
      spread(node),
      attachObstacles(load, volumes, node),
    ];
    return {
      obstacles: [
        ...volumeObstacles(volumes, node),
        ...taintObstacles(spec, node),
        ...checks.flatMap(({ obstacles }) => obstacles),
      ],
      unknown: checks.flatMap(({ unknown }) => unknown),
    };
  }
}
