import type { WireObject } from '../../cluster/object.ts';
import { words } from './cell.ts';
import { conditionOf, field, listAt, numberAt, textAt } from './fields.ts';
import { type ReadOutput, textOutput } from './read-output.ts';
import { tableOutput } from './table.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const causeAnnotation = 'kubernetes.io/change-cause';

/**
 * What `kubectl rollout status` says of a Deployment at this moment. A missed progress deadline is a failure, as kubectl's exit code
 * says; an unfinished rollout is not, it is just not finished.
 */
export function renderRolloutStatus(deployment: WireObject): ReadOutput {
  const { name, generation = 0 } = deployment.metadata;
  const status = (key: string) => numberAt(deployment, 'status', key) ?? 0;
  const waiting = (what: string) => textOutput(`Waiting for deployment "${name}" rollout to finish: ${what}...`);
  if (generation > status('observedGeneration')) {
    return textOutput('Waiting for deployment spec update to be observed...');
  }
  if (textAt(conditionOf(deployment, 'Progressing'), 'reason') === 'ProgressDeadlineExceeded') {
    const failure = `deployment "${name}" exceeded its progress deadline`;
    return textOutput(`error: ${failure}`, { failure });
  }
  const desired = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const updated = status('updatedReplicas');
  if (updated < desired) return waiting(`${updated} out of ${desired} new replicas have been updated`);
  const old = status('replicas') - updated;
  if (old > 0) return waiting(`${old} old replicas are pending termination`);
  const available = status('availableReplicas');
  if (available < updated) return waiting(`${available} of ${updated} updated replicas are available`);
  return textOutput(`deployment "${name}" successfully rolled out`);
}

/**
 * The revisions of a Deployment from its ReplicaSets, oldest first, with their images, which kubectl's own table lacks. With `revision`
 * only that one; it must exist, or the output is a failure. ReplicaSets of other owners are left out by uid.
 */
export function renderRolloutHistory(
  deployment: WireObject,
  replicaSets: readonly WireObject[],
  revision?: number,
): ReadOutput {
  const own = replicaSets.filter((replicaSet) =>
    (replicaSet.metadata.ownerReferences ?? []).some((owner) => owner.uid === deployment.metadata.uid),
  );
  const revisions = own
    .map((replicaSet) => ({
      number: Number(replicaSet.metadata.annotations?.[revisionAnnotation]),
      cause: replicaSet.metadata.annotations?.[causeAnnotation] ?? '',
      images: imagesOf(replicaSet),
    }))
    .filter((each) => Number.isInteger(each.number) && each.number > 0)
    .toSorted((a, b) => a.number - b.number);
  const shown = revision === undefined ? revisions : revisions.filter((each) => each.number === revision);
  if (revision !== undefined && shown.length === 0) {
    const failure = `deployment "${deployment.metadata.name}" has no revision ${revision}`;
    return textOutput(`error: ${failure}`, { failure });
  }
  return tableOutput(
    ['REVISION', 'CHANGE-CAUSE', 'IMAGES'],
    shown.map(({ number, cause, images }) => [{ text: String(number), value: number }, words(cause), words(images)]),
    revisions.length === 0 ? ['No rollout history found.'] : [],
  );
}

function imagesOf(replicaSet: WireObject): string {
  const containers = listAt(field(replicaSet, 'spec', 'template', 'spec'), 'containers');
  return containers.map((container) => textAt(container, 'image')).join(',');
}
