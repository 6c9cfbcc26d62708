import { knownRef } from '../../cluster/kinds.ts';
import { refOf } from '../../cluster/object.ts';
import type { AnalysisContext } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { isOlderThan, presentEvents } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { type Claim, podsUsing } from './claim.ts';
import { aboutClaim, type ClaimVerdict } from './claim-verdict.ts';
import { hasSelector, holderOf, type Misfit, misfitsOf, readVolume, type Volume } from './volume.ts';

/** Why a claim that names its volume is not bound to it. Undefined when it is on its way. */
export function namedVolumeVerdict(context: AnalysisContext, claim: Claim, name: string): ClaimVerdict | undefined {
  const { view, now } = context;
  const object = view.get(knownRef('PersistentVolume', undefined, name));
  const path = 'spec.volumeName';
  if (object === undefined) {
    const isKnown = view.hasAll('PersistentVolume');
    if (!isKnown && !looksAbandoned(context, claim)) return undefined;
    const near = nearestName(
      name,
      view.list('PersistentVolume').map(({ metadata }) => metadata.name),
    );
    return aboutClaim(claim, {
      code: 'volume-missing',
      path,
      observed: name,
      expected: near ?? 'a PersistentVolume that exists',
      says: `it names PersistentVolume ${name}, which ${isKnown ? 'does not exist' : 'is not among those that could be read'}`,
      basis: isKnown ? 'stated' : 'likely',
      support: [],
      values: { volume: name },
    });
  }
  const volume = readVolume(object);
  const holder = holderOf(volume, claim);
  if (holder === 'former') return releasedVerdict(context, volume, 'stated');
  if (holder === 'other') {
    const holding = sayHolder(volume);
    return aboutClaim(claim, {
      code: 'volume-already-bound',
      path,
      observed: `${name}, bound to ${holding}`,
      expected: 'a PersistentVolume that is free',
      says: `it names PersistentVolume ${name}, which belongs to claim ${holding}`,
      basis: 'stated',
      support: [fromObject(object, now, `${volume.phase ?? 'without a phase'}, claimRef ${holding}`)],
      values: { volume: name, claim: holding },
    });
  }
  const misfits = misfitsOf(claim, volume).filter((misfit) => misfit !== 'selector');
  const [misfit] = misfits;
  return misfit === undefined ? undefined : misfitVerdict(context, claim, misfit, [volume], 'stated');
}

const patienceMs = 2 * 60_000;
const bindingWords: ReadonlySet<string> = new Set(['FailedBinding', 'VolumeMismatch', 'ProvisioningFailed']);

/**
 * The binder takes a volume that is named within seconds, and says so of the claim when it is another's or does not fit. Of one that is not there it says nothing: silence for minutes,
 * while a pod waits, is its word for it.
 */
function looksAbandoned(context: AnalysisContext, { object }: Claim): boolean {
  const { view, now } = context;
  return (
    isOlderThan(object, patienceMs, now) &&
    podsUsing(context, refOf(object)).length > 0 &&
    presentEvents(view, object, bindingWords, now).length === 0
  );
}

/**
 * Why no volume that was made by hand fits a claim. The volumes of its class are narrowed by what the claim asks for most deliberately: its selector, then mode, access modes
 * and size; what leaves none is the reason. Undefined when one fits (it will be bound), or when there is no volume of the class at all.
 */
export function staticVerdict(
  context: AnalysisContext,
  claim: Claim,
  volumes: readonly Volume[],
): ClaimVerdict | undefined {
  const ofClass = volumes.filter((volume) => (claim.className ?? '') === volume.className);
  if (ofClass.length === 0) return undefined;
  const own = ofClass.filter((volume) => misfitsOf(claim, volume).length === 0);
  if (own.some((volume) => ['free', 'ours'].includes(holderOf(volume, claim)))) return undefined;
  // The same claim was made anew, and the volume still belongs to the one before it.
  const released = own.filter((volume) => holderOf(volume, claim) === 'former');
  const recreated = released.find(
    ({ claim: held }) =>
      held?.name === claim.object.metadata.name && held.namespace === claim.object.metadata.namespace,
  );
  if (recreated !== undefined) return releasedVerdict(context, recreated, 'stated');
  const free = ofClass.filter((volume) => holderOf(volume, claim) === 'free');
  const [misfit, narrowed] = narrow(claim, free);
  if (misfit !== undefined) {
    // Where another volume lacks something else, or only waits to be cleaned, it cannot be told what was meant.
    const isPlain = free.every((volume) => misfitsOf(claim, volume).includes(misfit)) && released.length === 0;
    return misfitVerdict(context, claim, misfit, narrowed, isPlain ? 'stated' : 'likely');
  }
  const [kept] = released;
  if (kept !== undefined) return releasedVerdict(context, kept, released.length === 1 ? 'stated' : 'likely');
  const taken = takenVerdict(context, claim, own);
  if (taken !== undefined || own.length > 0) return taken;
  // Every volume belongs to somebody, and none would fit if it did not: what it asks for keeps it from all of them.
  const [lacking, nearest] = narrow(claim, ofClass);
  return lacking === undefined ? undefined : misfitVerdict(context, claim, lacking, nearest, 'likely');
}

const order: readonly Misfit[] = ['selector', 'volume-mode', 'access-mode', 'capacity'];

function narrow(claim: Claim, volumes: readonly Volume[]): readonly [Misfit | undefined, readonly Volume[]] {
  let left = volumes;
  if (left.length === 0) return [undefined, left];
  for (const misfit of order) {
    const kept = left.filter((volume) => !misfitsOf(claim, volume).includes(misfit));
    if (kept.length === 0) return [misfit, left];
    left = kept;
  }
  return [undefined, left];
}

function misfitVerdict(
  { now }: AnalysisContext,
  claim: Claim,
  misfit: Misfit,
  volumes: readonly Volume[],
  basis: ClaimVerdict['basis'],
): ClaimVerdict {
  const largest = volumes.toSorted(
    (a, b) =>
      (b.capacityBytes ?? 0) - (a.capacityBytes ?? 0) || (a.object.metadata.name < b.object.metadata.name ? -1 : 1),
  );
  const [best] = largest;
  const name = best?.object.metadata.name ?? '';
  const free = volumes.every((volume) => holderOf(volume, claim) === 'free' || holderOf(volume, claim) === 'ours')
    ? 'free '
    : '';
  const support = largest.slice(0, 3).map((volume) => fromObject(volume.object, now, sayVolume(volume)));
  const base = { basis, support, values: { volume: name } };
  switch (misfit) {
    case 'class':
      return aboutClaim(claim, {
        ...base,
        code: 'storage-class-missing',
        path: 'spec.storageClassName',
        observed: claim.className === undefined ? 'not set' : claim.className === '' ? '""' : claim.className,
        expected:
          best?.className === ''
            ? `"" (that of PersistentVolume ${name})`
            : `${best?.className} (that of PersistentVolume ${name})`,
        says: `its class is not that of PersistentVolume ${name}`,
      });
    case 'volume-mode':
      return aboutClaim(claim, {
        ...base,
        code: 'volume-access-mode-mismatch',
        path: 'spec.volumeMode',
        observed: claim.volumeMode,
        expected: best?.volumeMode ?? 'the mode of a free volume',
        says: `it asks for volumeMode ${claim.volumeMode}, and PersistentVolume ${name} has ${best?.volumeMode}`,
      });
    case 'access-mode': {
      const offered = [...new Set(volumes.flatMap(({ accessModes }) => accessModes))].toSorted().join(', ') || 'none';
      return aboutClaim(claim, {
        ...base,
        code: 'volume-access-mode-mismatch',
        path: 'spec.accessModes',
        observed: claim.accessModes.join(', '),
        expected: `${offered} (what ${sayVolumes(largest)} offers)`,
        says: `it asks for ${claim.accessModes.join(', ')}, and the ${free}volumes of its class offer ${offered}`,
      });
    }
    case 'capacity':
      return aboutClaim(claim, {
        ...base,
        code: 'volume-capacity-mismatch',
        path: 'spec.resources.requests.storage',
        observed: claim.request ?? 'not set',
        expected: `at most ${best?.capacity ?? '0'} (PersistentVolume ${name}), or a larger volume`,
        says: `it asks for ${claim.request}, and the largest ${free}volume that fits otherwise has ${best?.capacity ?? '0'} (${name})`,
      });
    case 'selector':
      return aboutClaim(claim, {
        ...base,
        code: 'volume-selector-unmatched',
        path: 'spec.selector',
        observed: JSON.stringify(claim.selector).slice(0, 300),
        expected: `a selector that matches a free volume (${name} has ${sayLabels(best)})`,
        says: `its selector matches no ${free}volume of its class`,
      });
    default:
      return misfit satisfies never;
  }
}

function releasedVerdict({ now, view }: AnalysisContext, volume: Volume, basis: ClaimVerdict['basis']): ClaimVerdict {
  const { name } = volume.object.metadata;
  const holding = sayHolder(volume);
  const gone =
    volume.claim === undefined
      ? undefined
      : view.get(knownRef('PersistentVolumeClaim', volume.claim.namespace, volume.claim.name));
  const isGone = gone === undefined || gone.metadata.uid !== volume.claim?.uid;
  return {
    code: 'volume-released',
    object: refOf(volume.object),
    path: 'spec.claimRef',
    observed: `${holding}${volume.claim?.uid === undefined ? '' : `, uid ${volume.claim.uid}`}`,
    expected: 'no claimRef, once its data are known to be disposable or wanted',
    says: `PersistentVolume ${name} would fit, but it still belongs to claim ${holding}${isGone ? ', which is gone' : ''} (${volume.phase ?? 'no phase'})`,
    basis,
    support: [fromObject(volume.object, now, `${sayVolume(volume)}, claimRef ${holding}`)],
    values: { volume: name },
  };
}

function takenVerdict({ now }: AnalysisContext, claim: Claim, own: readonly Volume[]): ClaimVerdict | undefined {
  const [taken] = own.filter((volume) => holderOf(volume, claim) === 'other');
  if (taken === undefined) return undefined;
  const { name } = taken.object.metadata;
  const holding = sayHolder(taken);
  const isPinned = hasSelector(claim);
  return aboutClaim(claim, {
    code: 'volume-already-bound',
    path: isPinned ? 'spec.selector' : 'spec.storageClassName',
    observed: `${name}, bound to ${holding}`,
    expected: 'a volume that is free',
    says: `every volume that fits belongs to another claim (${name} to ${holding})`,
    basis: own.length === 1 || isPinned ? 'stated' : 'likely',
    support: own.slice(0, 3).map((volume) => fromObject(volume.object, now, `bound to ${sayHolder(volume)}`)),
    values: { volume: name, claim: holding },
  });
}

function sayHolder({ claim }: Volume): string {
  return claim === undefined ? 'nobody' : `${claim.namespace ?? ''}/${claim.name}`;
}

function sayVolume(volume: Volume): string {
  return `${volume.phase ?? 'no phase'}, ${volume.capacity ?? 'no capacity'}, ${volume.accessModes.join(' ')}, class ${volume.className === '' ? 'none' : volume.className}`;
}

function sayVolumes(volumes: readonly Volume[]): string {
  return volumes.length === 1
    ? `PersistentVolume ${volumes[0]?.object.metadata.name}`
    : `each of ${volumes.length} volumes`;
}

function sayLabels(volume: Volume | undefined): string {
  const labels = Object.entries(volume?.object.metadata.labels ?? {}).slice(0, 4);
  return labels.length === 0 ? 'no labels' : labels.map(([key, value]) => `${key}=${value}`).join(', ');
}
