import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { type Condition, conditionOf, containerStatusesOf, isTerminating } from '../../cluster/pod.ts';
import { booleanAt, numberAt } from '../../cluster/wire.ts';
import { currentRevisionOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { hopeless, stuckSetOf } from '../runtime/stuck-set.ts';
import { fromEvents, fromObject } from '../support.ts';

const eventReasons: ReadonlySet<string> = new Set([
  'ProgressDeadlineExceeded',
  'FailedCreate',
  'ReplicaSetCreateError',
]);

/**
 * `rollout-stuck`: the newest revision of a Deployment, StatefulSet or DaemonSet does not get on. Of a Deployment: it does not become available: the controller gave up waiting, or none of its pods is available
 * and at least one waits in a state that does not pass by itself. A symptom: findings in its pods explain it.
 */
export function analyzeRolloutStuck(context: AnalysisContext): readonly FindingDraft[] {
  return context.scope.workloads.flatMap((workload) => {
    const found = workload.kind === 'Deployment' ? draft(context, workload) : stuckSetOf(context, workload);
    return found === undefined ? [] : [found];
  });
}

function draft({ view, now }: AnalysisContext, deployment: WireObject): FindingDraft | undefined {
  const desired = numberAt(deployment, 'spec', 'replicas') ?? 1;
  if (isTerminating(deployment) || desired === 0 || booleanAt(deployment, 'spec', 'paused') === true) return undefined;
  const generation = deployment.metadata.generation;
  const observed = numberAt(deployment, 'status', 'observedGeneration');
  // The status speaks of an older spec: nothing is known yet of the present one.
  if (generation !== undefined && observed !== undefined && observed < generation) return undefined;

  if (isDone(deployment, desired)) return undefined;
  const revision = currentRevisionOf(view, deployment);
  const pods = (revision === undefined ? [] : view.controlledBy(revision.replicaSet, 'Pod')).filter(
    (pod) => !isTerminating(pod),
  );
  const updated = numberAt(deployment, 'status', 'updatedReplicas') ?? 0;
  const available =
    revision === undefined ? undefined : (numberAt(revision.replicaSet, 'status', 'availableReplicas') ?? 0);
  // All new pods are there and available: whatever a condition still says is over.
  if (available !== undefined && available >= desired && updated >= desired) return undefined;

  const progressing = conditionOf(deployment, 'Progressing');
  const gaveUp = progressing?.status === 'False' && progressing.reason === 'ProgressDeadlineExceeded';
  const waiting = pods.filter((pod) =>
    containerStatusesOf(pod).some(({ state }) => state.is === 'waiting' && hopeless.has(state.reason ?? '')),
  );
  if (!gaveUp && !(available === 0 && waiting.length > 0)) return undefined;

  const name = revision === undefined ? 'the newest revision' : `revision ${revision.number}`;
  const counted = `${available ?? 0} of ${desired} new pods available`;
  const stuck = pods.filter((pod) => conditionOf(pod, 'Ready')?.status !== 'True');
  return {
    code: 'rollout-stuck',
    object: refOf(deployment),
    summary: `The rollout of ${sayRef(refOf(deployment))} is stuck: ${name} has ${counted}${gaveUp ? ', and the controller gave up waiting' : ''}.`,
    cause: {
      path: 'spec.template',
      observed: `${name}: ${counted}`,
      expected: `${desired} of ${desired} new pods available`,
    },
    support: [
      fromObject(deployment, now, factOf(deployment, progressing, desired, updated)),
      ...(revision === undefined ? [] : [fromObject(revision.replicaSet, now, `${name}: ${counted}`)]),
      ...fromEvents(view, deployment, eventReasons, 1),
      ...(revision === undefined ? [] : fromEvents(view, revision.replicaSet, eventReasons, 1)),
    ],
    grounds: { basis: gaveUp ? 'stated' : 'likely', current: true, repeated: gaveUp },
    pods: stuck.map(podKey),
    since: gaveUp ? progressing?.since : undefined,
  };
}

function factOf(deployment: WireObject, progressing: Condition | undefined, desired: number, updated: number): string {
  const available = numberAt(deployment, 'status', 'availableReplicas') ?? 0;
  const said =
    progressing === undefined ? '' : `, Progressing=${progressing.status} ${progressing.reason ?? ''}`.trimEnd();
  return `${desired} ${desired === 1 ? 'pod' : 'pods'} wanted, ${updated} updated, ${available} available in all revisions${said}`;
}

/** What the controller itself calls done: most Deployments, known without a look at their ReplicaSets. */
function isDone(deployment: WireObject, desired: number): boolean {
  const count = (field: string) => numberAt(deployment, 'status', field) ?? 0;
  return (
    conditionOf(deployment, 'Progressing')?.reason === 'NewReplicaSetAvailable' &&
    count('replicas') === count('updatedReplicas') &&
    count('updatedReplicas') >= desired &&
    count('availableReplicas') >= desired
  );
}
