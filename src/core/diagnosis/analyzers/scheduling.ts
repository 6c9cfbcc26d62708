import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import { findGatedPods } from '../scheduling/gated-pods.ts';
import { readPendingPod } from '../scheduling/pending-pods.ts';
import { findPreemptedPods } from '../scheduling/preempted-pods.ts';
import { findUnplaceablePods } from '../scheduling/unplaceable-pods.ts';
import { findUnseenPods } from '../scheduling/unseen-pods.ts';

// What a preemption leaves behind: the victim's place is taken, so that there is too little left.
const takenRoom: ReadonlySet<FindingCode> = new Set([
  'insufficient-cpu',
  'insufficient-memory',
  'insufficient-ephemeral-storage',
  'insufficient-extended-resource',
  'node-pod-limit-reached',
  'host-port-conflict',
  'pod-anti-affinity-conflict',
]);

/** Pods that wait for a node: why none takes them, decided by the filters of the scheduler over the nodes as they are. */
export function analyzeScheduling(context: AnalysisContext): readonly FindingDraft[] {
  const pending = context.scope.pods.flatMap((pod) => readPendingPod(context.view, pod) ?? []);
  const refused = pending.filter((each) => each.is === 'refused');
  const preempted = findPreemptedPods(context, refused);
  const victims = new Set(preempted.flatMap(({ pods }) => pods));
  const unplaceable = findUnplaceablePods(context, refused).filter(
    ({ code, pods }) => !(takenRoom.has(code) && pods.every((pod) => victims.has(pod))),
  );
  return [
    ...preempted,
    ...unplaceable,
    ...findGatedPods(
      context,
      pending.filter((each) => each.is === 'gated'),
    ),
    ...findUnseenPods(
      context,
      pending.filter((each) => each.is === 'unseen'),
    ),
  ];
}
