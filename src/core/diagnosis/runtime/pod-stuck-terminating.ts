import { knownRef } from '../../cluster/kinds.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { listAt, numberAt, parseTime, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { oneLine, presentEvents } from '../present-events.ts';
import { fromEvents, fromObject } from '../support.ts';

/** `deletionTimestamp` already holds the grace period: from then on a kubelet needs seconds. */
const stuckMs = 2 * 60_000;
const surelyStuckMs = 10 * 60_000;
const killReasons: ReadonlySet<string> = new Set([
  'FailedKillPod',
  'FailedPreStopHook',
  'FailedUnMount',
  'FailedUnmount',
  'ExceededGracePeriod',
  'Killing',
]);
const failedReasons: ReadonlySet<string> = new Set(['FailedKillPod', 'FailedUnMount', 'FailedUnmount']);

/** `pod-stuck-terminating`: a pod should be gone by its grace period and is not, and no finalizer keeps it. The object is the Pod; a Node that does not answer explains it. */
export function findStuckPods(context: AnalysisContext): readonly FindingDraft[] {
  const { scope, now } = context;
  return scope.pods.flatMap((pod) => {
    const due = parseTime(pod.metadata.deletionTimestamp);
    if (!isTerminating(pod) || due === undefined || now - due < stuckMs) return [];
    if (listAt(pod, 'metadata', 'finalizers').length > 0) return [];
    return [draft(context, pod, due)];
  });
}

function draft(context: AnalysisContext, pod: WireObject, due: number): FindingDraft {
  const { view, now } = context;
  const ref = refOf(pod);
  const nodeName = textAt(pod, 'spec', 'nodeName');
  const node = view.nodeOf(pod);
  const ready = conditionOf(node, 'Ready');
  const [failure] = presentEvents(view, pod, failedReasons, now);
  const isNodeGone = nodeName !== undefined && node === undefined && view.hasAll('Node');
  const isNodeSilent = ready !== undefined && ready.status !== 'True';
  const grace = numberAt(pod, 'metadata', 'deletionGracePeriodSeconds');
  const minutes = Math.floor((now - due) / 60_000);
  const why =
    nodeName === undefined
      ? 'it has no node, and its deletion was not carried out'
      : isNodeGone
        ? `its node ${nodeName} is not there any more`
        : isNodeSilent
          ? `its node ${nodeName} does not answer (Ready=${ready.status ?? 'not said'})`
          : failure?.message !== undefined
            ? `the kubelet fails to stop it: ${oneLine(failure.message, 200)}`
            : `the kubelet of ${nodeName} has not stopped it`;
  return {
    code: 'pod-stuck-terminating',
    object: ref,
    summary: `${sayRef(ref)} should have been gone ${minutes} minutes ago: ${why}.`,
    cause: {
      path: nodeName !== undefined && (isNodeGone || isNodeSilent) ? 'spec.nodeName' : 'metadata.deletionTimestamp',
      observed: `${pod.metadata.deletionTimestamp ?? ''}, ${why}`,
      expected: `gone after its grace period${grace === undefined ? '' : ` of ${grace} s`}`,
    },
    recommendation: {
      text:
        isNodeGone || isNodeSilent
          ? 'Make sure that the node is really off before the pod is deleted by force: its containers and volumes may still be in use.'
          : 'Look at the kubelet and the container runtime of its node.',
    },
    support: [
      fromObject(
        pod,
        now,
        `deletionTimestamp ${pod.metadata.deletionTimestamp ?? ''}, phase ${phaseOf(pod) ?? 'not said'}, node ${nodeName ?? 'none'}`,
      ),
      ...(node !== undefined && isNodeSilent
        ? [fromObject(node, now, `Ready=${ready.status ?? 'not said'} ${ready.reason ?? ''}`.trimEnd())]
        : []),
      ...fromEvents(view, pod, killReasons, 2),
    ],
    grounds: { basis: 'stated', current: true, repeated: now - due >= surelyStuckMs },
    pods: [podKey(pod)],
    affects: nodeName === undefined ? [] : [knownRef('Node', undefined, nodeName)],
    since: due,
  };
}
