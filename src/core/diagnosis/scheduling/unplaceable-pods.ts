import { sayPath } from '../../cluster/field-path.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { podSpecPath } from '../../cluster/pod-spec.ts';
import { at, isRecord, textAt } from '../../cluster/wire.ts';
import { currentRevisionOf, type Workload, workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { formerValue } from '../former-value.ts';
import { groupBy } from '../group-by.ts';
import { fromEvent, oneLine } from '../present-events.ts';
import { eventsWith, fromChange, fromObject } from '../support.ts';
import { type ClusterLoad, readClusterLoad } from './cluster-load.ts';
import { isPinnedByName } from './node-checks.ts';
import { type PendingPod, schedulingReasons } from './pending-pods.ts';
import { reportsFor } from './placement.ts';
import { type PlacementCause, placementCausesOf } from './placement-causes.ts';
import { readSchedulerMessage, type SchedulerMessage } from './scheduler-message.ts';
import { tellPlacement } from './tell-placement.ts';
import type { Telling, Told } from './told.ts';
import { volumesOf } from './volume-checks.ts';

const autoscalerReasons: ReadonlySet<string> = new Set(['TriggeredScaleUp']);
const retryMs = 5 * 60_000;
const scaleUpMs = 10 * 60_000;
/** More kinds of pods than an answer can tell of need not be looked at: each costs a look at every node. */
const maxEvaluated = 200;

type Case = { readonly pending: PendingPod; readonly workload: Workload; readonly causes: readonly PlacementCause[] };
type CauseCase = {
  readonly pending: PendingPod;
  readonly workload: Workload;
  readonly cause: PlacementCause;
  readonly told: Told;
};

/**
 * Pods that the scheduler refused, with the cause that the objects show now. Silent where some node could take the pod after all, where storage stands in the way
 * first, and where a node is being cleared for it.
 */
export function findUnplaceablePods(context: AnalysisContext, refused: readonly PendingPod[]): readonly FindingDraft[] {
  if (refused.length === 0) return [];
  const load = readClusterLoad(context.view);
  const known = new Map<string, readonly PlacementCause[]>();
  const cases = refused.flatMap((pending): readonly Case[] => {
    const workload = workloadOf(context.view, pending.pod);
    if (!isOfPresentRevision(context, pending.pod, workload)) return [];
    return [{ pending, workload, causes: causesFor(context, load, pending, known) }];
  });
  const told = cases.flatMap(({ pending, workload, causes }) =>
    causes.flatMap((cause): readonly CauseCase[] => {
      const telling: Telling = {
        load,
        now: context.now,
        pod: pending.pod,
        podSpec: at(pending.pod, 'spec'),
        workload,
        cause,
      };
      const words = tellPlacement(telling);
      return words === undefined ? [] : [{ pending, workload, cause, told: words }];
    }),
  );
  // A volume and a node are the cause of themselves, whoever waits for them.
  const keyOf = ({ workload, told: { code, object, path, observed } }: CauseCase) =>
    code === 'volume-node-conflict' || code === 'nodes-cordoned'
      ? `${code} ${sayRef(object ?? workload.ref)}`
      : `${code} ${sayRef(workload.ref)} ${path.join('/')} ${code === 'taint-not-tolerated' ? observed : ''}`;
  return groupBy(told, keyOf).map((group) => draftOf(context, group));
}

/** A pod of a former revision answers for a template that nobody asks for any more. */
function isOfPresentRevision({ view }: AnalysisContext, pod: WireObject, { object }: Workload): boolean {
  if (object?.kind !== 'Deployment') return true;
  const current = currentRevisionOf(view, object)?.replicaSet.metadata.uid;
  const own = view.controllerOf(pod)?.object?.metadata.uid;
  return current === undefined || own === undefined || current === own;
}

function causesFor(
  { view }: AnalysisContext,
  load: ClusterLoad,
  { pod, condition }: PendingPod,
  known: Map<string, readonly PlacementCause[]>,
): readonly PlacementCause[] {
  if (isBeingCleared(load, pod)) return [];
  const volumes = volumesOf(view, pod);
  if (volumes.isStuck) return [];
  const text = condition?.message ?? eventsWith(view, pod, schedulingReasons)[0]?.message;
  const message = readSchedulerMessage(text);
  if (message?.speaksOfStorage === true && message.constraints.size === 0) return [];
  // Pods of one controller are alike, unless each is meant for a node or has volumes of its own.
  const owner = view.controllerOf(pod)?.uid;
  const isAlike = owner !== undefined && volumes.bound.length === 0 && !isPinnedByName(at(pod, 'spec'));
  const key = `${owner} ${pod.metadata.labels?.['controller-revision-hash'] ?? ''} ${text ?? ''}`;
  const before = isAlike ? known.get(key) : undefined;
  if (before !== undefined) return before;
  if (known.size >= maxEvaluated) return [];
  const causes =
    load.nodes.length === 0
      ? saidCauses(message)
      : placementCausesOf(reportsFor(load, pod, volumes.bound), message, knowsEveryNode(load, message));
  known.set(isAlike ? key : sayRef(refOf(pod)), causes);
  return causes;
}

function knowsEveryNode({ view, nodes }: ClusterLoad, message: SchedulerMessage | undefined): boolean {
  return view.hasAll('Node') || message?.nodeCount === nodes.length;
}

/** Without any node to look at, the scheduler's sentence is all there is; it says enough only when it gives one reason. */
function saidCauses(message: SchedulerMessage | undefined): readonly PlacementCause[] {
  const said = [...(message?.constraints ?? [])];
  const [first] = said;
  if (first === undefined || said.length > 1 || message?.nodeCount === undefined) return [];
  const [constraint, count] = first;
  return [{ constraint, closed: [], among: count, basis: 'likely' }];
}

/** The scheduler chose a node, and waits for the pods that it evicted there to go. */
function isBeingCleared({ nodeByName }: ClusterLoad, pod: WireObject): boolean {
  const nominated = textAt(pod, 'status', 'nominatedNodeName');
  return nominated !== undefined && nodeByName.get(nominated)?.pods.some(isTerminating) === true;
}

function draftOf(context: AnalysisContext, group: readonly [CauseCase, ...CauseCase[]]): FindingDraft {
  const { view, now } = context;
  const [{ workload, told, pending, cause }] = group;
  const object = told.object ?? workload.ref;
  const pods = group.map((each) => each.pending.pod);
  const events = pods.flatMap((pod) =>
    eventsWith(view, pod, schedulingReasons)
      .slice(0, 1)
      .map((event) => ({ event, pod })),
  );
  const scalesUp = pods.some((pod) =>
    eventsWith(view, pod, autoscalerReasons).some(({ last }) => last !== undefined && now - last <= scaleUpMs),
  );
  const since = group.flatMap((each) => each.pending.condition?.since ?? each.pending.createdAt ?? []);
  const first = since.length === 0 ? undefined : Math.min(...since);
  const former = told.object === undefined ? formerOf(context, workload, told) : undefined;
  const workloads = [...new Map(group.map((each) => [sayRef(each.workload.ref), each.workload.ref])).values()];
  const who =
    workloads.length === 1 ? sayRef(workload.ref) : `${sayRef(workload.ref)} and ${workloads.length - 1} more`;
  const what = `${pods.length} ${pods.length === 1 ? 'pod' : 'pods'} of ${who} ${pods.length === 1 ? 'fits' : 'fit'} on no node`;
  return {
    code: told.code,
    object,
    summary: `${what}: ${told.why}.${scalesUp ? ' An autoscaler is adding nodes.' : ''}`,
    cause: {
      path: sayPath(told.object === undefined ? [...podSpecPath(workload.ref.kind), ...told.path] : told.path),
      observed: told.observed,
      expected: former === undefined ? told.expected : `${told.expected}; ${former.value} in revision ${former.number}`,
    },
    recommendation: {
      text:
        former === undefined
          ? told.advice
          : `Undo the change (revision ${former.number} had ${former.value} here and runs), or: ${told.advice}`,
      ...(told.values === undefined ? {} : { values: told.values }),
    },
    support: [
      fromObject(pending.pod, now, saidOf(pending)),
      ...(told.support ?? []),
      ...events.slice(0, 2).map(({ event, pod }) => fromEvent(event, pod)),
      ...(former === undefined
        ? []
        : [fromChange(former.object, now, `revision ${former.number} had ${former.value} at ${sayPath(told.path)}`)]),
    ],
    grounds: {
      basis: scalesUp && cause.basis === 'stated' ? 'likely' : cause.basis,
      current: true,
      repeated:
        pods.length > 1 ||
        events.some(({ event }) => event.count > 1) ||
        // The scheduler tries every pod again within five minutes.
        (first !== undefined && now - first > retryMs),
    },
    pods: pods.map(podKey),
    affects: [...workloads, ...(told.affects ?? [])].filter((ref) => sayRef(ref) !== sayRef(object)),
    since: first,
  };
}

function saidOf({ condition }: PendingPod): string {
  const said = condition?.message === undefined ? '' : `: ${oneLine(condition.message, 300)}`;
  return `it is Pending without a node${condition?.reason === undefined ? '' : ` (${condition.reason})`}${said}`;
}

/** What a former revision, of which pods run, had in the same place. */
function formerOf({ view }: AnalysisContext, workload: Workload, { path }: Told) {
  const read = (podSpec: unknown) => (isRecord(podSpec) ? sayValue(at(podSpec, ...path)) : undefined);
  const present =
    workload.object === undefined ? undefined : read(at(workload.object, ...podSpecPath(workload.ref.kind)));
  if (present === undefined) return undefined;
  const former = formerValue(view, workload, read, (value) => value === present);
  return former !== undefined && former.ready > 0 ? former : undefined;
}

function sayValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : oneLine(JSON.stringify(value), 120);
}
