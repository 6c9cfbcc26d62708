import { sayPath } from '../../cluster/field-path.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { endpointsOf } from '../../cluster/service-endpoints.ts';
import { at, isRecord, numberAt, recordsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { RefusedCreation } from './refused-creation.ts';
import { lackOf, refusalGrounds, refusalSupport, sufferersOf } from './told-refusal.ts';

type Trouble = {
  readonly field: readonly string[];
  readonly observed: string;
  readonly expected: string;
  readonly isSeen: boolean;
  readonly support: readonly EvidenceDraft[];
};

type Unreachable = {
  readonly refusal: RefusedCreation;
  readonly owner: WireObject | undefined;
  readonly name: string;
  readonly index: number;
  readonly trouble: Trouble;
};

const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;

/** `admission-webhook-unreachable`: pods are not created because a webhook that must be asked (`failurePolicy: Fail`) does not answer. */
export function findUnreachableWebhooks(
  context: AnalysisContext,
  refusals: readonly RefusedCreation[],
): readonly FindingDraft[] {
  const cases = refusals.flatMap((refusal): readonly Unreachable[] => {
    const reason = refusal.message?.reason;
    if (reason?.is !== 'webhook-fails') return [];
    const found = unreachable(context, refusal, reason.webhook, reason.text);
    return found === undefined ? [] : [found];
  });
  return groupBy(cases, ({ owner, name }) => `${owner === undefined ? '' : sayRef(refOf(owner))} ${name}`).map(
    (group) => draftOf(context, group),
  );
}

function unreachable(
  context: AnalysisContext,
  refusal: RefusedCreation,
  webhook: string,
  text: string,
): Unreachable | undefined {
  const { view } = context;
  const holders = kinds
    .flatMap((kind) => view.list(kind))
    .flatMap((owner) =>
      recordsAt(owner, 'webhooks').flatMap(({ index, record }) =>
        record.name === webhook ? [{ owner, index, record }] : [],
      ),
    )
    .toSorted((a, b) => (a.owner.metadata.name < b.owner.metadata.name ? -1 : 1));
  if (holders.length === 0) {
    // The configuration was taken away since: the next attempt will succeed.
    if (kinds.every((kind) => view.hasAll(kind))) return undefined;
    const trouble = { ...sayText(text), isSeen: false, support: [] };
    return { refusal, owner: undefined, name: webhook, index: 0, trouble };
  }
  const failing = holders.filter(({ record }) => (textAt(record, 'failurePolicy') ?? 'Fail') === 'Fail');
  const troubles = failing.flatMap((holder) => {
    const trouble = troubleOf(context, holder.record, text);
    return trouble === undefined ? [] : [{ refusal, owner: holder.owner, name: webhook, index: holder.index, trouble }];
  });
  return troubles.find(({ trouble }) => trouble.isSeen) ?? troubles[0];
}

/** What is wrong on the way to a webhook now. Undefined when the sentence speaks of a Service that is there again. */
function troubleOf({ view, topology, now }: AnalysisContext, webhook: WireRecord, text: string): Trouble | undefined {
  const service = at(webhook, 'clientConfig', 'service');
  const [namespace, name] = [textAt(service, 'namespace'), textAt(service, 'name')];
  if (!isRecord(service) || name === undefined) return { ...sayText(text), isSeen: false, support: [] };
  const object = view.get(knownRef('Service', namespace, name));
  const where = `${namespace ?? ''}/${name}`;
  if (object === undefined) {
    const isAbsent = view.hasAll('Service', namespace) || /service "[^"]{1,253}" not found/.test(text);
    return isAbsent
      ? {
          field: ['clientConfig', 'service', 'name'],
          observed: where,
          expected: 'a Service that exists',
          isSeen: view.hasAll('Service', namespace),
          support: [],
        }
      : { ...sayText(text), isSeen: false, support: [] };
  }
  const port = numberAt(service, 'port') ?? 443;
  if (
    !recordsAt(object, 'spec', 'ports').some(({ record }) => record.port === port) &&
    recordsAt(object, 'spec', 'ports').length > 0
  ) {
    const ports = recordsAt(object, 'spec', 'ports').flatMap(({ record }) => numberAt(record, 'port') ?? []);
    return {
      field: ['clientConfig', 'service', 'port'],
      observed: String(port),
      expected: `a port of Service ${where} (${ports.join(', ')})`,
      isSeen: true,
      support: [fromObject(object, now, `its ports are ${ports.join(', ')}`)],
    };
  }
  const endpoints = endpointsOf(view, topology, object);
  if (endpoints.objects.length > 0 && endpoints.ready === 0) {
    return {
      field: ['clientConfig', 'service'],
      observed: `Service ${where} has no ready endpoints`,
      expected: 'a Service with ready endpoints',
      isSeen: true,
      support: [fromObject(object, now, `it has ${endpoints.notReady} endpoints, and none of them is ready`)],
    };
  }
  // There is somebody to answer again: a sentence about nobody being there is of the past.
  if (endpoints.ready > 0 && /no endpoints available for service|service "[^"]{1,253}" not found/.test(text))
    return undefined;
  return { ...sayText(text), isSeen: false, support: [] };
}

function sayText(text: string): Pick<Trouble, 'field' | 'observed' | 'expected'> {
  const isCertificate = /x509: |certificate /.test(text);
  return {
    field: isCertificate ? ['clientConfig', 'caBundle'] : ['clientConfig', 'service'],
    observed: oneLine(text, 300),
    expected: isCertificate
      ? 'the authority that signed the certificate of the webhook'
      : 'a webhook that answers in time',
  };
}

function draftOf(context: AnalysisContext, group: readonly [Unreachable, ...Unreachable[]]): FindingDraft {
  const [{ refusal, owner, name, index, trouble }] = group;
  const ref = owner === undefined ? knownRef('ValidatingWebhookConfiguration', undefined, name) : refOf(owner);
  const who = group.map((each) => sayRef(each.refusal.workload.ref)).slice(0, 3);
  const grounds = refusalGrounds(
    context,
    refusal,
    owner === undefined ? 'inferred' : trouble.isSeen || refusal.said === 'condition' ? 'stated' : 'likely',
  );
  return {
    code: 'admission-webhook-unreachable',
    object: ref,
    summary: `The API server cannot reach the admission webhook ${name} (${trouble.observed}), and must not create anything without it: ${who.join(', ')}${group.length > 3 ? ` and ${group.length - 3} more` : ''} cannot create pods (${lackOf(refusal)}).`,
    cause: {
      path: owner === undefined ? '' : sayPath(['webhooks', index, ...trouble.field]),
      observed: trouble.observed,
      expected: trouble.expected,
    },
    recommendation: {
      text: `Bring the webhook's Service and pods back, or (after asking its owners) remove ${sayRef(ref)} or set failurePolicy to Ignore until it is.`,
      values: { webhook: name },
    },
    support: [
      ...refusalSupport(context, refusal),
      ...(owner === undefined ? [] : [fromObject(owner, context.now, `its webhook ${name} has failurePolicy Fail`)]),
      ...trouble.support,
      ...group.slice(1, 3).flatMap((each) => refusalSupport(context, each.refusal)),
    ],
    grounds: { ...grounds, repeated: grounds.repeated || group.length > 1 },
    pods: [],
    affects: group.flatMap((each) => sufferersOf(each.refusal) ?? []),
    since: refusal.since,
  };
}
