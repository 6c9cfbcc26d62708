import { sayPath } from '../../cluster/field-path.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { sayRef } from '../../cluster/object.ts';
import { recordsAt, textAt } from '../../cluster/wire.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { nearestName } from '../nearest-name.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { RefusedCreation } from './refused-creation.ts';
import { tellClass, tellInvalid } from './tell-invalid.ts';
import { tellLimitRange } from './tell-limit-range.ts';
import { levelOf, tellPodSecurity } from './tell-pod-security.ts';
import { lackOf, refusalGrounds, refusalSupport, sufferersOf, type ToldRefusal, templateOf } from './told-refusal.ts';

/** Refusals whose cure is in the workload: its resources against a LimitRange, its ServiceAccount, its security context, a field that is not valid, a webhook or policy that says no. */
export function findWorkloadRefusals(
  context: AnalysisContext,
  refusals: readonly RefusedCreation[],
): readonly FindingDraft[] {
  return refusals.flatMap((refusal) => {
    const told = tell(context, refusal);
    if (told === undefined) return [];
    const { workload } = refusal;
    return [
      {
        code: told.code,
        object: workload.ref,
        summary: `${sayRef(workload.ref)} cannot create its pods (${lackOf(refusal)}): ${told.why}.`,
        cause: { path: sayPath(told.path), observed: told.observed, expected: told.expected },
        recommendation: { text: told.advice },
        support: [...refusalSupport(context, refusal), ...(told.support ?? [])],
        grounds: refusalGrounds(context, refusal, told.basis),
        pods: [],
        affects: sufferersOf(refusal, workload.object) ?? [],
        since: refusal.since,
      } satisfies FindingDraft,
    ];
  });
}

function tell(context: AnalysisContext, refusal: RefusedCreation): ToldRefusal | undefined {
  const reason = refusal.message?.reason;
  if (reason === undefined) return refusal.said === 'nothing' ? tellUnsaid(context, refusal) : undefined;
  switch (reason.is) {
    case 'limit-range':
      return tellLimitRange(context, refusal, reason.text);
    case 'service-account':
      return tellServiceAccount(context, refusal, reason.name);
    case 'pod-security':
      return tellPodSecurity(context, refusal, reason.level, reason.text);
    case 'security-context-constraint':
      return {
        ...tellBlanket(refusal, reason.text),
        code: 'pod-security-violated',
        expected: 'a security context that some SecurityContextConstraints allows',
        why: 'no SecurityContextConstraints allows its pods',
      };
    case 'policy':
      return {
        ...tellBlanket(refusal, reason.text),
        code: 'admission-policy-denies',
        expected: `a pod that the ValidatingAdmissionPolicy ${reason.policy} admits`,
        why: `the ValidatingAdmissionPolicy ${reason.policy} denies its pods: ${oneLine(reason.text, 200)}`,
      };
    case 'webhook-denies':
      return tellDenial(context, refusal, reason.webhook, reason.text);
    case 'class-missing':
      return tellClass(context, refusal, reason.field, reason.name);
    case 'invalid':
      return tellInvalid(refusal, reason);
    case 'quota':
    case 'quota-unspecified':
    case 'webhook-fails':
      return undefined;
    default:
      return reason satisfies never;
  }
}

/** Nobody says why, and one of the bounds that objects state forbids the template: likely that. */
function tellUnsaid(context: AnalysisContext, refusal: RefusedCreation): ToldRefusal | undefined {
  const { podSpec } = templateOf(refusal);
  const account = textAt(podSpec, 'serviceAccountName');
  const told =
    (account === undefined ? undefined : tellServiceAccount(context, refusal, account)) ??
    tellLimitRange(context, refusal, '') ??
    tellPodSecurity(context, refusal, levelOf(context, refusal) ?? '', '');
  return told === undefined ? undefined : { ...told, basis: 'likely' };
}

function tellBlanket(
  { said }: RefusedCreation,
  text: string,
): Pick<ToldRefusal, 'path' | 'observed' | 'advice' | 'basis'> {
  return {
    path: ['spec', 'template'],
    observed: oneLine(text, 300),
    advice: `Change the template so that it is admitted, or talk to those who own the rule: ${oneLine(text, 200)}`,
    basis: said === 'condition' ? 'stated' : 'likely',
  };
}

function tellServiceAccount(
  { view, now }: AnalysisContext,
  refusal: RefusedCreation,
  name: string,
): ToldRefusal | undefined {
  const { namespace } = refusal.controller.metadata;
  // It may have been created since: then the controller's next attempt succeeds.
  if (view.get(knownRef('ServiceAccount', namespace, name)) !== undefined) return undefined;
  const isAbsent = view.hasAll('ServiceAccount', namespace);
  if (!isAbsent && refusal.said === 'nothing') return undefined;
  const { base, podSpec } = templateOf(refusal);
  const existing = view
    .list('ServiceAccount', namespace)
    .map(({ metadata }) => metadata.name)
    .toSorted();
  const near = nearestName(
    name,
    existing.filter((each) => each !== 'default'),
  );
  const declared = textAt(podSpec, 'serviceAccountName') ?? textAt(podSpec, 'serviceAccount') ?? 'default';
  if (declared !== name) return undefined;
  return {
    code: 'service-account-missing',
    path: [...base, 'serviceAccountName'],
    observed: name,
    expected:
      near ??
      `a ServiceAccount that exists in namespace ${namespace ?? ''}${existing.length === 0 ? '' : ` (${existing.slice(0, 3).join(', ')})`}`,
    why: `the ServiceAccount ${namespace ?? ''}/${name} does not exist${near === undefined ? '' : `; there is ${near}`}`,
    advice: `Create the ServiceAccount ${name}, or use one that exists${near === undefined ? '' : ` (${near})`}.`,
    basis: isAbsent || refusal.said === 'condition' ? 'stated' : 'likely',
    support: isAbsent
      ? existing.slice(0, 3).flatMap((each) => {
          const object = view.get(knownRef('ServiceAccount', namespace, each));
          return object === undefined ? [] : [fromObject(object, now, `it exists; ${name} does not`)];
        })
      : [],
  };
}

function tellDenial(
  context: AnalysisContext,
  refusal: RefusedCreation,
  webhook: string,
  text: string,
): ToldRefusal | undefined {
  const { view, now } = context;
  const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
  const owners = kinds
    .flatMap((kind) => view.list(kind))
    .filter((each) => recordsAt(each, 'webhooks').some(({ record }) => record.name === webhook));
  // The webhook was taken away since.
  if (owners.length === 0 && kinds.every((kind) => view.hasAll(kind))) return undefined;
  return {
    ...tellBlanket(refusal, text),
    code: 'admission-webhook-denies',
    expected: `a pod that the webhook ${webhook} admits`,
    why: `the admission webhook ${webhook} denies its pods: ${oneLine(text, 300)}`,
    support: owners.slice(0, 1).map((owner) => fromObject(owner, now, `it holds the webhook ${webhook}`)),
  };
}
