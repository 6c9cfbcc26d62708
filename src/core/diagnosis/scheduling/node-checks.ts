import { matchesNodeSelector } from '../../cluster/node-selector.ts';
import { matchesLabelMap } from '../../cluster/selector.ts';
import { cordonTaintKey, natureOf, tolerates } from '../../cluster/taint.ts';
import { at, isRecord, recordsAt, stringsAt } from '../../cluster/wire.ts';
import type { NodeLoad } from './cluster-load.ts';
import type { Obstacle } from './obstacle.ts';

/** The part of a pod spec that chooses nodes by their labels and names. */
export function selectorObstacles(podSpec: unknown, node: NodeLoad): readonly Obstacle[] {
  const selector = stringsAt(podSpec, 'nodeSelector');
  const required = requiredNodeAffinity(podSpec);
  return [
    ...(Object.keys(selector).length > 0 && !matchesLabelMap(selector, node.labels)
      ? [{ is: 'node-selector' as const }]
      : []),
    ...(isRecord(required) && !matchesNodeSelector(required, node) ? [{ is: 'node-affinity' as const }] : []),
  ];
}

export function requiredNodeAffinity(podSpec: unknown): unknown {
  return at(podSpec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
}

/** Whether the pod is meant for one node by name, as those of a DaemonSet are. */
export function isPinnedByName(podSpec: unknown): boolean {
  const terms = recordsAt(requiredNodeAffinity(podSpec), 'nodeSelectorTerms');
  return (
    terms.length > 0 &&
    terms.every(({ record }) =>
      recordsAt(record, 'matchFields').some(({ record: field }) => field.key === 'metadata.name'),
    )
  );
}

/** Cordons and taints of a node that the pod does not tolerate. */
export function taintObstacles(podSpec: unknown, node: NodeLoad): readonly Obstacle[] {
  const cordon = { key: cordonTaintKey, value: '', effect: 'NoSchedule' };
  const isCordoned = node.isCordoned || node.taints.some(({ key }) => key === cordonTaintKey);
  return [
    ...(isCordoned && !tolerates(podSpec, cordon) ? [{ is: 'cordon' as const }] : []),
    ...node.taints
      .filter((taint) => taint.key !== cordonTaintKey && !tolerates(podSpec, taint))
      .map((taint) => ({ is: 'taint' as const, taint, nature: natureOf(taint) })),
  ];
}
