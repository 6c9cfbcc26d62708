import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import { type ContainerStatus, containerSpecOf, isTerminating } from '../../cluster/pod.ts';
import { at, isRecord, numberAt } from '../../cluster/wire.ts';
import { isOfPresentTemplate } from '../../cluster/workload.ts';
import { type LiveTermination, liveTermination } from '../restarts.ts';
import { eventsWith } from '../support.ts';

/** A container that the kubelet itself restarts, because a probe of it fails. */
export type LivenessKill = {
  readonly pod: WireObject;
  readonly status: ContainerStatus;
  readonly live: LiveTermination;
  readonly probe: 'livenessProbe' | 'startupProbe';
  readonly killing: ClusterEvent | undefined;
  readonly unhealthy: ClusterEvent | undefined;
};

const probes = [
  ['livenessProbe', 'liveness'],
  ['startupProbe', 'startup'],
] as const;
const killingReasons: ReadonlySet<string> = new Set(['Killing']);
const unhealthyReasons: ReadonlySet<string> = new Set(['Unhealthy']);
/** How a process ends that was told to stop: killed, terminated, or by itself. Others also end with codes of their own when they are told. */
const toldToStop: ReadonlySet<number> = new Set([0, 137, 143]);
const eventSlackMs = 5 * 60_000;
const defaultGraceSeconds = 30;

/**
 * The kill by a probe that a container suffers from now. The kubelet says so in an event (`Container app failed liveness probe, will be restarted`,
 * `pkg/kubelet/kuberuntime/kuberuntime_manager.go`); without it, a failing probe and an end as of one who was told to stop say the same less surely.
 * The event must belong to the end that the status tells: an old one blames nobody.
 */
export function livenessKillOf(
  view: ClusterView,
  pod: WireObject,
  status: ContainerStatus,
  now: number,
): LivenessKill | undefined {
  if (isTerminating(pod)) return undefined;
  const spec = containerSpecOf(pod, status);
  const declared = spec === undefined ? undefined : at(pod, 'spec', spec.list, spec.index);
  const own = probes.filter(([field]) => isRecord(at(declared, field)));
  if (spec === undefined || own.length === 0) return undefined;
  const live = liveTermination(status, now, { single: true });
  if (live === undefined || live.end.reason === 'OOMKilled') return undefined;
  const killings = eventsAboutContainer(view, pod, killingReasons, status.name);
  const unhealthies = eventsAboutContainer(view, pod, unhealthyReasons, status.name);
  for (const [probe, word] of own) {
    const saysKill = `container ${status.name} failed ${word} probe, will be restarted`.toLowerCase();
    const killing = killings.find(({ message }) => message?.toLowerCase().startsWith(saysKill) === true);
    const unhealthy = unhealthies.find(({ message }) => message?.toLowerCase().startsWith(`${word} probe `) === true);
    const grace = numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? defaultGraceSeconds;
    if (!belongs(live, killing ?? unhealthy, grace, now, killing !== undefined)) continue;
    const asToday = (template: readonly { readonly name: string; readonly image: string | undefined }[]) =>
      template.some(({ name, image }) => name === status.name && image === spec.image);
    return isOfPresentTemplate(view, pod, asToday) ? { pod, status, live, probe, killing, unhealthy } : undefined;
  }
  return undefined;
}

function belongs(
  { end }: LiveTermination,
  event: ClusterEvent | undefined,
  graceSeconds: number,
  now: number,
  isKilling: boolean,
): boolean {
  if (event?.last === undefined || end.exitCode === undefined) return false;
  const afterMs = end.finishedAt === undefined ? now - event.last : end.finishedAt - event.last;
  if (toldToStop.has(end.exitCode)) {
    // Ended well and was not said to be killed: it simply ended.
    return Math.abs(afterMs) <= eventSlackMs && (isKilling || end.exitCode !== 0);
  }
  return isKilling && afterMs >= -10_000 && afterMs <= (graceSeconds + 60) * 1000;
}

// Events of a pod name the container in `fieldPath`; those that do not are taken by their message alone.
function eventsAboutContainer(
  view: ClusterView,
  pod: WireObject,
  reasons: ReadonlySet<string>,
  container: string,
): readonly ClusterEvent[] {
  return eventsWith(view, pod, reasons).filter(({ object }) => {
    const fieldPath = at(object, 'involvedObject', 'fieldPath') ?? at(object, 'regarding', 'fieldPath');
    return typeof fieldPath !== 'string' || fieldPath === '' || fieldPath.endsWith(`{${container}}`);
  });
}
