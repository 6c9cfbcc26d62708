import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { refKey } from '../../cluster/topology.ts';
import { at, booleanAt, numberAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromEvent } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { byName } from './service-map.ts';
import type { ServicePathContext } from './service-path-context.ts';

/**
 * `pdb-blocks-eviction`: a budget that allows no eviction even when all its pods are well, by its own numbers. One that allows none because a pod is down does its work.
 * Blocked evictions or a drained node that still holds its pods make it sure; without them nobody is kept from anything yet.
 */
export function findBlockingBudgets(context: ServicePathContext): readonly FindingDraft[] {
  return context.scope.list('PodDisruptionBudget').flatMap((budget) => {
    const found = isTerminating(budget) ? undefined : draft(context, budget);
    return found === undefined ? [] : [found];
  });
}

function draft(context: ServicePathContext, budget: WireObject): FindingDraft | undefined {
  const { view, topology, now } = context;
  const [allowed, healthy, expected, desired] = (
    ['disruptionsAllowed', 'currentHealthy', 'expectedPods', 'desiredHealthy'] as const
  ).map((field) => numberAt(budget, 'status', field));
  if (allowed !== 0 || healthy === undefined || expected === undefined || expected === 0 || healthy < expected)
    return undefined;
  const observed = numberAt(budget, 'status', 'observedGeneration');
  if (observed !== undefined && budget.metadata.generation !== undefined && observed < budget.metadata.generation)
    return undefined;
  const rule = ruleOf(budget, expected);
  if (rule === undefined || (desired !== undefined && desired < expected)) return undefined;

  const ref = refOf(budget);
  const pods = topology
    .needs(ref)
    .filter(({ by }) => by === 'guards')
    .flatMap(({ to }) => view.get(to) ?? [])
    .filter((pod) => !isTerminating(pod))
    .toSorted(byName);
  const blocked = blockedEvictions(context, budget, pods);
  const drained = pods.flatMap((pod) => {
    const node = view.nodeOf(pod);
    return node !== undefined && booleanAt(node, 'spec', 'unschedulable') === true ? [{ pod, node }] : [];
  });
  const nodes = [...new Map(drained.map(({ node }) => [node.metadata.name, node])).values()];
  const [node] = nodes;
  const isFelt = blocked.length > 0 || node !== undefined;
  const [first] = pods;
  const workload = first === undefined ? undefined : workloadOf(view, first).ref;
  return {
    code: 'pdb-blocks-eviction',
    object: ref,
    summary: `${sayRef(ref)} never allows an eviction: ${rule.says}, and ${expected} of ${expected} pods are healthy${node === undefined ? '' : `; node ${node.metadata.name} is being drained and still holds ${drained.length === 1 ? 'one of them' : `${drained.length} of them`}`}.`,
    cause: { path: rule.path, observed: rule.observed, expected: rule.expected },
    recommendation: { text: `Let one pod go: ${rule.expected}${expected === 1 ? ', or run a second pod' : ''}.` },
    support: [
      fromObject(budget, now, `${rule.says}; ${healthy} of ${expected} pods healthy, 0 disruptions allowed`),
      ...blocked.slice(0, 2),
      ...nodes
        .slice(0, 2)
        .map((one) => fromObject(one, now, 'it takes no new pods, and still holds pods of the budget')),
    ],
    grounds: isFelt
      ? { basis: 'stated', current: true, repeated: true }
      : { basis: expected > 1 ? 'likely' : 'inferred', current: true, repeated: false },
    pods: drained.map(({ pod }) => podKey(pod)),
    affects: [ref, ...(workload === undefined ? [] : [workload])],
    explains: ['pod-stuck-terminating'],
  };
}

type Rule = { readonly path: string; readonly observed: string; readonly expected: string; readonly says: string };

/** The number in a budget that leaves no room, counted as the disruption controller counts (shares rounded up). Undefined when there is room. */
function ruleOf(budget: WireObject, expected: number): Rule | undefined {
  const least = at(budget, 'spec', 'minAvailable');
  const most = at(budget, 'spec', 'maxUnavailable');
  if (least !== undefined && least !== null) {
    const count = countOf(least, expected);
    if (count === undefined || count < expected) return undefined;
    return {
      path: 'spec.minAvailable',
      observed: `${least} of ${expected} pods`,
      expected: expected > 1 ? `at most ${expected - 1}` : 'at most 0, or more pods',
      says: `minAvailable is ${least}`,
    };
  }
  if (most === undefined || most === null || countOf(most, expected) !== 0) return undefined;
  return {
    path: 'spec.maxUnavailable',
    observed: String(most),
    expected: 'at least 1',
    says: `maxUnavailable is ${most}`,
  };
}

function countOf(value: unknown, total: number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  const share = typeof value === 'string' ? /^(\d{1,3})%$/.exec(value)?.[1] : undefined;
  return share === undefined ? undefined : Math.ceil((Number(share) * total) / 100);
}

const violates = /violate the pod's disruption budget|disruption budget|pdb/i;
const freshMs = 3_600_000;

/** Fresh events about the budget, its pods or their nodes that tell of an eviction it refused. */
function blockedEvictions(
  { view, now }: ServicePathContext,
  budget: WireObject,
  pods: readonly WireObject[],
): readonly EvidenceDraft[] {
  const nodes = pods.flatMap((pod) => view.nodeOf(pod) ?? []);
  const objects = new Map(
    [budget, ...pods.slice(0, 200), ...nodes.slice(0, 200)].map((object) => [refKey(refOf(object)), object]),
  );
  const name = budget.metadata.name;
  return [...objects.values()].flatMap((object) =>
    view
      .eventsAbout(object)
      .filter(({ reason, message, last }) => {
        const text = (message ?? '').slice(0, 1000);
        if (last === undefined || now - last > freshMs || !violates.test(text)) return false;
        // Of a node's events only those that name this budget: it may hold pods of many.
        return object.kind !== 'Node' || text.includes(name) || /evict/i.test(reason ?? '');
      })
      .map((event) => fromEvent(event, object)),
  );
}
