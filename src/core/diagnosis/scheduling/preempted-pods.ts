import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import { readEvent } from '../../cluster/cluster-event.ts';
import { sayPath } from '../../cluster/field-path.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { podSpecPath } from '../../cluster/pod-spec.ts';
import { numberAt, textAt } from '../../cluster/wire.ts';
import { type Workload, workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { fromEvent } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { PendingPod } from './pending-pods.ts';

/** Victims go within minutes; their event stays an hour. */
const spokenMs = 60 * 60_000;
const recentMs = 5 * 60_000;

type Victim = {
  readonly workload: Workload;
  /** The pod that was evicted, when it is still there. */
  readonly pod: WireObject | undefined;
  readonly event: ClusterEvent | undefined;
};

/**
 * `pod-preempted`: the scheduler evicted pods of a workload to make room for more important ones, and the workload still lacks them: their replacements fit on no
 * node, or a victim is only just going.
 */
export function findPreemptedPods(context: AnalysisContext, refused: readonly PendingPod[]): readonly FindingDraft[] {
  const victims = [...victimsStillThere(context), ...victimsInEvents(context, refused)];
  return groupBy(victims, ({ workload }) => sayRef(workload.ref)).flatMap(
    (group) => draftOf(context, group, refused) ?? [],
  );
}

function victimsStillThere({ view, scope }: AnalysisContext): readonly Victim[] {
  return scope.pods
    .filter((pod) => {
      const disrupted = conditionOf(pod, 'DisruptionTarget');
      return disrupted?.status === 'True' && disrupted.reason === 'PreemptionByScheduler';
    })
    .map((pod) => ({
      pod,
      workload: workloadOf(view, pod),
      event: view.eventsAbout(pod).find(({ reason }) => reason === 'Preempted'),
    }));
}

/** The victim is gone, but its event tells its name: that of its controller with a suffix, as the replacement that waits now has it. */
function victimsInEvents({ view, now }: AnalysisContext, refused: readonly PendingPod[]): readonly Victim[] {
  if (refused.length === 0) return [];
  const events = view
    .list('Event')
    .filter((event) => textAt(event, 'reason') === 'Preempted')
    .flatMap((event) => readEvent(event) ?? [])
    .filter(({ about, last }) => about.kind === 'Pod' && last !== undefined && now - last <= spokenMs);
  return events.flatMap((event): readonly Victim[] => {
    const { namespace, name } = event.about;
    if (view.get({ apiVersion: 'v1', kind: 'Pod', namespace, name })?.metadata.uid === event.about.uid) return [];
    const replacement = refused.find(({ pod, createdAt }) => {
      const controller = view.controllerOf(pod)?.ref;
      return (
        controller !== undefined &&
        pod.metadata.namespace === namespace &&
        isNamedFor(name, controller.name) &&
        (createdAt === undefined || event.first === undefined || createdAt >= event.first - recentMs)
      );
    });
    return replacement === undefined ? [] : [{ pod: undefined, workload: workloadOf(view, replacement.pod), event }];
  });
}

function isNamedFor(pod: string, controller: string): boolean {
  return pod.startsWith(`${controller}-`) && /^[a-z0-9]{1,10}$/.test(pod.slice(controller.length + 1));
}

function draftOf(
  context: AnalysisContext,
  victims: readonly [Victim, ...Victim[]],
  refused: readonly PendingPod[],
): FindingDraft | undefined {
  const { view, now } = context;
  const [{ workload }] = victims;
  const waiting = refused.filter(({ pod }) => sayRef(workloadOf(view, pod).ref) === sayRef(workload.ref));
  const going = victims.flatMap(({ pod }) => {
    const at = pod === undefined ? undefined : conditionOf(pod, 'DisruptionTarget')?.since;
    return pod !== undefined && at !== undefined && now - at <= recentMs ? [pod] : [];
  });
  const isBare = workload.ref.kind === 'Pod';
  const sufferers = [
    ...waiting.map(({ pod }) => pod),
    ...going,
    ...(isBare ? victims.flatMap(({ pod }) => pod ?? []) : []),
  ];
  const [first] = sufferers;
  if (first === undefined) return undefined;
  const preemptor = preemptorOf(context, victims);
  const own = sayPriority(first);
  const by =
    preemptor === undefined
      ? 'a pod of higher priority'
      : `${sayRef({ kind: 'Pod', namespace: preemptor.metadata.namespace, name: preemptor.metadata.name })} (${sayPriority(preemptor)})`;
  const event = victims.flatMap((victim) => victim.event ?? []).toSorted((a, b) => (b.last ?? 0) - (a.last ?? 0))[0];
  const since = victims.flatMap(
    (victim) => victim.event?.first ?? conditionOf(victim.pod, 'DisruptionTarget')?.since ?? [],
  );
  const pods = [...new Map(sufferers.map((pod) => [podKey(pod), pod])).values()];
  return {
    code: 'pod-preempted',
    object: workload.ref,
    summary: `${victims.length} ${victims.length === 1 ? 'pod' : 'pods'} of ${sayRef(workload.ref)} (${own}) made way for ${by}${waiting.length === 0 ? '' : `; ${waiting.length} of its pods now ${waiting.length === 1 ? 'fits' : 'fit'} on no node`}.`,
    cause: {
      path: sayPath([...podSpecPath(workload.ref.kind), 'priorityClassName']),
      observed: own,
      expected:
        preemptor === undefined
          ? 'a priority as high as that of the pods that took its place, or room for both'
          : `at least ${sayPriority(preemptor)}, or room for both`,
    },
    recommendation: {
      text: 'Add a node or lower what is requested, so that both have room; or give this workload a higher priority class.',
    },
    support: [
      fromObject(
        first,
        now,
        waiting.length === 0
          ? 'it was chosen as a victim (DisruptionTarget: PreemptionByScheduler)'
          : `it waits for a node with ${own}`,
      ),
      ...(event === undefined ? [] : [fromEvent(event, first)]),
      ...(preemptor === undefined
        ? []
        : [
            fromObject(
              preemptor,
              now,
              `it runs on node ${textAt(preemptor, 'spec', 'nodeName') ?? 'none yet'} with ${sayPriority(preemptor)}`,
            ),
          ]),
    ],
    grounds: {
      basis: 'stated',
      current: true,
      repeated: victims.length > 1 || pods.length > 1 || (event !== undefined && waiting.length > 0),
    },
    pods: pods.map(podKey),
    since: since.length === 0 ? undefined : Math.min(...since),
  };
}

/** `Preempted by pod <uid> on node n1`, `Preempted by ns/name on node n1`: the events name who took the place, as does `related`. */
function preemptorOf({ view }: AnalysisContext, victims: readonly Victim[]): WireObject | undefined {
  for (const { event, pod } of victims) {
    const related = textAt(event?.object, 'related', 'uid');
    const text = event?.message ?? conditionOf(pod, 'DisruptionTarget')?.message ?? '';
    const uid = related ?? /^Preempted by (?:a )?pod ([0-9a-zA-Z-]{1,64}) on node /.exec(text)?.[1];
    const named = /^Preempted by ([a-z0-9.-]{1,253})\/([a-z0-9.-]{1,253}) on node /.exec(text);
    const found =
      (uid === undefined ? undefined : view.byUid(uid)) ??
      (named === null
        ? undefined
        : view.get({ apiVersion: 'v1', kind: 'Pod', namespace: named[1], name: named[2] ?? '' }));
    if (found !== undefined) return found;
  }
  return undefined;
}

function sayPriority(pod: WireObject): string {
  const value = numberAt(pod, 'spec', 'priority') ?? 0;
  const name = textAt(pod, 'spec', 'priorityClassName');
  return name === undefined ? `priority ${value}` : `priority ${value}, class ${name}`;
}
