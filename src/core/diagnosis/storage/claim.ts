import type { ObjectRef, WireObject } from '../../cluster/object.ts';
import { isTerminating, phaseOf } from '../../cluster/pod.ts';
import { parseQuantity } from '../../cluster/quantity.ts';
import { at, listAt, textAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';

/** A claim as the controllers read it. `className`: undefined when none is named, empty when a volume without a class is asked for on purpose. */
export type Claim = {
  readonly object: WireObject;
  readonly phase: string | undefined;
  readonly className: string | undefined;
  readonly volumeName: string | undefined;
  readonly volumeMode: string;
  readonly accessModes: readonly string[];
  readonly request: string | undefined;
  readonly requestBytes: number | undefined;
  readonly selector: unknown;
  /** The node that the scheduler chose for the first pod: from then on a volume is being made. */
  readonly selectedNode: string | undefined;
};

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';
const nodeAnnotation = 'volume.kubernetes.io/selected-node';

export function readClaim(object: WireObject): Claim {
  const request = at(object, 'spec', 'resources', 'requests', 'storage');
  const named = at(object, 'spec', 'storageClassName');
  return {
    object,
    phase: textAt(object, 'status', 'phase'),
    className: typeof named === 'string' ? named : object.metadata.annotations?.[classAnnotation],
    volumeName: textAt(object, 'spec', 'volumeName'),
    volumeMode: textAt(object, 'spec', 'volumeMode') ?? 'Filesystem',
    accessModes: textsOf(listAt(object, 'spec', 'accessModes')),
    request: parseQuantity(request) === undefined ? undefined : String(request),
    requestBytes: parseQuantity(request),
    selector: at(object, 'spec', 'selector'),
    selectedNode: object.metadata.annotations?.[nodeAnnotation],
  };
}

export function textsOf(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}

/** The pods that wait for a claim or use it: not those that are done or are being deleted. */
export function podsUsing({ topology, view }: AnalysisContext, claim: ObjectRef): readonly WireObject[] {
  return topology
    .neededBy(claim)
    .filter(({ by, from }) => by === 'mounts' && from.kind === 'Pod')
    .flatMap(({ from }) => view.get(from) ?? [])
    .filter((pod) => !isTerminating(pod) && phaseOf(pod) !== 'Succeeded' && phaseOf(pod) !== 'Failed');
}
