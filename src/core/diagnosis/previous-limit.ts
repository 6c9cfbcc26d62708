import type { ClusterView } from '../cluster/cluster-view.ts';
import type { WireObject } from '../cluster/object.ts';
import { type ContainerSpec, containerStatusesOf } from '../cluster/pod.ts';
import { parseQuantity } from '../cluster/quantity.ts';
import { currentRevisionOf, type Revision, revisionsOf } from '../cluster/workload.ts';
import type { MemoryReading } from './analysis.ts';

/** The memory limit that a container had in an earlier revision of its Deployment. */
export type PreviousLimit = {
  readonly revision: number;
  readonly currentRevision: number;
  readonly replicaSet: WireObject;
  /** As written there, and in bytes. */
  readonly limit: string;
  readonly bytes: number;
  /** Something read shows that its pods ran. Without that it may never have worked: an image that could not be pulled, a limit no node could give. */
  readonly ran: boolean;
};

/**
 * The limit before the last change of it, when that was larger and did not get the container killed for memory too. A Deployment keeps it as a
 * ReplicaSet; other workloads keep nothing that is read. Revisions in between with the limit of today (a restart, another change) are passed over, and so are
 * those with another limit of which nothing shows that they ran, while an older one is known to have run.
 */
export function previousLargerLimit(
  view: ClusterView,
  deployment: WireObject | undefined,
  container: ContainerSpec,
  readings: readonly MemoryReading[],
): PreviousLimit | undefined {
  const limitBytes = parseQuantity(container.memoryLimit);
  if (deployment?.kind !== 'Deployment' || limitBytes === undefined) return undefined;
  const current = currentRevisionOf(view, deployment);
  if (current === undefined) return undefined;
  const earlier = revisionsOf(view, deployment).flatMap((revision): (PreviousLimit & { killed: boolean })[] => {
    const declared = revision.containers.find(({ list, name }) => name === container.name && list === container.list);
    const limit = declared?.memoryLimit;
    const bytes = parseQuantity(limit);
    if (revision.number >= current.number || limit === undefined || bytes === undefined || bytes === limitBytes)
      return [];
    const { number, replicaSet } = revision;
    const past = pastOf(view, revision, container, readings);
    return [{ revision: number, currentRevision: current.number, replicaSet, limit, bytes, ...past }];
  });
  const found = earlier.find(({ ran }) => ran) ?? earlier[0];
  if (found === undefined || found.bytes <= limitBytes || found.killed) return undefined;
  const { killed: _, ...previous } = found;
  return previous;
}

/** What is known of the container in the pods of a revision: pods that are still there, and the memory that was measured of former ones. */
function pastOf(
  view: ClusterView,
  { ready, replicaSet }: Revision,
  { list, name }: ContainerSpec,
  readings: readonly MemoryReading[],
): { readonly ran: boolean; readonly killed: boolean } {
  const { name: owner, namespace } = replicaSet.metadata;
  const statuses = view
    .controlledBy(replicaSet, 'Pod')
    .flatMap(containerStatusesOf)
    .filter((status) => status.name === name && status.list === list);
  const ends = statuses.flatMap(({ lastEnd, state }) => [
    ...(state.is === 'terminated' ? [state.end] : []),
    ...(lastEnd === undefined ? [] : [lastEnd]),
  ]);
  const wasMeasured = readings.some(
    (reading) => reading.namespace === namespace && reading.container === name && reading.pod.startsWith(`${owner}-`),
  );
  const runs = statuses.some(({ state }) => state.is === 'running');
  return {
    ran: ready > 0 || wasMeasured || runs || ends.length > 0,
    killed: ends.some(({ reason }) => reason === 'OOMKilled'),
  };
}
