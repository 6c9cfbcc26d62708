import type { WireObject } from '../../cluster/object.ts';
import type { Grounds } from '../confidence.ts';
import { type Constraint, constraintOf, type NodeReport, type Obstacle } from './obstacle.ts';
import type { SchedulerMessage } from './scheduler-message.ts';

/** A node that a constraint closes to a pod. `obstacle` is absent where only the scheduler's sentence says so. */
export type ClosedNode = { readonly node: WireObject; readonly obstacle: Obstacle | undefined };

/** Why a pod fits nowhere. `among` counts the nodes that were left to it by the constraints before this one. */
export type PlacementCause = {
  readonly constraint: Constraint;
  readonly closed: readonly ClosedNode[];
  readonly among: number;
  readonly basis: Grounds['basis'];
};

type Closing = { readonly node: WireObject; readonly by: ReadonlyMap<Constraint, Obstacle | undefined> };

/**
 * Concludes from what the nodes say why a pod fits nowhere; nothing when some node could take it, or when that cannot be told.
 *
 * First the pod's own choice narrows the nodes: labels and names, the place of its volumes, pieces of hardware that only some nodes have, and room that only some nodes
 * could ever offer. Where nothing is left, that choice is the cause. Among the nodes that are left it is the constraint without which some node
 * would take the pod; of several, the one that closes most nodes. Where no single one would help, every constraint that closes all of them.
 */
export function placementCausesOf(
  reports: readonly NodeReport[],
  message: SchedulerMessage | undefined,
  isEveryNode: boolean,
): readonly PlacementCause[] {
  const causes = narrowed(reports, message);
  const known = new Set(reports.flatMap(({ obstacles, unknown }) => [...obstacles.map(constraintOf), ...unknown]));
  const said = [...(message?.constraints.keys() ?? [])];
  // The sentence may be of an older state than the objects: then the objects still hold, with less weight.
  const agrees = said.length === 0 || said.some((constraint) => known.has(constraint));
  return causes
    .filter(({ constraint }) => constraint !== 'platform-taint')
    .map((cause) => (agrees && isEveryNode ? cause : { ...cause, basis: weaker(cause.basis) }));
}

function weaker(basis: Grounds['basis']): Grounds['basis'] {
  return basis === 'stated' ? 'likely' : 'inferred';
}

function narrowed(reports: readonly NodeReport[], message: SchedulerMessage | undefined): readonly PlacementCause[] {
  if (reports.length === 0) return [];
  const chosen = reports.filter((report) => !has(report, 'node-selector') && !has(report, 'node-affinity'));
  if (chosen.length === 0) return choiceCauses(reports);
  const withVolumes = chosen.filter((report) => !has(report, 'volume'));
  if (withVolumes.length === 0) return [causeOf('volume', chosen.map(closingOf), chosen.length, 'stated')];
  const lacking = withVolumes.flatMap(({ obstacles }) => obstacles).find(isLackingPiece);
  const equipped = withVolumes.filter(({ obstacles }) => !obstacles.some(isLackingPiece));
  if (lacking !== undefined && equipped.length === 0)
    return [causeOf(constraintOf(lacking), withVolumes.map(closingOf), withVolumes.length, 'stated')];

  const open = equipped.filter((report) => !has(report, 'control-plane-taint'));
  const candidates = open.length > 0 ? open : equipped;
  const large = candidates.filter(({ obstacles }) => !obstacles.some(isTooSmall));
  const usable = large.some((report) => !has(report, 'taint')) ? large : candidates;
  return reliefCauses(usable.map((report) => resolve(report, message)));
}

function choiceCauses(reports: readonly NodeReport[]): readonly PlacementCause[] {
  const closings = reports.map(closingOf);
  const all = (['node-selector', 'node-affinity'] as const).filter((constraint) =>
    reports.every((report) => has(report, constraint)),
  );
  if (all.length > 0) return all.map((constraint) => causeOf(constraint, closings, reports.length, 'stated'));
  // Each is fulfilled somewhere, and never both: what closes more nodes is told.
  const count = (constraint: Constraint) => reports.filter((report) => has(report, constraint)).length;
  const constraint = count('node-affinity') > count('node-selector') ? 'node-affinity' : 'node-selector';
  return [causeOf(constraint, closings, reports.length, 'likely')];
}

function reliefCauses(closings: readonly Closing[]): readonly PlacementCause[] {
  if (closings.length === 0 || closings.some(({ by }) => by.size === 0)) return [];
  const total = closings.length;
  const everywhere = countsOf(closings);
  const alone = countsOf(closings.filter(({ by }) => by.size === 1));
  if (alone.size > 0) {
    const order = [...alone.keys()].toSorted(
      (a, b) =>
        before(a, b, alone) || (alone.get(b) ?? 0) - (alone.get(a) ?? 0) || rankOf(a) - rankOf(b) || (a < b ? -1 : 1),
    );
    const [first, second] = order;
    if (first === undefined) return [];
    return [causeOf(first, closings, total, basisOf(first, second, everywhere))];
  }
  const all = [...everywhere].flatMap(([constraint, count]) => (count === total ? [constraint] : []));
  if (all.length > 0)
    return all
      .toSorted((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
      .map((constraint) => causeOf(constraint, closings, total, 'stated'));
  const [most] = [...everywhere].toSorted(([a, m], [b, n]) => n - m || rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
  return most === undefined ? [] : [causeOf(most[0], closings, total, 'inferred')];
}

function basisOf(
  first: Constraint,
  second: Constraint | undefined,
  everywhere: ReadonlyMap<Constraint, number>,
): Grounds['basis'] {
  if (second === undefined) return 'stated';
  if (second === 'platform-taint') return 'inferred';
  const dominates = (everywhere.get(first) ?? 0) >= 2 * (everywhere.get(second) ?? 0);
  return dominates && !isOwnDesign(first) && !isOwnDesign(second) ? 'stated' : 'likely';
}

// What a workload asks of its own replicas holds by design; a cordon is what somebody did just now, a dedicated node was never meant for it.
function before(a: Constraint, b: Constraint, alone: ReadonlyMap<Constraint, number>): number {
  if (!alone.has(a) || !alone.has(b)) return 0;
  if (a === 'cordon' && isOwnDesign(b)) return -1;
  if (b === 'cordon' && isOwnDesign(a)) return 1;
  if (a === 'taint' && isOwnDesign(b)) return 1;
  return b === 'taint' && isOwnDesign(a) ? -1 : 0;
}

function isOwnDesign(constraint: Constraint): boolean {
  return constraint === 'topology-spread' || constraint === 'pod-anti-affinity' || constraint === 'host-port';
}

const ranks: readonly string[] = [
  'platform-taint',
  'cordon',
  'host-port',
  'pod-affinity',
  'pod-anti-affinity',
  'foreign-anti-affinity',
  'topology-spread',
];

function rankOf(constraint: Constraint): number {
  const index = ranks.indexOf(constraint);
  if (index !== -1) return index;
  return constraint.includes('taint') ? ranks.length + 1 : ranks.length;
}

function countsOf(closings: readonly Closing[]): ReadonlyMap<Constraint, number> {
  const counts = new Map<Constraint, number>();
  for (const { by } of closings)
    for (const constraint of by.keys()) counts.set(constraint, (counts.get(constraint) ?? 0) + 1);
  return counts;
}

function causeOf(
  constraint: Constraint,
  closings: readonly Closing[],
  among: number,
  basis: Grounds['basis'],
): PlacementCause {
  const closed = closings.flatMap(({ node, by }) =>
    by.has(constraint) ? [{ node, obstacle: by.get(constraint) }] : [],
  );
  // Only where the scheduler's sentence alone tells, less is known.
  const isSeen = closed.some(({ obstacle }) => obstacle !== undefined);
  return { constraint, closed, among, basis: isSeen ? basis : weaker(basis) };
}

function closingOf({ node, obstacles }: NodeReport): Closing {
  const by = new Map<Constraint, Obstacle | undefined>();
  for (const obstacle of obstacles) {
    const constraint = constraintOf(obstacle);
    if (!by.has(constraint)) by.set(constraint, obstacle);
  }
  return { node, by };
}

/** Where the objects leave a node open only because not all pods were read, the scheduler's present sentence decides. */
function resolve(report: NodeReport, message: SchedulerMessage | undefined): Closing {
  const closing = closingOf(report);
  if (closing.by.size > 0 || message === undefined) return closing;
  const said = report.unknown.filter((constraint) => message.constraints.has(constraint));
  return { node: report.node, by: new Map(said.map((constraint) => [constraint, undefined])) };
}

function has({ obstacles }: NodeReport, constraint: Constraint): boolean {
  return obstacles.some((obstacle) => constraintOf(obstacle) === constraint);
}

const commonResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** A piece of hardware that the node does not have at all: it was never a place for the pod. */
function isLackingPiece(obstacle: Obstacle): boolean {
  return obstacle.is === 'resource' && !commonResources.has(obstacle.resource) && obstacle.allocatable === 0;
}

function isTooSmall(obstacle: Obstacle): boolean {
  return obstacle.is === 'resource' && obstacle.asked > obstacle.allocatable;
}
