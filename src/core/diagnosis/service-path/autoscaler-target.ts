import { isKnownKind, type KnownKind, knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { type Condition, conditionOf } from '../../cluster/pod.ts';
import { textAt } from '../../cluster/wire.ts';
import type { FindingDraft } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { fromEvents, fromObject } from '../support.ts';
import { isAbsent, namesOf } from './absence.ts';
import type { ServicePathContext } from './service-path-context.ts';

/** Events by which the autoscaler tells of what it lacks. */
export const eventReasons: ReadonlySet<string> = new Set([
  'FailedGetScale',
  'FailedGetResourceMetric',
  'FailedGetContainerResourceMetric',
  'FailedGetPodsMetric',
  'FailedGetObjectMetric',
  'FailedGetExternalMetric',
  'FailedComputeMetricsReplicas',
  'InvalidMetricSourceType',
]);

type Target = { readonly kind: string; readonly name: string; readonly ref: ObjectRef | undefined };

/** What an autoscaler scales; `ref` only for kinds that are read. */
export function targetOf(scaler: WireObject): Target | undefined {
  const [kind, name] = [
    textAt(scaler, 'spec', 'scaleTargetRef', 'kind'),
    textAt(scaler, 'spec', 'scaleTargetRef', 'name'),
  ];
  if (kind === undefined || name === undefined) return undefined;
  return { kind, name, ref: isKnownKind(kind) ? knownRef(kind, scaler.metadata.namespace, name) : undefined };
}

const scalable: readonly KnownKind[] = ['Deployment', 'StatefulSet', 'ReplicaSet'];

/** `hpa-target-missing`. */
export function targetMissing(context: ServicePathContext, scaler: WireObject): FindingDraft | undefined {
  const { view, now } = context;
  const target = targetOf(scaler);
  if (target?.ref === undefined || !isKnownKind(target.kind) || view.get(target.ref) !== undefined) return undefined;
  const { namespace } = scaler.metadata;
  const able = conditionOf(scaler, 'AbleToScale');
  const said = able?.status === 'False' && able.reason === 'FailedGetScale' && /not found/i.test(able.message ?? '');
  const absent = isAbsent(view, target.kind, namespace, target.name);
  if (!absent && !said) return undefined;
  const otherKind = scalable.find(
    (kind) => kind !== target.kind && view.get(knownRef(kind, namespace, target.name)) !== undefined,
  );
  const names = namesOf(view, target.kind, namespace);
  const near = nearestName(target.name, names);
  const ref = refOf(scaler);
  return {
    code: 'hpa-target-missing',
    object: ref,
    summary: `${sayRef(ref)} scales ${target.kind} ${target.name}, which does not exist${otherKind !== undefined ? `; there is a ${otherKind} of that name` : near === undefined ? '' : `; there is a ${target.kind} ${near}`}.`,
    cause:
      otherKind !== undefined
        ? { path: 'spec.scaleTargetRef.kind', observed: target.kind, expected: otherKind }
        : {
            path: 'spec.scaleTargetRef.name',
            observed: target.name,
            expected: near ?? `a ${target.kind} that exists in namespace ${namespace ?? ''}`,
          },
    support: [
      fromObject(scaler, now, able === undefined ? `it scales ${target.kind} ${target.name}` : sayCondition(able)),
      ...fromEvents(view, scaler, eventReasons, 1),
    ],
    grounds: {
      basis: 'stated',
      current: true,
      repeated: absent || fromEvents(view, scaler, eventReasons, 1).length > 0,
    },
    pods: [],
    affects: [ref],
    since: able?.since,
  };
}

/** `ScalingActive=False FailedGetResourceMetric: …` */
export function sayCondition({ type, status, reason, message }: Condition): string {
  return `${type}=${status ?? 'Unknown'} ${reason ?? ''}${message === undefined ? '' : `: ${message.slice(0, 300)}`}`.trim();
}
