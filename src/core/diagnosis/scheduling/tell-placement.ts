import type { Constraint } from './obstacle.ts';
import { tellNodeAffinity, tellNodeSelector, tellVolume } from './tell-choice.ts';
import { tellCordon, tellTaint } from './tell-closed.ts';
import { tellAntiAffinity, tellForeignAntiAffinity, tellPodAffinity, tellSpread } from './tell-neighbours.ts';
import { tellAttachLimit, tellHostPort, tellPodLimit, tellResource } from './tell-room.ts';
import type { Telling, Told } from './told.ts';

type Named = Exclude<Constraint, `resource ${string}`>;

const tellers: Readonly<Record<Named, (telling: Telling) => Told | undefined>> = {
  'node-selector': tellNodeSelector,
  'node-affinity': tellNodeAffinity,
  volume: tellVolume,
  cordon: tellCordon,
  taint: tellTaint,
  'control-plane-taint': tellTaint,
  // The node itself is ill: its own finding says so.
  'platform-taint': () => undefined,
  'pod-limit': tellPodLimit,
  'host-port': tellHostPort,
  'pod-affinity': tellPodAffinity,
  'pod-anti-affinity': tellAntiAffinity,
  'foreign-anti-affinity': tellForeignAntiAffinity,
  'topology-spread': tellSpread,
  'attach-limit': tellAttachLimit,
};

/** Puts a cause into words; undefined where too little is known to name what must change. */
export function tellPlacement(telling: Telling): Told | undefined {
  const { constraint } = telling.cause;
  return isNamed(constraint)
    ? tellers[constraint](telling)
    : tellResource(telling, constraint.slice('resource '.length));
}

function isNamed(constraint: Constraint): constraint is Named {
  return Object.hasOwn(tellers, constraint);
}
