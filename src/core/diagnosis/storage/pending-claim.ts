import type { ClusterView } from '../../cluster/cluster-view.ts';
import { refOf, sayRef } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { parseTime } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { nearestName } from '../nearest-name.ts';
import { fromEvent, isOlderThan, presentEvents } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { type Claim, podsUsing, readClaim } from './claim.ts';
import { aboutClaim, type ClaimVerdict } from './claim-verdict.ts';
import { dynamicVerdict } from './dynamic-volume.ts';
import { namedVolumeVerdict, staticVerdict } from './static-volume.ts';
import { defaultClassOf, isDynamic, provisionerOf, storageClassOf, waitsForConsumer } from './storage-class.ts';
import { readVolume, type Volume } from './volume.ts';

const bindingReasons: ReadonlySet<string> = new Set([
  'ProvisioningFailed',
  'FailedBinding',
  'VolumeMismatch',
  'ClaimLost',
]);
const repeatMs = 60_000;

type Judged = { readonly claim: Claim; readonly verdict: ClaimVerdict };

/** Claims that are not bound now, and why: decided on the claim, the class it names and the volumes there are. One that waits for its first pod is well. */
export function pendingClaims(context: AnalysisContext): readonly FindingDraft[] {
  const claims = context.scope
    .list('PersistentVolumeClaim')
    .filter((claim) => !isTerminating(claim))
    .map(readClaim);
  if (claims.every(({ phase }) => phase !== 'Pending' && phase !== 'Lost')) return [];
  const volumes = context.view.list('PersistentVolume').map(readVolume);
  const judged = claims.flatMap((claim): readonly Judged[] => {
    const verdict =
      claim.phase === 'Lost'
        ? lostVerdict(claim)
        : claim.phase === 'Pending'
          ? pendingVerdict(context, claim, volumes)
          : undefined;
    return verdict === undefined ? [] : [{ claim, verdict }];
  });
  // What lies in a class or a volume is one fault, however many claims wait for it.
  return groupBy(judged, ({ verdict }) => `${verdict.code}\n${sayRef(verdict.object)}`).map((group) =>
    draft(context, group),
  );
}

function lostVerdict(claim: Claim): ClaimVerdict {
  const name = claim.volumeName ?? 'its volume';
  return aboutClaim(claim, {
    code: 'volume-lost',
    path: 'spec.volumeName',
    observed: name,
    expected: 'the PersistentVolume that it was bound to; its data may be gone',
    says: `PersistentVolume ${name}, which it was bound to, is no longer there for it`,
    basis: 'stated',
    support: [],
    values: { volume: name },
  });
}

function pendingVerdict(context: AnalysisContext, claim: Claim, volumes: readonly Volume[]): ClaimVerdict | undefined {
  const { view } = context;
  // Access modes are required: without them the claim was read in part, and what it asks for is not known.
  if (claim.accessModes.length === 0) return undefined;
  if (claim.volumeName !== undefined) return namedVolumeVerdict(context, claim, claim.volumeName);
  const storageClass =
    claim.className === undefined || claim.className === '' ? undefined : storageClassOf(view, claim.className);
  if (storageClass === undefined) {
    return byHandVerdict(context, claim, volumes) ?? classVerdict(context, claim, volumes);
  }
  if (provisionerOf(storageClass) === undefined) return undefined;
  const isAwaited = !waitsForConsumer(storageClass) || claim.selectedNode !== undefined;
  const hasConsumer = podsUsing(context, refOf(claim.object)).length > 0;
  if (!isAwaited && !hasConsumer) return undefined;
  if (isDynamic(storageClass)) {
    const fits = volumes.some(
      (volume) =>
        volume.className === storageClass.metadata.name &&
        volume.claim?.name === claim.object.metadata.name &&
        volume.claim.namespace === claim.object.metadata.namespace,
    );
    if (fits) return staticVerdict(context, claim, volumes);
    // Before a node is chosen nothing is made, unless the provisioner was asked already.
    return isAwaited || presentEvents(view, claim.object, bindingReasons, context.now).length > 0
      ? dynamicVerdict(context, claim, storageClass)
      : undefined;
  }
  return staticVerdict(context, claim, volumes) ?? noVolumes(context, claim, volumes);
}

/** Volumes made by hand may carry a class that no object stands for. Those that a provisioner made tell of a class that once was. */
function byHandVerdict(context: AnalysisContext, claim: Claim, volumes: readonly Volume[]): ClaimVerdict | undefined {
  if (volumes.length === 0) return undefined;
  const byHand = volumes.filter(
    ({ object }) => object.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === undefined,
  );
  const verdict = staticVerdict(context, claim, byHand);
  // A claim that names nothing means the default class rather than some volume that another one has.
  return claim.className === undefined && verdict?.code === 'volume-already-bound' ? undefined : verdict;
}

function noVolumes({ view, now }: AnalysisContext, claim: Claim, volumes: readonly Volume[]): ClaimVerdict | undefined {
  const className = claim.className ?? '';
  if (!view.hasAll('PersistentVolume') || volumes.some((volume) => volume.className === className)) return undefined;
  const storageClass = storageClassOf(view, className);
  return aboutClaim(claim, {
    code: 'volume-missing',
    path: 'spec.storageClassName',
    observed: className,
    expected: 'a class that makes volumes, or a PersistentVolume of this class',
    says: `class ${className} makes no volumes, and no PersistentVolume of that class exists`,
    basis: 'stated',
    support:
      storageClass === undefined ? [] : [fromObject(storageClass, now, 'provisioner kubernetes.io/no-provisioner')],
    values: { storageClass: className },
  });
}

/** The class that a claim names, or leaves out, is not there. */
function classVerdict(
  { view, now }: AnalysisContext,
  claim: Claim,
  volumes: readonly Volume[],
): ClaimVerdict | undefined {
  const { className } = claim;
  // One of its class is there: what keeps it was looked at before.
  if (
    volumes.some(
      (volume) => volume.className === (className ?? '') && volume.claim === undefined && volume.phase !== 'Released',
    )
  )
    return undefined;
  const events = presentEvents(view, claim.object, bindingReasons, now);
  const fallback = defaultClassOf(view)?.metadata.name;
  const names = view.list('StorageClass').map(({ metadata }) => metadata.name);
  const knowsClasses = view.hasAll('StorageClass');
  const support = classSupport(view, now);
  const values = fallback === undefined ? {} : { defaultClass: fallback };
  const base = {
    code: 'storage-class-missing',
    path: 'spec.storageClassName',
    basis: 'stated',
    support,
    values,
  } as const;
  if (className !== undefined && className !== '') {
    const isSaid = events.some(
      ({ message }) => message?.includes(`storageclass.storage.k8s.io "${className}" not found`) === true,
    );
    if (!knowsClasses && !isSaid) return undefined;
    const byHand = volumes
      .filter((volume) => volume.claim === undefined && volume.className !== '')
      .map((volume) => volume.className);
    const near = nearestName(className, [...new Set([...names, ...byHand])]);
    return aboutClaim(claim, {
      ...base,
      observed: className,
      expected: near ?? fallback ?? sayNames(names),
      says: `its storage class ${className} does not exist`,
    });
  }
  const isSaid = events.some(({ message }) => /no storage class is set/.test(message ?? ''));
  if (className === undefined && fallback !== undefined) {
    // Admission names the default class, now or a moment later; a claim that stays without one is older than the default.
    return isSaid
      ? aboutClaim(claim, {
          ...base,
          basis: 'likely',
          observed: 'not set',
          expected: fallback,
          says: `it names no storage class, and was made before ${fallback} became the default`,
        })
      : undefined;
  }
  const isKnown = className === undefined ? knowsClasses : view.hasAll('PersistentVolume');
  if (!isKnown && !isSaid) return undefined;
  return aboutClaim(claim, {
    ...base,
    observed: className === undefined ? 'not set' : '""',
    expected: fallback ?? nearestOf(names),
    says:
      className === undefined
        ? 'it names no storage class, and the cluster has no default class'
        : 'it asks for a volume without a class (storageClassName ""), and there is none',
  });
}

function nearestOf(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : sayNames(names);
}

function sayNames(names: readonly string[]): string {
  return names.length === 0
    ? 'a StorageClass that exists'
    : `a StorageClass that exists (${names.toSorted().slice(0, 5).join(', ')})`;
}

function classSupport(view: ClusterView, now: number) {
  const fallback = defaultClassOf(view);
  return fallback === undefined ? [] : [fromObject(fallback, now, 'is the default class')];
}

function draft(context: AnalysisContext, judged: readonly [Judged, ...Judged[]]): FindingDraft {
  const { view, now } = context;
  const [{ claim, verdict }] = judged;
  const claims = judged.map((item) => item.claim.object);
  const pods = [
    ...new Map(claims.flatMap((object) => podsUsing(context, refOf(object))).map((pod) => [podKey(pod), pod])).values(),
  ];
  const workloads = pods.map((pod) => workloadOf(view, pod).ref);
  const events = claims.flatMap((object) =>
    presentEvents(view, object, bindingReasons, now)
      .slice(0, 1)
      .map((event) => fromEvent(event, object)),
  );
  const told = new Set(verdict.support.map(({ source }) => source));
  const more =
    claims.length === 1
      ? ''
      : ` ${claims.length - 1} more ${claims.length === 2 ? 'claim waits' : 'claims wait'} for the same.`;
  const waiting = pods.length === 0 ? '' : ` ${pods.length} ${pods.length === 1 ? 'pod waits' : 'pods wait'} for it.`;
  const starts = claims.flatMap(({ metadata }) => parseTime(metadata.creationTimestamp) ?? []);
  return {
    code: verdict.code,
    object: verdict.object,
    summary: `${sayRef(refOf(claim.object))} ${claim.phase === 'Lost' ? 'has lost its volume' : 'is not bound'}: ${verdict.says}.${more}${waiting}`,
    cause: { path: verdict.path, observed: verdict.observed, expected: verdict.expected },
    recommendation: {
      text: `${sayRef(verdict.object)}: ${verdict.path} should be ${verdict.expected}.`,
      values: { claim: claim.object.metadata.name, ...verdict.values },
    },
    support: [
      fromObject(claim.object, now, sayClaim(claim)),
      ...verdict.support,
      ...events.filter(({ source }) => !told.has(source)).slice(0, 1),
      ...pods.slice(0, 2).map((pod) => fromObject(pod, now, 'uses the claim and is not started')),
    ],
    grounds: {
      basis: verdict.basis,
      current: true,
      // The controller looks at every pending claim each fifteen seconds.
      repeated: claims.length > 1 || claims.some((object) => isOlderThan(object, repeatMs, now)),
    },
    pods: pods.map(podKey),
    affects: [...claims.map(refOf), ...workloads],
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

function sayClaim(claim: Claim): string {
  const name = claim.className === undefined ? 'no class' : `class ${claim.className === '' ? '""' : claim.className}`;
  return `${claim.phase}, ${name}, ${claim.accessModes.join(' ')}, ${claim.request ?? 'no size'}${claim.volumeName === undefined ? '' : `, volume ${claim.volumeName}`}`;
}
