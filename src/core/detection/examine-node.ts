import type { WireObject } from '../cluster/object.ts';
import { conditionOf, isTerminating } from '../cluster/pod.ts';
import { type Sighting, sightingOf } from './sighting.ts';

const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** What is wrong with a node, the worst alone: a node that is not ready explains its other conditions, which nobody updates any more. A cordon is somebody's decision and no fault. */
export function examineNode(node: WireObject): Sighting | undefined {
  if (isTerminating(node)) return undefined;
  const ready = conditionOf(node, 'Ready');
  if (ready !== undefined && ready.status !== 'True') {
    const silent = ready.status === 'Unknown';
    return sightingOf(node, {
      rule: 'node-not-ready',
      severity: 'critical',
      summary: silent
        ? 'Its kubelet has stopped reporting.'
        : `Its kubelet says ${ready.reason ?? 'not ready'}: ${ready.message ?? 'no reason given'}`,
      since: ready.since,
    });
  }
  const network = conditionOf(node, 'NetworkUnavailable');
  if (network?.status === 'True') {
    return sightingOf(node, {
      rule: 'node-network-unavailable',
      severity: 'critical',
      summary: `Its network is not set up: ${network.reason ?? 'no reason given'}.`,
      since: network.since,
    });
  }
  const under = pressures.flatMap((type) => conditionOf(node, type) ?? []).filter(({ status }) => status === 'True');
  const [first] = under;
  if (first === undefined) return undefined;
  return sightingOf(node, {
    rule: 'node-under-pressure',
    severity: 'warning',
    summary: `It reports ${under.map(({ type }) => type).join(' and ')}.`,
    since: first.since,
  });
}

/** Nodes that are not ready: what their pods suffer is explained by them. */
export function brokenNodesOf(sightings: readonly Sighting[]): ReadonlySet<string> {
  return new Set(sightings.filter(({ rule }) => rule === 'node-not-ready').map(({ object }) => object.name));
}
