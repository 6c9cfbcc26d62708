import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import type { ClusterView } from '../../cluster/cluster-view.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { at, booleanAt, isRecord, numberAt, textAt } from '../../cluster/wire.ts';
import type { Workload } from '../../cluster/workload.ts';
import type { AnalysisContext } from '../analysis.ts';
import { eventsWith } from '../support.ts';
import { type RefusalMessage, readRefusal } from './refusal-message.ts';

/** A controller that has fewer pods than it wants, because it is not allowed to make them. */
export type RefusedCreation = {
  /** Makes the pods: a ReplicaSet, StatefulSet, DaemonSet, Job. The Deployment itself where its ReplicaSet was not read. */
  readonly controller: WireObject;
  /** What must change: its topmost owner. */
  readonly workload: Workload;
  readonly missing: number;
  /** `condition`: its status says so now. `event`: an event of the last minutes. `nothing`: nobody says why. */
  readonly said: 'condition' | 'event' | 'nothing';
  readonly message: RefusalMessage | undefined;
  readonly text: string | undefined;
  readonly event: ClusterEvent | undefined;
  readonly since: number | undefined;
};

const createReasons: ReadonlySet<string> = new Set(['FailedCreate', 'ReplicaSetCreateError']);
const successReasons: ReadonlySet<string> = new Set(['SuccessfulCreate']);
/** Controllers try again after at most 1,000 s. */
const spokenMs = 20 * 60_000;
const settledMs = 2 * 60_000;

/** All controllers of a scope whose pods (or, of a CronJob, Jobs) are refused now. */
export function refusedCreations(context: AnalysisContext): readonly RefusedCreation[] {
  return creatorsOf(context).flatMap((creator) => refusedBy(context, creator) ?? []);
}

type Creator = { readonly controller: WireObject; readonly workload: Workload };

function creatorsOf({ view, scope }: AnalysisContext): readonly Creator[] {
  const seen = new Set<string>();
  const once = (controller: WireObject): readonly Creator[] => {
    const key = sayRef(refOf(controller));
    if (seen.has(key) || isTerminating(controller)) return [];
    seen.add(key);
    const top = view.ownersOf(controller).at(-1);
    return [{ controller, workload: top ?? { ref: refOf(controller), object: controller } }];
  };
  const workloads = [...scope.workloads, ...scope.list('CronJob'), ...scope.list('ReplicationController')];
  return [
    ...workloads.flatMap((workload) => {
      const owned = workload.kind === 'Deployment' ? view.controlledBy(workload, 'ReplicaSet') : [];
      const wanted = owned.filter((replicaSet) => (numberAt(replicaSet, 'spec', 'replicas') ?? 1) > 0);
      return [...wanted.flatMap(once), ...(wanted.length > 0 ? [] : once(workload))];
    }),
    ...scope.list('ReplicaSet').flatMap(once),
  ];
}

function refusedBy(context: AnalysisContext, creator: Creator): RefusedCreation | undefined {
  const { view, now } = context;
  const { controller, workload } = creator;
  const missing = missingPodsOf(view, controller);
  if (missing === undefined || missing <= 0) return undefined;
  const condition = failureOf(controller) ?? (workload.object === undefined ? undefined : failureOf(workload.object));
  const event = presentFailure(view, controller, now) ?? presentFailure(view, workload.object ?? controller, now);
  if (condition !== undefined) {
    const message = readRefusal(condition.message) ?? readRefusal(event?.message);
    return { ...creator, missing, said: 'condition', message, text: condition.message, event, since: condition.since };
  }
  if (event !== undefined) {
    const message = readRefusal(event.message);
    return { ...creator, missing, said: 'event', message, text: event.message, event, since: event.first };
  }
  // Where a controller has a condition for it, its silence means that nothing was refused.
  const tells = ['ReplicaSet', 'ReplicationController', 'Deployment', 'CronJob'].includes(controller.kind);
  const age = now - Date.parse(controller.metadata.creationTimestamp ?? '');
  if (tells || !(age >= settledMs)) return undefined;
  return {
    ...creator,
    missing,
    said: 'nothing',
    message: undefined,
    text: undefined,
    event: undefined,
    since: undefined,
  };
}

function failureOf(controller: WireObject) {
  const failure = conditionOf(controller, 'ReplicaFailure');
  if (failure?.status === 'True') return failure;
  const progressing = conditionOf(controller, 'Progressing');
  return progressing?.status === 'False' && progressing.reason === 'ReplicaSetCreateError' ? progressing : undefined;
}

function presentFailure(view: ClusterView, controller: WireObject, now: number): ClusterEvent | undefined {
  const failed = eventsWith(view, controller, createReasons).find(
    ({ last }) => last !== undefined && now - last <= spokenMs,
  );
  const made = eventsWith(view, controller, successReasons)[0];
  if (failed?.last === undefined || (made?.last !== undefined && made.last > failed.last)) return undefined;
  return failed;
}

/** How many pods a controller still has to make, by its own status. Undefined when that does not say. */
function missingPodsOf(view: ClusterView, controller: WireObject): number | undefined {
  const status = at(controller, 'status');
  const wanted = numberAt(controller, 'spec', 'replicas') ?? 1;
  switch (controller.kind) {
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
      if (isRecord(status)) return wanted - (numberAt(status, 'replicas') ?? 0);
      return view.hasAll('Pod', controller.metadata.namespace)
        ? wanted - view.controlledBy(controller, 'Pod').length
        : undefined;
    case 'Deployment':
      if (!isRecord(status) || booleanAt(controller, 'spec', 'paused') === true) return undefined;
      return wanted - (numberAt(status, 'updatedReplicas') ?? 0);
    case 'DaemonSet':
      if (!isRecord(status)) return undefined;
      return (numberAt(status, 'desiredNumberScheduled') ?? 0) - (numberAt(status, 'currentNumberScheduled') ?? 0);
    case 'Job':
      return missingJobPods(controller);
    case 'CronJob':
      return booleanAt(controller, 'spec', 'suspend') === true ? undefined : missingJobs(view, controller);
    default:
      return undefined;
  }
}

function missingJobPods(job: WireObject): number | undefined {
  if (booleanAt(job, 'spec', 'suspend') === true) return undefined;
  for (const type of ['Complete', 'Failed', 'Suspended', 'SuccessCriteriaMet', 'FailureTarget'])
    if (conditionOf(job, type)?.status === 'True') return undefined;
  const parallelism = numberAt(job, 'spec', 'parallelism') ?? 1;
  const succeeded = numberAt(job, 'status', 'succeeded') ?? 0;
  const left = (numberAt(job, 'spec', 'completions') ?? parallelism) - succeeded;
  return Math.min(parallelism, left) - (numberAt(job, 'status', 'active') ?? 0);
}

// A CronJob lacks a Job only if its latest attempt to make one failed: the event decides, unless a Job was made after it.
function missingJobs(view: ClusterView, cronJob: WireObject): number {
  const failed = eventsWith(view, cronJob, createReasons)[0]?.last;
  const made = Date.parse(textAt(cronJob, 'status', 'lastScheduleTime') ?? '');
  return failed !== undefined && !(made > failed) ? 1 : 0;
}
