import type { FieldPath } from '../../cluster/field-path.ts';
import type { WireObject } from '../../cluster/object.ts';
import { podSpecPath } from '../../cluster/pod-spec.ts';
import { at } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import type { Grounds } from '../confidence.ts';
import { fromEvent, oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { RefusedCreation } from './refused-creation.ts';

/** A refusal whose cure is in the workload, in words. `path` leads from the top of the workload. */
export type ToldRefusal = {
  readonly code: FindingCode;
  readonly path: FieldPath;
  readonly observed: string;
  readonly expected: string;
  readonly why: string;
  readonly advice: string;
  readonly basis: Grounds['basis'];
  readonly support?: readonly EvidenceDraft[];
};

/** What makes the objects of a refused controller: the template of today, and where it stands in the workload. */
export function templateOf({ controller, workload }: RefusedCreation): {
  readonly podSpec: unknown;
  /** Path of the pod spec in the workload that must change. */
  readonly base: readonly string[];
} {
  return {
    podSpec: at(controller, ...podSpecPath(controller.kind)),
    base: podSpecPath(workload.ref.kind),
  };
}

/** `Deployment shop/web lacks 2 of its pods`: the present state that makes a refusal current. */
export function lackOf({ missing, controller }: RefusedCreation): string {
  if (controller.kind === 'CronJob') return 'its Job is not created';
  return missing === 1 ? '1 pod is not created' : `${missing} pods are not created`;
}

/** Evidence that creation is refused now: the controller's status, and its event. */
export function refusalSupport({ now }: AnalysisContext, refusal: RefusedCreation): FindingDraft['support'] {
  const { controller, text, said, event } = refusal;
  const told = said === 'condition' && text !== undefined ? `: ${oneLine(text, 500)}` : '';
  return [
    fromObject(controller, now, `${lackOf(refusal)}${told}`),
    ...(event === undefined ? [] : [fromEvent(event, controller)]),
  ];
}

const retriedMs = 60_000;

/** Controllers try again within seconds, then minutes: a refusal that stands for a minute was repeated. */
export function refusalGrounds(
  { now }: AnalysisContext,
  { event, since, said, missing }: RefusedCreation,
  basis: Grounds['basis'],
): Grounds {
  const isOld = since !== undefined && now - since > retriedMs;
  return { basis, current: true, repeated: said !== 'nothing' && (missing > 1 || isOld || (event?.count ?? 0) > 1) };
}

/** Objects that suffer besides the one that a finding names. */
export function sufferersOf({ controller, workload }: RefusedCreation, except?: WireObject): FindingDraft['affects'] {
  const refs = [workload.ref, { ...workload.ref, ...refFields(controller) }];
  return refs.filter(({ kind, name }) => !(kind === except?.kind && name === except.metadata.name));
}

function refFields({ apiVersion, kind, metadata: { name } }: WireObject) {
  return { apiVersion, kind, name };
}
