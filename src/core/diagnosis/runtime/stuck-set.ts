import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { numberAt, parseTime, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { fromEvents, fromObject } from '../support.ts';

/** States in which a container will not become ready without a change. `ContainerCreating` and `PodInitializing` are not among them. */
export const hopeless: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** StatefulSets and DaemonSets have no deadline of their own: this is the one Deployments have by default. */
const deadlineMs = 10 * 60_000;
const eventReasons: ReadonlySet<string> = new Set(['FailedCreate', 'FailedUpdate', 'FailedDelete']);
const revisionLabel = 'controller-revision-hash';

/**
 * A StatefulSet or DaemonSet whose rollout waits for a pod that does not become ready: in a state that does not pass by itself, or not ready for ten minutes. Both
 * replace pods one after another and wait for each; a StatefulSet with OrderedReady also makes them so. Undefined when all is rolled out, however ill single pods are later.
 */
export function stuckSetOf({ view, now }: AnalysisContext, set: WireObject): FindingDraft | undefined {
  if ((set.kind !== 'StatefulSet' && set.kind !== 'DaemonSet') || isTerminating(set)) return undefined;
  const { generation } = set.metadata;
  const observed = numberAt(set, 'status', 'observedGeneration');
  if (generation !== undefined && observed !== undefined && observed < generation) return undefined;
  const progress = set.kind === 'StatefulSet' ? statefulProgress(set) : daemonProgress(set);
  if (progress === undefined || !progress.isUnderWay) return undefined;
  const blocking = view
    .podsOf(set)
    .filter((pod) => !isTerminating(pod) && isBlocking(pod, now))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const [first] = blocking;
  if (first === undefined) return undefined;
  const revision = first.metadata.labels?.[revisionLabel];
  // OrderedReady waits for a pod of the former revision too: a template that was put right again is not rolled out until somebody deletes that pod.
  const isFormer =
    set.kind === 'StatefulSet' &&
    revision !== undefined &&
    progress.update !== undefined &&
    revision !== progress.update;
  const ref = refOf(set);
  const waiting = `pod ${first.metadata.name}${isFormer ? ', which is of the former revision,' : ''} is not ready`;
  return {
    code: 'rollout-stuck',
    object: ref,
    summary: `The rollout of ${sayRef(ref)} is stuck: ${progress.count}, and ${waiting}.`,
    cause: { path: 'spec.template', observed: `${progress.count}; ${waiting}`, expected: progress.expected },
    ...(isFormer
      ? {
          recommendation: {
            text: `Delete pod ${first.metadata.name}: a StatefulSet with OrderedReady waits for it to become ready before it rolls out the newer revision.`,
            values: { pod: first.metadata.name },
          },
        }
      : {}),
    support: [
      fromObject(
        set,
        now,
        `${progress.count}${progress.update === undefined ? '' : `, update revision ${progress.update}`}`,
      ),
      ...blocking.slice(0, 2).map((pod) => fromObject(pod, now, `not ready, phase ${phaseOf(pod) ?? 'not said'}`)),
      ...fromEvents(view, set, eventReasons, 1),
    ],
    grounds: {
      basis: isFormer ? 'stated' : 'likely',
      current: true,
      repeated: blocking.some((pod) => isLong(pod, now)),
    },
    pods: blocking.map(podKey),
    since: conditionOf(first, 'Ready')?.since,
  };
}

type Progress = {
  readonly isUnderWay: boolean;
  readonly count: string;
  readonly expected: string;
  readonly update: string | undefined;
};

function statefulProgress(set: WireObject): Progress | undefined {
  const replicas = numberAt(set, 'spec', 'replicas') ?? 1;
  const onDelete = textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  const made = numberAt(set, 'status', 'replicas');
  if (made === undefined || replicas === 0) return undefined;
  const ready = numberAt(set, 'status', 'readyReplicas') ?? 0;
  const updated = numberAt(set, 'status', 'updatedReplicas') ?? 0;
  const update = textAt(set, 'status', 'updateRevision');
  const current = textAt(set, 'status', 'currentRevision');
  const isRolling = update !== undefined && current !== undefined && update !== current && !onDelete;
  const isOrdered = textAt(set, 'spec', 'podManagementPolicy') !== 'Parallel';
  return {
    isUnderWay: ready < replicas && (isRolling || (isOrdered && made < replicas)),
    count: isRolling
      ? `${updated} of ${replicas} pods updated, ${ready} ready`
      : `${made} of ${replicas} pods made, ${ready} ready`,
    expected: `${replicas} of ${replicas} pods updated and ready`,
    update,
  };
}

function daemonProgress(set: WireObject): Progress | undefined {
  const desired = numberAt(set, 'status', 'desiredNumberScheduled');
  if (desired === undefined || desired === 0 || textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete')
    return undefined;
  const updated = numberAt(set, 'status', 'updatedNumberScheduled') ?? 0;
  const ready = numberAt(set, 'status', 'numberReady') ?? 0;
  return {
    isUnderWay: updated < desired && ready < desired,
    count: `${updated} of ${desired} pods updated, ${ready} ready`,
    expected: `${desired} of ${desired} pods updated and ready`,
    update: undefined,
  };
}

function isBlocking(pod: WireObject, now: number): boolean {
  if (phaseOf(pod) === undefined || phaseOf(pod) === 'Succeeded' || conditionOf(pod, 'Ready')?.status === 'True')
    return false;
  const waits = containerStatusesOf(pod).some(
    ({ state }) => state.is === 'waiting' && hopeless.has(state.reason ?? ''),
  );
  return waits || isLong(pod, now);
}

function isLong(pod: WireObject, now: number): boolean {
  const ready = conditionOf(pod, 'Ready');
  const since = ready?.since ?? (ready?.status === 'False' ? parseTime(pod.metadata.creationTimestamp) : undefined);
  return since !== undefined && now - since >= deadlineMs && ready?.status === 'False';
}
