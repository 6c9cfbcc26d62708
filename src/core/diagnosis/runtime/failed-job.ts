import { readEvent } from '../../cluster/cluster-event.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { type Condition, conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { numberAt, parseTime, timeAt } from '../../cluster/wire.ts';
import { containerPath, templateContainersOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { cutText } from '../cut-text.ts';
import { fromEvents, fromLog, fromObject } from '../support.ts';
import { crashSignOf } from './crash-sign.ts';
import { sayEnd } from './exit-code.ts';
import { logsOf, tailOf } from './log-tail.ts';

const backoffReasons: ReadonlySet<string> = new Set([
  'BackoffLimitExceeded',
  'PodFailurePolicy',
  'FailedIndexes',
  'MaxFailedIndexesExceeded',
]);
const eventReasons: ReadonlySet<string> = new Set([...backoffReasons, 'DeadlineExceeded', 'BackOff']);
const podEventReasons: ReadonlySet<string> = new Set(['BackOff', 'Failed']);
/** What keeps a Job's pod from running at all: then the deadline is not what is wrong. */
const neverRanReasons: ReadonlySet<string> = new Set([
  'FailedScheduling',
  'Failed',
  'FailedMount',
  'FailedCreatePodSandBox',
  'FailedAttachVolume',
]);
const recentMs = 60 * 60_000;

/**
 * `job-backoff-exceeded` and `job-deadline-exceeded`: a Job failed for good, by its condition. The object is the CronJob when it makes it. Of a CronJob only its newest Job
 * counts: one that succeeded since answers for those before.
 */
export function findFailedJobs(context: AnalysisContext): readonly FindingDraft[] {
  return context.scope.list('Job').flatMap((job) => {
    const failed = conditionOf(job, 'Failed');
    if (isTerminating(job) || failed?.status !== 'True' || isAnswered(context, job)) return [];
    if (failed.reason === 'DeadlineExceeded') return [deadline(context, job, failed)];
    return failed.reason !== undefined && backoffReasons.has(failed.reason) ? [backoff(context, job, failed)] : [];
  });
}

function isAnswered({ view }: AnalysisContext, job: WireObject): boolean {
  const owner = view.controllerOf(job);
  if (owner?.object === undefined) return false;
  const started = startOf(job);
  return view.controlledBy(owner.object, 'Job').some(
    (other) =>
      other !== job &&
      (startOf(other) > started || (startOf(other) === started && other.metadata.name > job.metadata.name)) &&
      // A newer one that still runs for the first time says nothing yet.
      (conditionOf(other, 'Complete')?.status === 'True' || conditionOf(other, 'Failed')?.status === 'True'),
  );
}

function startOf(job: WireObject): number {
  return timeAt(job, 'status', 'startTime') ?? parseTime(job.metadata.creationTimestamp) ?? 0;
}

function ownerOf({ view }: AnalysisContext, job: WireObject): ObjectRef {
  const owner = view.controllerOf(job);
  return owner?.ref.kind === 'CronJob' ? owner.ref : refOf(job);
}

function backoff(context: AnalysisContext, job: WireObject, failed: Condition): FindingDraft {
  const { view, now } = context;
  const object = ownerOf(context, job);
  const pods = view.podsOf(job).filter((pod) => phaseOf(pod) !== 'Succeeded');
  const ends = pods.flatMap((pod) =>
    containerStatusesOf(pod).flatMap((status) => {
      const end = status.state.is === 'terminated' ? status.state.end : status.lastEnd;
      return end === undefined || end.exitCode === 0 ? [] : [{ pod, status, end }];
    }),
  );
  const [first] = ends.toSorted((a, b) => (b.end.finishedAt ?? 0) - (a.end.finishedAt ?? 0));
  const log = first === undefined ? undefined : logsOf(view, first.pod, first.status.name)[0];
  const sign = log === undefined ? undefined : crashSignOf(tailOf(log));
  const container = templateContainersOf(job).find(({ name, list }) =>
    first === undefined ? list === 'containers' : name === first.status.name && list === first.status.list,
  );
  const how =
    first === undefined
      ? 'its pods and what they said are gone'
      : `container ${first.status.name} ended with ${sayEnd(first.end, log === undefined ? [] : tailOf(log))}`;
  const tries = numberAt(job, 'status', 'failed');
  const limit = numberAt(job, 'spec', 'backoffLimit') ?? 6;
  const isRecent = failed.since !== undefined && now - failed.since <= recentMs;
  return {
    code: 'job-backoff-exceeded',
    object,
    summary: `${sayRef(refOf(job))} failed for good${tries === undefined ? '' : ` after ${tries} failed ${tries === 1 ? 'pod' : 'pods'}`} (${failed.reason}, backoffLimit ${limit}): ${how}${
      sign === undefined ? '' : `; its log speaks of ${sign.is} (${cutText(sign.line, 160)})`
    }.`,
    cause: {
      path: containerPath(object.kind === 'CronJob' ? 'CronJob' : 'Job', container ?? { list: 'containers', index: 0 }),
      observed: first === undefined ? `${tries ?? 'some'} failed, ${failed.reason}` : how,
      expected: 'a process that ends with exit code 0',
    },
    support: [
      fromObject(
        job,
        now,
        `Failed=True ${failed.reason}, ${tries ?? 'some'} ${tries === 1 ? 'pod' : 'pods'} failed, backoffLimit ${limit}`,
      ),
      ...(first === undefined ? [] : [fromObject(first.pod, now, how)]),
      ...fromEvents(view, job, eventReasons, 1),
      ...pods.flatMap((pod) => fromEvents(view, pod, podEventReasons, 1)).slice(0, 1),
      ...(log === undefined || first === undefined ? [] : [fromLog(first.pod, log)]),
    ],
    grounds: {
      basis: 'stated',
      current: isRecent || object.kind === 'CronJob',
      repeated: (tries ?? 0) > 1 || ends.length > 1,
    },
    pods: pods.map(podKey),
    affects: [refOf(job), object],
    since: failed.since,
  };
}

function deadline(context: AnalysisContext, job: WireObject, failed: Condition): FindingDraft {
  const { view, now } = context;
  const object = ownerOf(context, job);
  const seconds = numberAt(job, 'spec', 'activeDeadlineSeconds');
  const started = timeAt(job, 'status', 'startTime');
  const ran =
    started === undefined || failed.since === undefined ? undefined : Math.round((failed.since - started) / 1000);
  const neverRan = podTrouble(context, job);
  const durations = pastDurations(context, job);
  const longest = durations.length === 0 ? undefined : Math.max(...durations);
  const enough = seconds === undefined ? undefined : roundUp(Math.max(2 * seconds, 1.5 * (longest ?? 0)));
  const isRecent = failed.since !== undefined && now - failed.since <= recentMs;
  const pods = view.podsOf(job).filter((pod) => phaseOf(pod) !== 'Succeeded');
  const prefix = object.kind === 'CronJob' ? 'spec.jobTemplate.spec' : 'spec';
  return {
    code: 'job-deadline-exceeded',
    object,
    summary: `${sayRef(refOf(job))} was ended by its deadline of ${seconds ?? 'some'} s${
      ran === undefined ? '' : `, ${ran} s after its start`
    }${neverRan === undefined ? '' : `; its pod did not run (${neverRan})`}.`,
    cause: {
      path: `${prefix}.activeDeadlineSeconds`,
      observed: seconds === undefined ? 'not known' : String(seconds),
      expected:
        longest === undefined
          ? 'at least as long as the work takes'
          : `at least as long as the work takes (it took up to ${Math.round(longest)} s before)`,
    },
    ...(enough === undefined || neverRan !== undefined
      ? {}
      : {
          recommendation: {
            text: `Give it more time: ${enough} s (twice the deadline${longest === undefined ? '' : `, or half as much again as the longest run that succeeded, ${Math.round(longest)} s`}), or find out why it takes longer.`,
            values: { activeDeadlineSeconds: enough },
          },
        }),
    support: [
      fromObject(job, now, `Failed=True DeadlineExceeded, activeDeadlineSeconds ${seconds ?? 'not read'}`),
      ...fromEvents(view, job, eventReasons, 1),
    ],
    grounds: {
      basis: neverRan === undefined ? 'stated' : 'inferred',
      current: isRecent || object.kind === 'CronJob',
      repeated: false,
    },
    pods: pods.map(podKey),
    affects: [refOf(job), object],
    since: failed.since,
  };
}

// The Job's controller deletes pods that still run at the deadline: what kept them from running is told only by events about a pod that is gone.
function podTrouble({ view }: AnalysisContext, job: WireObject): string | undefined {
  const started = startOf(job);
  const ran = new Set<string>();
  const troubled = new Map<string, string>();
  for (const object of view.list('Event', job.metadata.namespace)) {
    const event = readEvent(object);
    if (event?.about.kind !== 'Pod' || event.reason === undefined || (event.last ?? 0) < started) continue;
    if (!event.about.name.startsWith(`${job.metadata.name}-`)) continue;
    if (event.reason === 'Started') ran.add(event.about.name);
    else if (neverRanReasons.has(event.reason)) troubled.set(event.about.name, event.reason);
  }
  for (const [pod, reason] of troubled) if (!ran.has(pod)) return reason;
  return undefined;
}

/** How long earlier Jobs of the same CronJob took, in seconds. */
function pastDurations({ view }: AnalysisContext, job: WireObject): readonly number[] {
  const owner = view.controllerOf(job)?.object;
  if (owner === undefined) return [];
  return view.controlledBy(owner, 'Job').flatMap((other) => {
    const [from, to] = [timeAt(other, 'status', 'startTime'), timeAt(other, 'status', 'completionTime')];
    return from === undefined || to === undefined || to < from ? [] : [(to - from) / 1000];
  });
}

function roundUp(seconds: number): number {
  const step = seconds <= 120 ? 10 : seconds <= 3600 ? 60 : 600;
  return Math.ceil(seconds / step) * step;
}
