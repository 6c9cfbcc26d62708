import type { ClusterView } from '../../cluster/cluster-view.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import {
  type ContainerSpec,
  type ContainerStatus,
  containerSpecOf,
  containerStatusesOf,
  isTerminating,
} from '../../cluster/pod.ts';
import { at } from '../../cluster/wire.ts';
import { containerPath, isOfPresentTemplate, templateContainersOf, type Workload } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { casesByWorkload } from '../cases-by-workload.ts';
import { recentMs } from '../confidence.ts';
import { type LiveTermination, liveTermination } from '../restarts.ts';
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

/** `container-crash-looping`: a container ends again and again, for another reason than memory. The object is the workload that runs it. */
export function analyzeCrashLoop(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  const groups = casesByWorkload(view, scope.pods, (pod) => crashCasesOf(view, pod, now));
  return groups.map(({ workload, cases }) => draft(context, workload, cases));
}

function draft(context: AnalysisContext, workload: Workload, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [first] = cases;
  const { name, list } = first.status;
  const { end } = first.live;
  const declared =
    workload.object === undefined
      ? undefined
      : templateContainersOf(workload.object).find((container) => container.name === name && container.list === list);
  const restarts = Math.max(...cases.map(({ status }) => status.restartCount));
  const ends = cases.flatMap(({ live }) => live.end.finishedAt ?? []);
  const logs = cases
    .flatMap(({ pod }) => {
      const log = view.logOf(pod, name, 'previous') ?? view.logOf(pod, name, 'current');
      return log === undefined || log.text.trim() === '' ? [] : [fromLog(pod, log)];
    })
    .slice(0, 1);
  const inPods = cases.length === 1 ? `pod ${first.pod.metadata.name}` : `${cases.length} pods`;
  const how = sayEnd(end.exitCode, end.reason);
  return {
    code: 'container-crash-looping',
    object: workload.ref,
    summary: `Container ${name} of ${sayRef(workload.ref)} crashes again and again: ${how}. Seen in ${inPods}, restarts up to ${restarts}.`,
    cause: {
      path: containerPath(workload.ref.kind, declared ?? first.spec ?? { list, index: 0 }),
      observed: how,
      expected: list === 'initContainers' ? 'a process that ends with exit code 0' : 'a process that keeps running',
    },
    support: [
      fromObject(first.pod, now, crashed(first)),
      ...cases.slice(1, 3).map((other) => fromObject(other.pod, now, crashed(other))),
      ...cases.flatMap(({ pod }) => fromEvents(view, pod, eventReasons, 2)).slice(0, 2),
      ...logs,
    ],
    grounds: {
      basis: 'stated',
      current: cases.some(({ live }) => live.shows === 'now') || ends.some((finished) => now - finished <= recentMs),
      repeated: cases.length > 1 || restarts > 1,
    },
    pods: cases.map(({ pod }) => podKey(pod)),
    since: ends.length === 0 ? undefined : Math.min(...ends),
  };
}

function crashed({ status, live }: Case): string {
  const { finishedAt, exitCode, reason, message } = live.end;
  const state = status.state.is === 'waiting' ? `waits with ${status.state.reason}` : status.state.is;
  const when = finishedAt === undefined ? '' : ` at ${new Date(finishedAt).toISOString()}`;
  return `container ${status.name} ${state}, last ended${when}: ${sayEnd(exitCode, reason)}${message === undefined ? '' : ` (${message.slice(0, 300)})`}, restarts ${status.restartCount}`;
}

// What exit codes mean by convention of shells and kernels (128 + signal); the status itself never says.
const meanings: Readonly<Record<number, string>> = {
  0: 'ended by itself without an error',
  126: 'its command cannot be executed',
  127: 'its command was not found',
  134: 'aborted (SIGABRT)',
  137: 'killed (SIGKILL), not for memory by its status',
  139: 'segmentation fault (SIGSEGV)',
  143: 'asked to stop (SIGTERM)',
};

function sayEnd(exitCode: number | undefined, reason: string | undefined): string {
  const named = reason === undefined || reason === 'Error' || reason === 'Completed' ? '' : `${reason}, `;
  if (exitCode === undefined) return `${named}exit code not known`;
  const meaning = meanings[exitCode];
  return `${named}exit code ${exitCode}${meaning === undefined ? '' : `, ${meaning}`}`;
}
