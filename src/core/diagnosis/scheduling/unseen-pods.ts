import { sayPath } from '../../cluster/field-path.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { podSpecPath } from '../../cluster/pod-spec.ts';
import { textAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { nearestName } from '../nearest-name.ts';
import { fromObject } from '../support.ts';
import { defaultScheduler, type PendingPod, schedulerOf } from './pending-pods.ts';
import { type SchedulerState, schedulerState } from './scheduler-state.ts';

/** A busy scheduler may need some time; a minute without a word is not busy. */
const patienceMs = 60_000;

/** Pods of which no scheduler has said a word: theirs is not there (`scheduler-name-unknown`), or it does not run (`scheduler-not-running`). */
export function findUnseenPods(context: AnalysisContext, unseen: readonly PendingPod[]): readonly FindingDraft[] {
  const waiting = unseen.filter(({ createdAt }) => createdAt !== undefined && context.now - createdAt >= patienceMs);
  const others = waiting.filter(({ pod }) => schedulerOf(pod) !== defaultScheduler);
  const own = waiting.filter(({ pod }) => schedulerOf(pod) === defaultScheduler);
  return [...unknownSchedulers(context, others), ...defaultSchedulerDown(context, own)];
}

function unknownSchedulers(context: AnalysisContext, pending: readonly PendingPod[]): readonly FindingDraft[] {
  const { view, now } = context;
  const works = workingSchedulers(context);
  const cases = pending
    .map(({ pod, createdAt }) => ({ pod, createdAt, scheduler: schedulerOf(pod), workload: workloadOf(view, pod) }))
    .filter(({ scheduler }) => !works.has(scheduler));
  return groupBy(cases, ({ workload, scheduler }) => `${sayRef(workload.ref)} ${scheduler}`).map((group) => {
    const [{ workload, scheduler, pod }] = group;
    const near = nearestName(scheduler, [...new Set([defaultScheduler, ...works])]) ?? defaultScheduler;
    const started = group.flatMap(({ createdAt }) => createdAt ?? []);
    return {
      code: 'scheduler-name-unknown',
      object: workload.ref,
      summary: `${group.length} ${group.length === 1 ? 'pod' : 'pods'} of ${sayRef(workload.ref)} wait for a scheduler called ${scheduler}, and none of that name has said or placed anything.`,
      cause: {
        path: sayPath([...podSpecPath(workload.ref.kind), 'schedulerName']),
        observed: scheduler,
        expected: near,
      },
      recommendation: {
        text: `Use a scheduler that runs (${near}), or start the one called ${scheduler}.`,
        values: { schedulerName: near },
      },
      support: [
        fromObject(
          pod,
          now,
          `it is Pending with schedulerName ${scheduler}, and no scheduler has written a condition or an event`,
        ),
        ...group.slice(1, 3).map((each) => fromObject(each.pod, now, `it waits for the scheduler ${scheduler} too`)),
      ],
      grounds: {
        basis: 'stated',
        current: true,
        repeated: group.length > 1 || started.some((at) => now - at > 5 * patienceMs),
      },
      pods: group.map((each) => podKey(each.pod)),
      since: started.length === 0 ? undefined : Math.min(...started),
    };
  });
}

/** Schedulers that have placed a pod, hold a lease, or have spoken in an event. */
function workingSchedulers({ view }: AnalysisContext): ReadonlySet<string> {
  const names = new Set<string>();
  for (const pod of view.list('Pod')) if (textAt(pod, 'spec', 'nodeName') !== undefined) names.add(schedulerOf(pod));
  for (const lease of view.list('Lease', 'kube-system')) names.add(lease.metadata.name);
  for (const event of view.list('Event')) {
    const reason = textAt(event, 'reason');
    if (reason !== 'Scheduled' && reason !== 'FailedScheduling') continue;
    const reporter =
      textAt(event, 'reportingComponent') ??
      textAt(event, 'reportingController') ??
      textAt(event, 'source', 'component');
    if (reporter !== undefined) names.add(reporter);
  }
  return names;
}

function defaultSchedulerDown(context: AnalysisContext, pending: readonly PendingPod[]): readonly FindingDraft[] {
  const { view, now } = context;
  const state = schedulerState(context);
  const isSaid = state.witnesses.length > 0;
  const [oldest] = pending.toSorted((a, b) => (a.createdAt ?? now) - (b.createdAt ?? now));
  // Nobody waits: then its own pod and its lease (or status) must both say so.
  if (oldest?.createdAt === undefined)
    return state.unwellPods.length > 0 && state.witnesses.length > 1
      ? [schedulerDraft(context, state, [], undefined)]
      : [];
  if (state.isAtWork || placedAfter(view.list('Pod'), oldest.createdAt)) return [];
  const pods = [oldest.pod, ...pending.map(({ pod }) => pod).filter((pod) => pod !== oldest.pod)];
  const isLong = now - oldest.createdAt > 5 * patienceMs;
  const draft = schedulerDraft(context, state, pods, oldest.createdAt);
  return [
    {
      ...draft,
      grounds: { basis: isSaid || isLong ? 'stated' : 'likely', current: true, repeated: pods.length > 1 || isLong },
    },
  ];
}

function schedulerDraft(
  { view, now }: AnalysisContext,
  state: SchedulerState,
  pods: readonly WireObject[],
  since: number | undefined,
): FindingDraft {
  const isSaid = state.witnesses.length > 0;
  const wait = pods.length === 1 ? '1 pod waits' : `${pods.length} pods wait`;
  const [first, ...more] = [
    ...pods
      .slice(0, 3)
      .map((pod) => fromObject(pod, now, 'it is Pending, and no scheduler has written a condition or an event')),
    ...state.witnesses,
  ];
  if (first === undefined) throw new TypeError('a scheduler was called down without any fact');
  return {
    code: 'scheduler-not-running',
    object: state.object,
    summary: `kube-scheduler does not work${isSaid ? `: ${state.observed}` : ''}. ${pods.length === 0 ? 'No new pod gets a node' : `${wait} without a word from it`}.`,
    cause: {
      path: 'status',
      observed: isSaid ? state.observed : `${wait}, and nobody has looked at ${pods.length === 1 ? 'it' : 'them'}`,
      expected: 'a kube-scheduler that runs and renews its lease every few seconds',
    },
    recommendation: {
      text: 'Look at the kube-scheduler on the control plane node: its (static) pod, its log, and whether it reaches the API server.',
    },
    support: [first, ...more],
    grounds: { basis: 'stated', current: true, repeated: true },
    pods: [...pods, ...state.unwellPods].map(podKey),
    affects: [...new Map(pods.map((pod) => workloadOf(view, pod).ref).map((ref) => [sayRef(ref), ref])).values()],
    since,
  };
}

/** Whether some pod of the default scheduler was placed, or looked at, well after another began to wait: then the scheduler runs. */
function placedAfter(pods: readonly WireObject[], at: number): boolean {
  return pods.some((pod) => {
    const condition = conditionOf(pod, 'PodScheduled');
    const hasWord = condition?.status === 'True' || condition?.reason === 'Unschedulable';
    return (
      hasWord &&
      schedulerOf(pod) === defaultScheduler &&
      !isMirror(pod) &&
      (condition?.since ?? 0) > at + patienceMs / 2
    );
  });
}

// The kubelet writes the conditions of its own static pods; the scheduler has no part in them.
function isMirror({ metadata }: WireObject): boolean {
  return (
    metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined ||
    metadata.ownerReferences?.some(({ kind }) => kind === 'Node') === true
  );
}
