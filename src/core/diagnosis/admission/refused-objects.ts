import { readEvent } from '../../cluster/cluster-event.ts';
import { sayPath } from '../../cluster/field-path.ts';
import { isKnownKind } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { createReadAmount, type ReadAmount, sayAmount } from '../../cluster/pod-resources.ts';
import { findResourceType } from '../../cluster/resource-types.ts';
import { at, recordsAt, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { fromEvent, oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { breachesOf, type QuotaBreach, quotaAsksOfClaim, quotaAsksOfService } from './quota.ts';

/** Claims and Services are made once, by people or by a delivery tool: their refusal may be an hour old and still hold. */
const spokenMs = 60 * 60_000;
const maxText = 8000;
/** These are told by what they lack now, not by what they once said. */
const creatorKinds: ReadonlySet<string> = new Set([
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Deployment',
  'ReplicationController',
]);

type Refused = {
  readonly ref: ObjectRef;
  readonly breach: QuotaBreach;
  readonly support: EvidenceDraft;
  readonly isSaid: boolean;
};

/**
 * Objects other than pods that a quota keeps out: those of which an event or a delivery tool says so, and those that were declared and are not there. Believed only when
 * the object is missing now and the quota as it stands would refuse it.
 */
export function findRefusedObjects(context: AnalysisContext, found: readonly FindingDraft[]): readonly FindingDraft[] {
  const read = createReadAmount();
  const refused = [...saidRefused(context, read), ...declaredRefused(context, read)];
  return groupBy(refused, ({ breach }) => `${sayRef(refOf(breach.quota))} ${breach.resource}`).flatMap((group) => {
    const draft = draftOf(group);
    const isTold = found.some(
      ({ object, cause }) => sayRef(object) === sayRef(draft.object) && cause.path === draft.cause.path,
    );
    return isTold ? [] : [draft];
  });
}

/** A sentence about a refusal. `isNow`: a condition that stands as long as it is so. */
type Told = {
  readonly text: string;
  readonly namespace: string | undefined;
  readonly support: EvidenceDraft;
  readonly isNow?: boolean;
};

const sentence =
  /(?:^|[\s:])([a-z][a-z.]{0,100}) "([^"\s]{1,253})" is forbidden: exceeded quota: ([a-z0-9.-]{1,253}), requested: ([^\s]{1,500}), used: /;

function saidRefused(context: AnalysisContext, read: ReadAmount): readonly Refused[] {
  const { view, now, scope } = context;
  const namespaces = new Set(scope.list('ResourceQuota').map(({ metadata }) => metadata.namespace));
  const fromEvents = view.list('Event').flatMap((object) => {
    const event = readEvent(object);
    if (event?.message === undefined || event.last === undefined || now - event.last > spokenMs) return [];
    if (creatorKinds.has(event.about.kind)) return [];
    if (!namespaces.has(object.metadata.namespace) && !namespaces.has(event.about.namespace)) return [];
    const about = {
      apiVersion: 'v1',
      kind: event.about.kind,
      metadata: {
        name: event.about.name,
        ...(event.about.namespace === undefined ? {} : { namespace: event.about.namespace }),
      },
    };
    return [
      {
        text: event.message,
        namespace: event.about.namespace ?? object.metadata.namespace,
        support: fromEvent(event, about),
      },
    ];
  });
  const deliveries = (['Application', 'Kustomization', 'HelmRelease'] as const).flatMap((kind) => view.list(kind));
  const fromStatus = deliveries.flatMap((object) =>
    textsOf(object).map((text) => ({
      text,
      namespace: deliveryNamespace(object),
      support: fromObject(object, now, oneLine(text)),
    })),
  );
  // A Deployment cannot make the ReplicaSet of its new revision, so no pod is refused: its condition stands until it can.
  const fromDeployments = scope.list('Deployment').flatMap((object) =>
    recordsAt(object, 'status', 'conditions').flatMap(({ record }) => {
      const text = textAt(record, 'message');
      return record.reason === 'ReplicaSetCreateError' && record.status === 'False' && text !== undefined
        ? [{ text, namespace: object.metadata.namespace, isNow: true, support: fromObject(object, now, oneLine(text)) }]
        : [];
    }),
  );
  const told: readonly Told[] = [...fromEvents, ...fromStatus, ...fromDeployments];
  return told.flatMap(({ text, namespace, support, isNow }): readonly Refused[] => {
    const match = sentence.exec(text.slice(0, maxText));
    if (match === null || namespace === undefined) return [];
    const [, resource = '', name = '', quotaName = '', requested = ''] = match;
    const type = findResourceType(resource);
    // Pods are told through the controllers that lack them.
    if (type === undefined || type.kind === 'Pod' || !isKnownKind(type.kind)) return [];
    const ref: ObjectRef = { apiVersion: type.apiVersion, kind: type.kind, namespace, name };
    // A condition is of now; what else is said may have been put right, unless the object is seen to be missing.
    if (view.get(ref) !== undefined || !(isNow === true || view.hasAll(type.kind, namespace))) return [];
    const quota = view.get({ apiVersion: 'v1', kind: 'ResourceQuota', namespace, name: quotaName });
    const asks = new Map(
      requested.split(',').flatMap((pair) => {
        const [key = '', quantity] = pair.split('=');
        const amount = read(key, quantity);
        return amount === undefined ? [] : [[key, amount] as const];
      }),
    );
    const [breach] = quota === undefined ? [] : (breachesOf(quota, asks, read) ?? []);
    return breach === undefined ? [] : [{ ref, breach, support, isSaid: true }];
  });
}

function textsOf(object: WireObject): readonly string[] {
  return [
    ...recordsAt(object, 'status', 'conditions').flatMap(({ record }) => textAt(record, 'message') ?? []),
    ...(textAt(object, 'status', 'operationState', 'message') === undefined
      ? []
      : [textAt(object, 'status', 'operationState', 'message') ?? '']),
    ...recordsAt(object, 'status', 'operationState', 'syncResult', 'resources').flatMap(
      ({ record }) => textAt(record, 'message') ?? [],
    ),
  ];
}

function deliveryNamespace(object: WireObject): string | undefined {
  return (
    textAt(object, 'spec', 'destination', 'namespace') ??
    textAt(object, 'spec', 'targetNamespace') ??
    object.metadata.namespace
  );
}

function declaredRefused({ view, scope, now, observations }: AnalysisContext, read: ReadAmount): readonly Refused[] {
  const quotas = scope.list('ResourceQuota');
  if (quotas.length === 0) return [];
  return observations.declared.flatMap((object): readonly Refused[] => {
    const { kind, metadata } = object;
    if ((kind !== 'Service' && kind !== 'PersistentVolumeClaim') || metadata.namespace === undefined) return [];
    if (view.get(refOf(object)) !== undefined || !view.hasAll(kind, metadata.namespace)) return [];
    const spec = at(object, 'spec');
    const asks = kind === 'Service' ? quotaAsksOfService(spec) : quotaAsksOfClaim(spec, read);
    return quotas
      .filter((quota) => quota.metadata.namespace === metadata.namespace)
      .flatMap((quota) => breachesOf(quota, asks, read)?.slice(0, 1) ?? [])
      .slice(0, 1)
      .map((breach) => ({
        ref: refOf(object),
        breach,
        isSaid: false,
        support: { ...fromObject(object, now, 'it was declared, and is not there'), kind: 'change' as const },
      }));
  });
}

function draftOf(group: readonly [Refused, ...Refused[]]): FindingDraft {
  const [{ breach, support }] = group;
  const { quota, resource, hard, used, asked } = breach;
  const say = (amount: number) => sayAmount(resource, amount);
  const refs = [...new Map(group.map(({ ref }) => [sayRef(ref), ref])).values()];
  const enough = say(used + group.reduce((sum, each) => sum + each.breach.asked, 0));
  return {
    code: 'quota-exceeded',
    object: refOf(quota),
    summary: `${sayRef(refOf(quota))} limits ${resource} to ${say(hard)} (${say(used)} used): ${refs.slice(0, 3).map(sayRef).join(', ')} cannot be created (${say(asked)} more).`,
    cause: {
      path: sayPath(['spec', 'hard', resource]),
      observed: `${say(hard)} (used ${say(used)}, asked ${say(asked)})`,
      expected: `at least ${enough} for what is wanted now`,
    },
    recommendation: {
      text: `Raise ${resource} of the quota to at least ${enough}, or remove what is not needed in namespace ${quota.metadata.namespace ?? ''}.`,
      values: { resource, hard: say(hard), used: say(used), asked: say(asked), enough },
    },
    support: [
      fromObject(quota, support.at, `${resource}: ${say(used)} used of ${say(hard)}`),
      ...group.slice(0, 3).map((each) => each.support),
    ],
    grounds: {
      basis: group.some(({ isSaid }) => isSaid) ? 'stated' : 'likely',
      current: true,
      repeated: group.length > 1,
    },
    pods: [],
    affects: refs,
  };
}
