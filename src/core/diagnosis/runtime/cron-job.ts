import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import type { ClusterView } from '../../cluster/cluster-view.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { at, booleanAt, listAt, numberAt, parseTime, recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { fromEvent, oneLine } from '../present-events.ts';
import { eventsWith, fromChange, fromObject } from '../support.ts';
import { type CronSchedule, lastDueBefore, parseCronSchedule, wallClockOf } from './cron-schedule.ts';

/** The controller looks every ten seconds; a Job that is two minutes late is late. */
const lateMs = 2 * 60_000;
const surelyLateMs = 15 * 60_000;
const shortDeadlineSeconds = 10;
const eventMs = 60 * 60_000;
const maxMissed = 50;

const missReasons: ReadonlySet<string> = new Set([
  'FailedNeedsStart',
  'TooManyMissedTimes',
  'MissSchedule',
  'JobAlreadyActive',
  'UnparseableSchedule',
  'InvalidSchedule',
  'UnknownTimeZone',
]);

/** When a CronJob was due last and did not run. `missed` counts the times, up to fifty. */
type Lateness = { readonly lastRun: number | undefined; readonly dueAt: number; readonly missed: number };

/**
 * `cron-job-suspended`: a CronJob is suspended although it should run: it ran before, or it was suspended later, or it is what the question is about.
 * `cron-job-missed`: a CronJob that is not suspended did not run when it was due.
 */
export function findCronJobTrouble(context: AnalysisContext): readonly FindingDraft[] {
  return context.scope.list('CronJob').flatMap((cronJob) => {
    if (isTerminating(cronJob)) return [];
    const found =
      booleanAt(cronJob, 'spec', 'suspend') === true ? suspended(context, cronJob) : missed(context, cronJob);
    return found === undefined ? [] : [found];
  });
}

/**
 * When a CronJob ran last: what its status says, or a Job of its own that is newer (somebody ran it by hand, or the status was written before). A run after the time that was missed
 * makes up for it.
 */
function lastRunOf(view: ClusterView, cronJob: WireObject): number | undefined {
  const times = [
    timeAt(cronJob, 'status', 'lastScheduleTime'),
    timeAt(cronJob, 'status', 'lastSuccessfulTime'),
    ...view.controlledBy(cronJob, 'Job').map((job) => parseTime(job.metadata.creationTimestamp)),
  ].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}

function latenessOf(view: ClusterView, cronJob: WireObject, now: number, patienceMs = lateMs): Lateness | undefined {
  const text = textAt(cronJob, 'spec', 'schedule') ?? '';
  const schedule = parseCronSchedule(text);
  const zone = textAt(cronJob, 'spec', 'timeZone') ?? /^(?:CRON_TZ|TZ)=(\S{1,60})/.exec(text.trim())?.[1];
  const clock = wallClockOf(now, zone);
  const lastRun = lastRunOf(view, cronJob);
  const from = lastRun ?? parseTime(cronJob.metadata.creationTimestamp);
  if (schedule === undefined || clock === undefined || from === undefined) return undefined;
  return countMissed(schedule, clock, clock - now + from, { lastRun, now, patienceMs });
}

function countMissed(
  schedule: CronSchedule,
  clock: number,
  fromClock: number,
  {
    lastRun,
    now,
    patienceMs,
  }: { readonly lastRun: number | undefined; readonly now: number; readonly patienceMs: number },
): Lateness | undefined {
  let due = lastDueBefore(schedule, clock - patienceMs);
  let dueAt: number | undefined;
  let count = 0;
  // One minute of slack: creation and schedule may fall into the same minute.
  while (due !== undefined && due > fromClock + 59_000 && count < maxMissed) {
    count += 1;
    dueAt ??= now - (clock - due);
    due = lastDueBefore(schedule, due - 60_000);
  }
  return dueAt === undefined ? undefined : { lastRun, dueAt, missed: count };
}

function suspended(context: AnalysisContext, cronJob: WireObject): FindingDraft | undefined {
  const { view, now } = context;
  const ref = refOf(cronJob);
  const late = latenessOf(view, cronJob, now);
  const change = suspendedLater(cronJob, late?.lastRun);
  const isAlerted = context.observations.alerts.some(
    ({ firing, labels }) =>
      firing &&
      (labels.exported_cronjob ?? labels.cronjob) === ref.name &&
      (labels.exported_namespace ?? labels.namespace) === ref.namespace,
  );
  const isAsked = (context.scope.whole === undefined && context.scope.distance(ref) === 0) || isAlerted;
  const ranBefore = late?.lastRun !== undefined;
  if (!isAsked && !ranBefore && change === undefined) return undefined;
  const lateText =
    late === undefined
      ? ''
      : `; it missed ${late.missed}${late.missed >= maxMissed ? ' or more' : ''} times, last due at ${iso(late.dueAt)}`;
  return {
    code: 'cron-job-suspended',
    object: ref,
    summary: `${sayRef(ref)} is suspended and makes no Jobs${lateText}.`,
    cause: { path: 'spec.suspend', observed: 'true', expected: 'false' },
    recommendation: { text: `Set spec.suspend of ${sayRef(ref)} to false, if it was not suspended on purpose.` },
    support: [
      fromObject(
        cronJob,
        now,
        `suspend is true, last scheduled ${late?.lastRun === undefined ? 'never' : `at ${iso(late.lastRun)}`}`,
      ),
      ...(change === undefined
        ? []
        : [
            fromChange(
              cronJob,
              change.at,
              `${change.manager} wrote spec.suspend at ${iso(change.at)}, after the last run`,
            ),
          ]),
    ],
    grounds: {
      // That it is suspended is plain; whether it should be is what nobody says.
      basis: isAsked ? 'stated' : change === undefined ? 'inferred' : 'likely',
      current: isAsked,
      repeated: isAsked && late !== undefined,
    },
    pods: [],
    since: change?.at,
  };
}

/** Who wrote `spec.suspend` last, when that was after the CronJob was made and after it last ran. */
function suspendedLater(
  cronJob: WireObject,
  lastRun: number | undefined,
): { readonly manager: string; readonly at: number } | undefined {
  const created = parseTime(cronJob.metadata.creationTimestamp);
  if (created === undefined) return undefined;
  return recordsAt(cronJob, 'metadata', 'managedFields')
    .flatMap(({ record }) => {
      const written = timeAt(record, 'time');
      const manager = textAt(record, 'manager');
      if (written === undefined || manager === undefined || at(record, 'fieldsV1', 'f:spec', 'f:suspend') === undefined)
        return [];
      return written > created + lateMs && written >= (lastRun ?? 0)
        ? [{ manager: oneLine(manager, 80), at: written }]
        : [];
    })
    .toSorted((a, b) => b.at - a.at)[0];
}

function missed(context: AnalysisContext, cronJob: WireObject): FindingDraft | undefined {
  const { view, now } = context;
  const ref = refOf(cronJob);
  const events = eventsWith(view, cronJob, missReasons).filter(
    ({ last }) => last !== undefined && now - last <= eventMs,
  );
  const isAsked = context.scope.whole === undefined && context.scope.distance(ref) === 0;
  // The controller said itself that it left a run out; whether one is too many is for whoever asks about this very CronJob.
  const isLeftOut = isAsked && events.some(({ reason }) => reason === 'JobAlreadyActive');
  const late = latenessOf(view, cronJob, now, isLeftOut ? 0 : lateMs);
  const running = runningJobs(context, cronJob);
  const policy = textAt(cronJob, 'spec', 'concurrencyPolicy') ?? 'Allow';
  const why = whyMissed(cronJob, late, events, running, policy, now);
  if (why === undefined) return undefined;
  const hasRun =
    late === undefined ? '' : `; last run ${late.lastRun === undefined ? 'never' : `at ${iso(late.lastRun)}`}`;
  return {
    code: 'cron-job-missed',
    object: ref,
    summary: `${sayRef(ref)} does not run when it is due${late === undefined ? '' : ` (${late.missed}${late.missed >= maxMissed ? ' or more' : ''} times missed)`}: ${why.what}.`,
    cause: { path: why.path, observed: why.observed, expected: why.expected },
    support: [
      fromObject(
        cronJob,
        now,
        `schedule ${oneLine(textAt(cronJob, 'spec', 'schedule') ?? 'not read', 80)}, concurrencyPolicy ${policy}${late === undefined ? '' : `, last due at ${iso(late.dueAt)}`}${hasRun}`,
      ),
      ...running
        .slice(0, 2)
        .map((job) => fromObject(job, now, `runs since ${textAt(job, 'status', 'startTime') ?? 'its creation'}`)),
      ...events.slice(0, 2).map((event) => fromEvent(event, cronJob)),
    ],
    grounds: {
      basis: why.basis,
      current: true,
      repeated: (late?.missed ?? 0) > 1 || events.some(({ count }) => count > 1),
    },
    pods: running.flatMap((job) => view.podsOf(job).map(podKey)),
    affects: running.map(refOf),
    since: late?.dueAt,
  };
}

type WhyMissed = {
  path: string;
  observed: string;
  expected: string;
  what: string;
  basis: 'stated' | 'likely' | 'inferred';
};

function whyMissed(
  cronJob: WireObject,
  late: Lateness | undefined,
  events: readonly ClusterEvent[],
  running: readonly WireObject[],
  policy: string,
  now: number,
): WhyMissed | undefined {
  const said = (...reasons: readonly string[]) =>
    events.find(({ reason }) => reason !== undefined && reasons.includes(reason));
  const schedule = oneLine(textAt(cronJob, 'spec', 'schedule') ?? '', 80);
  if (said('UnparseableSchedule', 'InvalidSchedule') !== undefined)
    return {
      path: 'spec.schedule',
      observed: schedule,
      expected: 'a schedule that cron can read',
      what: `its schedule "${schedule}" cannot be read`,
      basis: 'stated',
    };
  if (said('UnknownTimeZone') !== undefined) {
    const zone = oneLine(textAt(cronJob, 'spec', 'timeZone') ?? '', 60);
    return {
      path: 'spec.timeZone',
      observed: zone,
      expected: 'a time zone that is known',
      what: `its time zone "${zone}" is not known`,
      basis: 'stated',
    };
  }
  if (late === undefined) return undefined;
  const [hanging] = running;
  if (policy === 'Forbid' && hanging !== undefined)
    return {
      path: 'spec.concurrencyPolicy',
      observed: `Forbid, and ${sayRef(refOf(hanging))} still runs`,
      expected: 'a Job that ends before the next is due (activeDeadlineSeconds), or another policy',
      what: `${sayRef(refOf(hanging))} still runs and its concurrencyPolicy is Forbid`,
      basis: 'stated',
    };
  const deadline = numberAt(cronJob, 'spec', 'startingDeadlineSeconds');
  if (said('FailedNeedsStart', 'TooManyMissedTimes') !== undefined)
    return {
      path: 'spec.startingDeadlineSeconds',
      observed: deadline === undefined ? 'not set, and too many times were missed' : String(deadline),
      expected: 'set, and shorter than a hundred intervals of the schedule',
      what: 'too many times were missed for the controller to go on (more than 100)',
      basis: 'stated',
    };
  if (deadline !== undefined && deadline < shortDeadlineSeconds)
    return {
      path: 'spec.startingDeadlineSeconds',
      observed: String(deadline),
      expected: `${shortDeadlineSeconds} or more: the controller looks every ten seconds`,
      what: `its startingDeadlineSeconds of ${deadline} is shorter than the controller takes to look`,
      basis: 'stated',
    };
  if (said('MissSchedule') !== undefined && deadline !== undefined)
    return {
      path: 'spec.startingDeadlineSeconds',
      observed: String(deadline),
      expected: 'long enough for a controller that is late',
      what: `each start came later than its startingDeadlineSeconds of ${deadline} allows`,
      basis: 'likely',
    };
  // One run that is a little late may still come.
  if (late.missed < 2 && now - late.dueAt < surelyLateMs) return undefined;
  return {
    path: 'status.lastScheduleTime',
    observed: late.lastRun === undefined ? 'never' : iso(late.lastRun),
    expected: iso(late.dueAt),
    what: 'its controller made no Job, and nothing says why',
    basis: 'inferred',
  };
}

function runningJobs({ view }: AnalysisContext, cronJob: WireObject): readonly WireObject[] {
  const active = new Set(listAt(cronJob, 'status', 'active').flatMap((one) => textAt(one, 'name') ?? []));
  return view
    .controlledBy(cronJob, 'Job')
    .filter(
      (job) =>
        conditionOf(job, 'Complete')?.status !== 'True' &&
        conditionOf(job, 'Failed')?.status !== 'True' &&
        ((numberAt(job, 'status', 'active') ?? 0) > 0 || active.has(job.metadata.name)),
    );
}

function iso(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
