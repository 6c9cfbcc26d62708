import { sayPath } from '../../cluster/field-path.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { createReadAmount, type ReadAmount, sayAmount } from '../../cluster/pod-resources.ts';
import { at, recordsAt } from '../../cluster/wire.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import type { Grounds } from '../confidence.ts';
import { groupBy } from '../group-by.ts';
import { fromObject } from '../support.ts';
import { withDefaults } from './limit-range.ts';
import {
  breachesOf,
  countsPod,
  demandsOf,
  type QuotaBreach,
  type QuotaDemand,
  quotaAsksOfClaim,
  quotaAsksOfPod,
} from './quota.ts';
import type { RefusedCreation } from './refused-creation.ts';
import { lackOf, refusalGrounds, refusalSupport, sufferersOf, templateOf } from './told-refusal.ts';

type Short = {
  readonly refusal: RefusedCreation;
  readonly breaches: readonly [QuotaBreach, ...QuotaBreach[]];
  readonly basis: Grounds['basis'];
};

/** `quota-exceeded`: what a ResourceQuota has counted, with what one more object asks, is more than it allows; or it demands what the template does not say. */
export function findQuotaRefusals(
  context: AnalysisContext,
  refusals: readonly RefusedCreation[],
): readonly FindingDraft[] {
  const read = createReadAmount();
  const shorts = refusals.flatMap((refusal) => shortOf(context, refusal, read) ?? []);
  // One quota that is full is one cause, however many workloads wait for it.
  const full = groupBy(shorts, ({ breaches: [first] }) => `${sayRef(refOf(first.quota))} ${first.resource}`);
  return [
    ...full.map((group) => fullDraft(context, group)),
    ...refusals.flatMap((refusal) => demandDraft(context, refusal, read) ?? []),
    ...refusals.flatMap((refusal) => unreadDraft(context, refusal) ?? []),
  ];
}

function quotasOf({ view }: AnalysisContext, { controller }: RefusedCreation): readonly WireObject[] {
  return view
    .list('ResourceQuota', controller.metadata.namespace)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function shortOf(context: AnalysisContext, refusal: RefusedCreation, read: ReadAmount): Short | undefined {
  const reason = refusal.message?.reason;
  // A sentence that cannot be read leaves the numbers to decide.
  if (reason !== undefined && reason.is !== 'quota') return undefined;
  const quotas = quotasOf(context, refusal).filter(
    ({ metadata }) => reason?.is !== 'quota' || metadata.name === reason.quota,
  );
  const { podSpec } = templateOf(refusal);
  const limitRanges = context.view.list('LimitRange', refusal.controller.metadata.namespace);
  const spec = withDefaults(podSpec, limitRanges);
  const isOfPods = reason?.is !== 'quota' || refusal.message?.resource === 'pods';
  const breaches = quotas.flatMap((quota) => {
    // What the API server was asked is known from its sentence also where admission changed the object.
    const said =
      reason?.is === 'quota'
        ? new Map([...reason.requested].flatMap(([name, quantity]) => pairOf(name, read(name, quantity))))
        : new Map<string, number>();
    const own = [
      ...(isOfPods && countsPod(quota, spec, read) ? quotaAsksOfPod(spec, read) : []),
      ...(isOfPods && reason !== undefined ? [] : claimAsks(refusal, read)),
    ];
    return breachesOf(quota, new Map([...(reason?.is === 'quota' && said.size > 0 ? [] : own), ...said]), read) ?? [];
  });
  const [first, ...rest] = breaches;
  return first === undefined
    ? undefined
    : { refusal, breaches: [first, ...rest], basis: reason === undefined ? 'likely' : 'stated' };
}

function pairOf(name: string, amount: number | undefined): readonly (readonly [string, number])[] {
  return amount === undefined ? [] : [[name, amount]];
}

function claimAsks({ controller }: RefusedCreation, read: ReadAmount): ReadonlyMap<string, number> {
  const [template] = recordsAt(controller, 'spec', 'volumeClaimTemplates');
  return template === undefined ? new Map() : quotaAsksOfClaim(at(template.record, 'spec'), read);
}

function fullDraft(context: AnalysisContext, group: readonly [Short, ...Short[]]): FindingDraft {
  const [{ refusal, breaches, basis }] = group;
  const [first] = breaches;
  const { quota, resource, hard, used, asked } = first;
  const say = (amount: number) => sayAmount(resource, amount);
  const missing = group.reduce((sum, each) => sum + each.refusal.missing * each.breaches[0].asked, 0);
  const enough = used + missing;
  const who = group.map((each) => sayRef(each.refusal.workload.ref));
  const others = breaches.slice(1).map((breach) => breach.resource);
  return {
    code: 'quota-exceeded',
    object: refOf(quota),
    summary: `${sayRef(refOf(quota))} limits ${resource} to ${say(hard)} (${say(used)} used): ${listWho(who)} cannot create what ${who.length === 1 ? 'it needs' : 'they need'} (${say(asked)} more each, ${lackOf(refusal)})${others.length === 0 ? '' : `; ${[...new Set(others)].join(', ')} would be exceeded too`}.`,
    cause: {
      path: sayPath(['spec', 'hard', resource]),
      observed: `${say(hard)} (used ${say(used)}, asked ${say(asked)})`,
      expected: `at least ${say(enough)} for what is wanted now`,
    },
    recommendation: {
      text: `Raise ${resource} of the quota to at least ${say(enough)}, ask for less, or remove what is not needed in namespace ${quota.metadata.namespace ?? ''}.`,
      values: { resource, hard: say(hard), used: say(used), asked: say(asked), enough: say(enough) },
    },
    support: [
      fromObject(quota, context.now, `${resource}: ${say(used)} used of ${say(hard)}`),
      ...group.slice(0, 3).flatMap((each) => refusalSupport(context, each.refusal)),
    ],
    grounds: {
      ...refusalGrounds(context, refusal, basis),
      repeated: group.length > 1 || refusalGrounds(context, refusal, basis).repeated,
    },
    pods: [],
    affects: group.flatMap((each) => sufferersOf(each.refusal) ?? []),
    since: refusal.since,
  };
}

function listWho(who: readonly string[]): string {
  return who.length > 3 ? `${who.slice(0, 3).join(', ')} and ${who.length - 3} more` : who.join(', ');
}

/** The quota demands a request or limit that some container leaves out. The quota stands for a decision; it is named, and the field of the workload with it. */
function demandDraft(context: AnalysisContext, refusal: RefusedCreation, read: ReadAmount): FindingDraft | undefined {
  const reason = refusal.message?.reason;
  if (reason?.is !== 'quota-unspecified') return undefined;
  const { view, now } = context;
  const quota = quotasOf(context, refusal).find(({ metadata }) => metadata.name === reason.quota);
  const ref =
    quota === undefined ? knownRef('ResourceQuota', refusal.controller.metadata.namespace, reason.quota) : refOf(quota);
  const { podSpec, base } = templateOf(refusal);
  const spec = withDefaults(podSpec, view.list('LimitRange', refusal.controller.metadata.namespace));
  const demands: readonly QuotaDemand[] = quota === undefined ? [] : demandsOf(quota, spec, read);
  // The quota was changed, or the template: what the sentence says is over.
  if (quota !== undefined && demands.length === 0) return undefined;
  const [first] = demands;
  const fields = [...new Set(demands.map(({ container, field }) => `${container}: ${field.join('.')}`))];
  const where = first === undefined ? '' : sayPath([...base, first.list, first.index, 'resources', ...first.field]);
  const resource = first?.resource ?? '';
  return {
    code: 'quota-exceeded',
    object: ref,
    summary: `${sayRef(ref)} demands that every container says what it asks, and ${sayRef(refusal.workload.ref)} does not (${fields.length === 0 ? reason.text.slice(0, 200) : fields.slice(0, 4).join('; ')}): ${lackOf(refusal)}.`,
    cause: {
      path: first === undefined ? 'spec.hard' : sayPath(['spec', 'hard', resource]),
      observed:
        first === undefined
          ? reason.text.slice(0, 200)
          : `${resource} is bounded, and ${where} of ${sayRef(refusal.workload.ref)} is not set`,
      expected:
        first === undefined
          ? 'requests and limits in every container'
          : `${first.field.join('.')} set in every container, or a LimitRange with defaults`,
    },
    recommendation: {
      text: `Set ${first === undefined ? 'requests and limits' : where} in ${sayRef(refusal.workload.ref)}, or give the namespace a LimitRange with defaults.`,
    },
    support: [
      ...refusalSupport(context, refusal),
      ...(quota === undefined
        ? []
        : [fromObject(quota, now, `it bounds ${[...new Set(demands.map((demand) => demand.resource))].join(', ')}`)]),
    ],
    grounds: refusalGrounds(context, refusal, quota === undefined ? 'likely' : 'stated'),
    pods: [],
    affects: sufferersOf(refusal) ?? [],
    since: refusal.since,
  };
}

/** The quota itself could not be read, or has no status: then the API server's present sentence is all there is. */
function unreadDraft(context: AnalysisContext, refusal: RefusedCreation): FindingDraft | undefined {
  const reason = refusal.message?.reason;
  if (reason?.is !== 'quota') return undefined;
  const { namespace } = refusal.controller.metadata;
  const quota = context.view.get(knownRef('ResourceQuota', namespace, reason.quota));
  if (quota === undefined ? context.view.hasAll('ResourceQuota', namespace) : at(quota, 'status', 'used') !== undefined)
    return undefined;
  const ref: ObjectRef = knownRef('ResourceQuota', namespace, reason.quota);
  const [resource = 'a resource', asked = '?'] = [...reason.requested][0] ?? [];
  const [used = '?', hard = '?'] = [reason.used.get(resource), reason.limited.get(resource)];
  return {
    code: 'quota-exceeded',
    object: ref,
    summary: `${sayRef(ref)} limits ${resource} to ${hard} (${used} used when it refused): ${sayRef(refusal.workload.ref)} cannot create what it needs (${asked} more each, ${lackOf(refusal)}).`,
    cause: {
      path: sayPath(['spec', 'hard', resource]),
      observed: `${hard} (used ${used}, asked ${asked})`,
      expected: 'room for what is wanted now',
    },
    recommendation: {
      text: `Raise ${resource} of the quota, ask for less, or remove what is not needed in namespace ${namespace ?? ''}.`,
      values: { resource, hard, used, asked },
    },
    support: refusalSupport(context, refusal),
    grounds: refusalGrounds(context, refusal, refusal.said === 'condition' ? 'stated' : 'likely'),
    pods: [],
    affects: sufferersOf(refusal) ?? [],
    since: refusal.since,
  };
}
