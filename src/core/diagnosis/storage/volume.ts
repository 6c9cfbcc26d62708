import type { WireObject } from '../../cluster/object.ts';
import { parseQuantity } from '../../cluster/quantity.ts';
import { matchesLabelSelector } from '../../cluster/selector.ts';
import { at, isRecord, listAt, textAt } from '../../cluster/wire.ts';
import { type Claim, textsOf } from './claim.ts';

/** A PersistentVolume as the binder reads it. */
export type Volume = {
  readonly object: WireObject;
  readonly phase: string | undefined;
  readonly className: string;
  readonly volumeMode: string;
  readonly accessModes: readonly string[];
  readonly capacity: string | undefined;
  readonly capacityBytes: number | undefined;
  readonly claim:
    | { readonly namespace: string | undefined; readonly name: string; readonly uid: string | undefined }
    | undefined;
};

export function readVolume(object: WireObject): Volume {
  const capacity = at(object, 'spec', 'capacity', 'storage');
  const claimName = textAt(object, 'spec', 'claimRef', 'name');
  return {
    object,
    phase: textAt(object, 'status', 'phase'),
    className:
      textAt(object, 'spec', 'storageClassName') ??
      object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ??
      '',
    volumeMode: textAt(object, 'spec', 'volumeMode') ?? 'Filesystem',
    accessModes: textsOf(listAt(object, 'spec', 'accessModes')),
    capacity: parseQuantity(capacity) === undefined ? undefined : String(capacity),
    capacityBytes: parseQuantity(capacity),
    claim:
      claimName === undefined
        ? undefined
        : {
            namespace: textAt(object, 'spec', 'claimRef', 'namespace'),
            name: claimName,
            uid: textAt(object, 'spec', 'claimRef', 'uid'),
          },
  };
}

/** Who has a volume, seen from a claim: nobody, this claim, another one, or one that is gone (the volume is kept, and given to nobody). */
export function holderOf(volume: Volume, claim: Claim): 'free' | 'ours' | 'other' | 'former' {
  const { name, namespace, uid } = claim.object.metadata;
  const held = volume.claim;
  const isSameName = held !== undefined && held.name === name && (held.namespace ?? namespace) === namespace;
  if (volume.phase === 'Released' || volume.phase === 'Failed') return 'former';
  if (held === undefined) return 'free';
  if (!isSameName) return 'other';
  return held.uid === undefined || uid === undefined || held.uid === uid ? 'ours' : 'former';
}

export type Misfit = 'class' | 'volume-mode' | 'access-mode' | 'capacity' | 'selector';

/** Why a claim cannot be bound to a volume, whoever has it: the rules of the binder. What a volume that was read in part does not say is held against nobody. */
export function misfitsOf(claim: Claim, volume: Volume): readonly Misfit[] {
  const misfits: Misfit[] = [];
  if ((claim.className ?? '') !== volume.className) misfits.push('class');
  if (claim.volumeMode !== volume.volumeMode) misfits.push('volume-mode');
  if (volume.accessModes.length > 0 && claim.accessModes.some((mode) => !volume.accessModes.includes(mode)))
    misfits.push('access-mode');
  if ((claim.requestBytes ?? 0) > (volume.capacityBytes ?? Number.POSITIVE_INFINITY)) misfits.push('capacity');
  if (hasSelector(claim) && !matchesLabelSelector(claim.selector, volume.object.metadata.labels ?? {}))
    misfits.push('selector');
  return misfits;
}

export function hasSelector({ selector }: Claim): boolean {
  return isRecord(selector) && Object.keys(selector).length > 0;
}
