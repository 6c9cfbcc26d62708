import type { ClusterView } from '../../cluster/cluster-view.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import {
  type ContainerSpec,
  type ContainerStatus,
  containerSpecOf,
  containerStatusesOf,
  isTerminating,
} from '../../cluster/pod.ts';
import { at, recordsAt } from '../../cluster/wire.ts';
import { isOfPresentTemplate, type Workload } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { beginOf } from '../begin.ts';
import { casesByWorkload } from '../cases-by-workload.ts';
import { recentMs } from '../confidence.ts';
import { cutText } from '../cut-text.ts';
import { type LiveTermination, liveTermination } from '../restarts.ts';
import { type CrashSign, crashSignOf } from '../runtime/crash-sign.ts';
import { declaredContainerOf } from '../runtime/declared-container.ts';
import { downNeighbourOf } from '../runtime/down-neighbour.ts';
import { sayEnd } from '../runtime/exit-code.ts';
import { livenessKillOf } from '../runtime/liveness-kill.ts';
import { logsOf, tailOf } from '../runtime/log-tail.ts';
import { fromEvents, fromLog, fromObject } from '../support.ts';

const eventReasons: ReadonlySet<string> = new Set(['BackOff', 'Unhealthy', 'Killing', 'Failed', 'FailedPostStartHook']);

type Case = {
  readonly pod: WireObject;
  readonly status: ContainerStatus;
  readonly spec: ContainerSpec | undefined;
  readonly live: LiveTermination;
};

/** Pods and containers that crash now; their logs are worth reading. OOM kills and pull failures are findings of their own. */
export function crashCasesOf(view: ClusterView, pod: WireObject, now: number): readonly Case[] {
  if (isTerminating(pod)) return [];
  const neverRestarts = at(pod, 'spec', 'restartPolicy') === 'Never';
  return containerStatusesOf(pod).flatMap((status) => {
    const live = liveTermination(status, now, { single: false });
    if (live === undefined || live.end.reason === 'OOMKilled') return [];
    // Ended once is not a loop: an init container that is done, a Job's pod, a container about to be restarted for the first time.
    if (status.state.is === 'terminated' && (neverRestarts || status.restartCount === 0 || live.end.exitCode === 0))
      return [];
    // Ran to its end and was started again after a restart of the node: nothing is broken while it runs.
    if (status.state.is === 'running' && live.end.exitCode === 0) return [];
    const spec = containerSpecOf(pod, status);
    const asToday = (template: readonly ContainerSpec[]) =>
      template.some(({ name, image }) => name === status.name && image === spec?.image);
    return isOfPresentTemplate(view, pod, asToday) ? [{ pod, status, spec, live }] : [];
  });
}

/**
 * `container-crash-looping`: a container ends again and again, for another reason than memory, and not because a probe has it restarted. Init containers have a code of their own. The object is the
 * workload that runs it.
 */
export function analyzeCrashLoop(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  const groups = casesByWorkload(view, scope.pods, (pod) =>
    crashCasesOf(view, pod, now).filter(
      ({ status }) => !isInitContainer(pod, status) && livenessKillOf(view, pod, status, now) === undefined,
    ),
  );
  return groups.map(({ workload, cases }) => draft(context, workload, cases));
}

// Init containers that fail have a code of their own; those that run beside the main ones for good are like them.
function isInitContainer(pod: WireObject, { list, name }: ContainerStatus): boolean {
  return (
    list === 'initContainers' &&
    !recordsAt(pod, 'spec', list).some(({ record }) => record.name === name && record.restartPolicy === 'Always')
  );
}

function draft(context: AnalysisContext, workload: Workload, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [first] = cases;
  const { name, list } = first.status;
  const restarts = Math.max(...cases.map(({ status }) => status.restartCount));
  const ends = cases.flatMap(({ live }) => live.end.finishedAt ?? []);
  const told = cases.flatMap(({ pod }) => logsOf(view, pod, name).map((log) => ({ pod, log })));
  const sign = told.flatMap(({ log }) => crashSignOf(tailOf(log)) ?? [])[0];
  const inPods = cases.length === 1 ? `pod ${first.pod.metadata.name}` : `${cases.length} pods`;
  const how = sayEnd(
    first.live.end,
    told.flatMap(({ log }) => tailOf(log)),
  );
  const neighbour = cases.flatMap((one) => downNeighbourOf(context, one) ?? [])[0];
  return {
    code: 'container-crash-looping',
    object: workload.ref,
    summary: `Container ${name} of ${sayRef(workload.ref)} crashes again and again: ${how}${saySign(sign)}${neighbour === undefined ? '' : `; port ${neighbour.port} is that of container ${neighbour.name} of the same pod, which is down`}. Seen in ${inPods}, restarts up to ${restarts}.`,
    cause: {
      path: declaredContainerOf(workload, first.pod, { list, name }).path,
      observed: how,
      expected: 'a process that keeps running',
    },
    support: [
      fromObject(first.pod, now, crashed(first)),
      ...cases.slice(1, 3).map((other) => fromObject(other.pod, now, crashed(other))),
      ...cases.flatMap(({ pod }) => fromEvents(view, pod, eventReasons, 2)).slice(0, 2),
      ...told.slice(0, 1).map(({ pod, log }) => fromLog(pod, log)),
    ],
    grounds: {
      basis: 'stated',
      current: cases.some(({ live }) => live.shows === 'now') || ends.some((finished) => now - finished <= recentMs),
      repeated: cases.length > 1 || restarts > 1,
    },
    pods: cases.map(({ pod }) => podKey(pod)),
    ...(neighbour === undefined
      ? {}
      : { explainedBy: [{ object: workload.ref, path: declaredContainerOf(workload, first.pod, neighbour).path }] }),
    since: beginOf(view, cases),
  };
}

// The class is one of ours, the line is what strangers wrote: both are shown, neither makes the finding surer.
function saySign(sign: CrashSign | undefined): string {
  return sign === undefined ? '' : `; its log speaks of ${sign.is} (${cutText(sign.line, 240)})`;
}

function crashed({ status, live }: Case): string {
  const { finishedAt, message } = live.end;
  const state = status.state.is === 'waiting' ? `waits with ${status.state.reason}` : status.state.is;
  const when = finishedAt === undefined ? '' : ` at ${new Date(finishedAt).toISOString()}`;
  return `container ${status.name} ${state}, last ended${when}: ${sayEnd(live.end)}${message === undefined ? '' : ` (${message.slice(0, 300)})`}, restarts ${status.restartCount}`;
}
