import type { WireObject } from '../cluster/object.ts';
import { isTerminating } from '../cluster/pod.ts';
import { at, textAt, timeAt } from '../cluster/wire.ts';
import { type Sighting, sightingOf } from './sighting.ts';

/** Classes that bind a claim only when a pod uses it: until then a pending claim is as it should be. */
export function waitingClasses(classes: readonly WireObject[]): ReadonlySet<string> {
  return new Set(
    classes
      .filter((storageClass) => textAt(storageClass, 'volumeBindingMode') === 'WaitForFirstConsumer')
      .map(({ metadata }) => metadata.name),
  );
}

const selectedNode = 'volume.kubernetes.io/selected-node';

/**
 * A PersistentVolumeClaim that is lost, or pending though nothing has to be waited for. A claim of a class that waits for its first consumer counts only once the scheduler has
 * chosen a node for that consumer.
 */
export function examineClaim(claim: WireObject, waiting: ReadonlySet<string>): Sighting | undefined {
  if (isTerminating(claim)) return undefined;
  const phase = textAt(claim, 'status', 'phase');
  const className = at(claim, 'spec', 'storageClassName');
  const ofClass = typeof className === 'string' && className !== '' ? ` of class ${className}` : '';
  if (phase === 'Lost') {
    const volume = textAt(claim, 'spec', 'volumeName') ?? 'its volume';
    return sightingOf(claim, {
      rule: 'claim-lost',
      severity: 'critical',
      summary: `The claim${ofClass} has lost ${volume}.`,
      since: undefined,
    });
  }
  if (phase !== 'Pending') return undefined;
  const isWaiting = typeof className === 'string' && waiting.has(className);
  if (isWaiting && claim.metadata.annotations?.[selectedNode] === undefined) return undefined;
  return sightingOf(claim, {
    rule: 'claim-pending',
    severity: 'warning',
    summary: `The claim${ofClass} is not bound to a volume.`,
    since: timeAt(claim, 'metadata', 'creationTimestamp'),
  });
}
