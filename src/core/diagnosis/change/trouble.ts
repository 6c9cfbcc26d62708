import type { WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { parseTime } from '../../cluster/wire.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';

/** Pods are young for some minutes: images are pulled, volumes attached, probes have not succeeded yet. */
const startingMs = 5 * 60_000;
const heartbeats = /^(?:Watchdog|InfoInhibitor)$/;

/** That something is wrong in a scope, whether or not a rule knows what: unready pods, findings, alerts that fire. `began` is when it is known to have begun. */
export type Trouble = { readonly unwell: readonly WireObject[]; readonly began: number };

/** Undefined where nothing is wrong. Pods that only just start are not. */
export function troubleIn(
  { scope, now, observations }: AnalysisContext,
  soFar: readonly FindingDraft[],
): Trouble | undefined {
  const unwell = scope.pods.filter((pod) => isUnwell(pod, now));
  const firing = observations.alerts.filter((alert) => alert.firing && !heartbeats.test(alert.name));
  if (soFar.length === 0 && unwell.length === 0 && firing.length === 0) return undefined;
  // A pod knows best when it stopped being ready; findings may speak of older things.
  const told = [
    unwell.flatMap((pod) => conditionOf(pod, 'Ready')?.since ?? []),
    soFar.flatMap(({ since }) => since ?? []),
    firing.flatMap(({ startsAt }) => startsAt ?? []),
  ].find((times) => times.length > 0);
  return { unwell, began: told === undefined ? now : told.reduce((a, b) => Math.min(a, b)) };
}

function isUnwell(pod: WireObject, now: number): boolean {
  if (isTerminating(pod) || phaseOf(pod) === 'Succeeded' || conditionOf(pod, 'Ready')?.status !== 'False') return false;
  const created = parseTime(pod.metadata.creationTimestamp);
  if (created === undefined || now - created > startingMs) return true;
  return containerStatusesOf(pod).some(
    ({ state, restartCount }) =>
      restartCount > 0 ||
      (state.is === 'waiting' && !/^(?:ContainerCreating|PodInitializing)$/.test(state.reason ?? 'ContainerCreating')),
  );
}
