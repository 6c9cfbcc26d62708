import { knownKindNames } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { listAt, parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { finalizerOwner } from './finalizer-owner.ts';

/** Controllers take their finalizers away within seconds; what hangs longer is stuck. */
const stuckMs = 2 * 60_000;
const surelyStuckMs = 10 * 60_000;

const namespaceConditions = [
  'NamespaceFinalizersRemaining',
  'NamespaceContentRemaining',
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
] as const;

/**
 * `finalizer-stuck`: an object was deleted, its time is over, and finalizers keep it. The object is the one that cannot go; a Namespace is named only when nothing that was read
 * in it is stuck itself.
 */
export function findStuckFinalizers(context: AnalysisContext): readonly FindingDraft[] {
  const { scope, now } = context;
  const stuck = knownKindNames
    .filter((kind) => kind !== 'Event' && kind !== 'Namespace')
    .flatMap((kind) => scope.list(kind).filter((object) => isStuck(object, finalizersOf(object), now)));
  // Dependents that cannot go keep an owner that waits for them: they are what is stuck.
  const waitedFor = new Set(stuck.flatMap(({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid) ?? []));
  const roots = stuck.filter(
    (object) =>
      object.metadata.uid === undefined ||
      !waitedFor.has(object.metadata.uid) ||
      finalizersOf(object).some((name) => name !== 'foregroundDeletion'),
  );
  const namespaces = scope.list('Namespace').filter((namespace) => {
    const finalizers = [...finalizersOf(namespace), ...texts(listAt(namespace, 'spec', 'finalizers'))];
    return (
      isStuck(namespace, finalizers, now) && !roots.some((root) => root.metadata.namespace === namespace.metadata.name)
    );
  });
  return [
    ...roots.map((object) => draft(context, object)),
    ...namespaces.map((namespace) => draftNamespace(context, namespace)),
  ];
}

function isStuck(object: WireObject, finalizers: readonly string[], now: number): boolean {
  const due = parseTime(object.metadata.deletionTimestamp);
  return isTerminating(object) && due !== undefined && now - due >= stuckMs && finalizers.length > 0;
}

function finalizersOf(object: WireObject): readonly string[] {
  return texts(listAt(object, 'metadata', 'finalizers'));
}

function texts(values: readonly unknown[]): readonly string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '').slice(0, 20);
}

function draft(context: AnalysisContext, object: WireObject): FindingDraft {
  const { view, now, scope } = context;
  const ref = refOf(object);
  const finalizers = finalizersOf(object);
  const finalizer = finalizers.find((name) => name !== 'foregroundDeletion') ?? finalizers[0] ?? '';
  const owner = finalizerOwner(view, finalizer);
  const users = finalizer === 'kubernetes.io/pvc-protection' ? podsUsing(context, object) : [];
  const dependents = finalizer === 'foregroundDeletion' ? dependentsOf(context, object) : [];
  const waitsFor =
    users.length > 0
      ? `${sayRef(refOf(users[0] ?? object))} still uses it`
      : dependents.length > 0
        ? `${sayRef(refOf(dependents[0] ?? object))} is still there`
        : owner.isDown && owner.controller !== undefined
          ? `${sayRef(refOf(owner.controller))}, which takes it away, has no ready pod`
          : `${owner.who} has not taken it away`;
  const namespace =
    object.metadata.namespace === undefined
      ? undefined
      : scope.list('Namespace').find(({ metadata }) => metadata.name === object.metadata.namespace);
  return {
    code: 'finalizer-stuck',
    object: ref,
    summary: `${sayRef(ref)} was deleted ${sayAge(object, now)} ago and cannot go: finalizer ${oneLine(finalizer, 120)} remains; ${waitsFor}.`,
    cause: {
      path: 'metadata.finalizers',
      observed: finalizers.map((name) => oneLine(name, 120)).join(', '),
      expected: `none: taken away by ${owner.who}`,
    },
    recommendation: {
      text:
        users.length > 0
          ? `Let ${users.length === 1 ? 'the pod' : `${users.length} pods`} that use it end; then it goes by itself.`
          : `Find out why ${owner.who} does not take the finalizer away. Removing it by hand leaves behind whatever it guards.`,
      values: { finalizer: oneLine(finalizer, 120) },
    },
    support: [
      fromObject(
        object,
        now,
        `deletionTimestamp ${object.metadata.deletionTimestamp ?? ''}, finalizers ${finalizers.map((name) => oneLine(name, 120)).join(', ')}`,
      ),
      ...[...users, ...dependents].slice(0, 2).map((other) => fromObject(other, now, 'still there')),
      ...(owner.controller === undefined || !owner.isDown
        ? []
        : [fromObject(owner.controller, now, 'it has no ready pod')]),
    ],
    grounds: groundsOf(object, now),
    pods: object.kind === 'Pod' ? [podKey(object)] : [],
    affects: [
      ...(namespace !== undefined && isTerminating(namespace) ? [refOf(namespace)] : []),
      ...(object.metadata.ownerReferences ?? []).flatMap(({ apiVersion, kind, name }): ObjectRef[] => {
        const found = view.get({ apiVersion, kind, name, namespace: object.metadata.namespace });
        return found !== undefined && isTerminating(found) ? [refOf(found)] : [];
      }),
    ],
    since: parseTime(object.metadata.deletionTimestamp),
  };
}

function draftNamespace({ now }: AnalysisContext, namespace: WireObject): FindingDraft {
  const ref = refOf(namespace);
  const conditions = namespaceConditions.flatMap((type) => {
    const condition = conditionOf(namespace, type);
    return condition?.status === 'True' ? [condition] : [];
  });
  const own = finalizersOf(namespace);
  const finalizers = own.length > 0 ? own : texts(listAt(namespace, 'spec', 'finalizers'));
  const [first] = conditions;
  const said = first?.message === undefined ? undefined : oneLine(first.message, 300);
  // Only the message tells which kinds and finalizers remain (`pkg/controller/namespace/deletion/status_condition_utils.go`); it is shown as it is.
  return {
    code: 'finalizer-stuck',
    object: ref,
    summary: `${sayRef(ref)} was deleted ${sayAge(namespace, now)} ago and cannot go: ${said ?? `finalizers ${finalizers.map((name) => oneLine(name, 80)).join(', ')} remain`}`,
    cause: {
      path: own.length > 0 ? 'metadata.finalizers' : 'spec.finalizers',
      observed: said ?? finalizers.map((name) => oneLine(name, 80)).join(', '),
      expected: 'nothing that remains in the namespace',
    },
    recommendation: {
      text:
        first?.type === 'NamespaceDeletionDiscoveryFailure'
          ? 'The API server cannot list what is in the namespace: make the aggregated API that fails available again, or remove its APIService.'
          : 'Find the objects that remain and the controllers of their finalizers. Removing a finalizer by hand leaves behind whatever it guards.',
    },
    support: [
      fromObject(
        namespace,
        now,
        `deletionTimestamp ${namespace.metadata.deletionTimestamp ?? ''}, phase ${textAt(namespace, 'status', 'phase') ?? 'not said'}`,
      ),
      ...conditions
        .slice(0, 3)
        .map(
          (condition): EvidenceDraft =>
            fromObject(namespace, now, `${condition.type}=True: ${oneLine(condition.message ?? 'no message', 300)}`),
        ),
    ],
    grounds: groundsOf(namespace, now),
    pods: [],
    since: parseTime(namespace.metadata.deletionTimestamp),
  };
}

function groundsOf(object: WireObject, now: number): FindingDraft['grounds'] {
  const due = parseTime(object.metadata.deletionTimestamp) ?? now;
  return { basis: 'stated', current: true, repeated: now - due >= surelyStuckMs };
}

function podsUsing({ view }: AnalysisContext, claim: WireObject): readonly WireObject[] {
  return view
    .list('Pod', claim.metadata.namespace)
    .filter((pod) =>
      recordsAt(pod, 'spec', 'volumes').some(
        ({ record }) => textAt(record, 'persistentVolumeClaim', 'claimName') === claim.metadata.name,
      ),
    );
}

function dependentsOf({ view }: AnalysisContext, object: WireObject): readonly WireObject[] {
  const { uid } = object.metadata;
  if (uid === undefined) return [];
  return knownKindNames
    .filter((kind) => kind !== 'Event')
    .flatMap((kind) => view.list(kind, object.metadata.namespace))
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) === true)
    .slice(0, 5);
}

function sayAge(object: WireObject, now: number): string {
  const minutes = Math.floor((now - (parseTime(object.metadata.deletionTimestamp) ?? now)) / 60_000);
  return minutes < 120
    ? `${minutes} minutes`
    : minutes < 2880
      ? `${Math.floor(minutes / 60)} hours`
      : `${Math.floor(minutes / 1440)} days`;
}
