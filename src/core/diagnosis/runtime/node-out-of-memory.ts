import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, containersOf, isTerminating } from '../../cluster/pod.ts';
import { parseQuantity, sayBytes } from '../../cluster/quantity.ts';
import { at, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { fromEvent } from '../present-events.ts';
import { liveTermination } from '../restarts.ts';
import { fromObject } from '../support.ts';
import { nodeEventsOf } from './node-events.ts';

/** Kubelet: `System OOM encountered, victim process: java, pid: 4242` (`pkg/kubelet/oom/oom_watcher_linux.go`), only for the root cgroup: no limit of a container was hit. */
const systemOom: ReadonlySet<string> = new Set(['SystemOOM']);
const recentOomMs = 30 * 60_000;

/**
 * `node-out-of-memory`: the kernel of a node killed processes because the node itself ran short. Needs the kubelet's event of this very node within half an hour, and
 * something that still shows: memory pressure, or a container on it that was killed, has no limit of its own, and has not recovered.
 */
export function findNodesOutOfMemory(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  const eventsByNode = nodeEventsOf(view, systemOom);
  if (eventsByNode.size === 0) return [];
  const nodes = scope.list('Node');
  const victimsByNode = new Map<string, WireObject[]>();
  for (const pod of scope.pods) {
    const node = textAt(pod, 'spec', 'nodeName');
    if (node === undefined || !isVictim(pod, now)) continue;
    const known = victimsByNode.get(node);
    if (known === undefined) victimsByNode.set(node, [pod]);
    else known.push(pod);
  }
  return nodes.flatMap((node): FindingDraft[] => {
    const events = (eventsByNode.get(node.metadata.name) ?? []).filter(
      ({ last }) => last !== undefined && Math.abs(now - last) <= recentOomMs,
    );
    const [newest] = events;
    const pressure = conditionOf(node, 'MemoryPressure');
    const victims = victimsByNode.get(node.metadata.name) ?? [];
    if (newest === undefined || (pressure?.status !== 'True' && victims.length === 0)) return [];
    const allocatable = parseQuantity(at(node, 'status', 'allocatable', 'memory'));
    const name = sayRef(refOf(node));
    const kills = events.reduce((sum, { count }) => sum + count, 0);
    return [
      {
        code: 'node-out-of-memory',
        object: refOf(node),
        summary: `${name} ran out of memory: its kernel killed processes ${kills} times, not because of a container's limit.${
          victims.length === 0
            ? ''
            : ` ${victims.length} of its pods ${victims.length === 1 ? 'suffers' : 'suffer'} from it.`
        }`,
        cause: {
          path: 'status.allocatable.memory',
          observed: `${allocatable === undefined ? 'not known' : sayBytes(allocatable)}, all of it used; ${pressure?.status === 'True' ? 'MemoryPressure' : 'no pressure any more'}`,
          expected: 'more memory than its pods use: requests and limits that fit, or fewer pods',
        },
        recommendation: {
          text: `Give the containers on ${name} that have no memory limit a request and a limit that fit what they use, or move pods away.`,
          values: { node: node.metadata.name },
        },
        support: [
          fromEvent(newest, node),
          fromObject(node, now, `MemoryPressure ${pressure?.status ?? 'not said'}`),
          ...victims
            .slice(0, 3)
            .map((pod) => fromObject(pod, now, 'a container without a memory limit was killed for memory')),
        ],
        grounds: { basis: 'stated', current: true, repeated: kills > 1 || victims.length > 1 },
        pods: victims.map(podKey),
        explains: [
          'container-oom-killed',
          'container-crash-looping',
          'liveness-probe-kills',
          'pod-evicted',
          'rollout-stuck',
          'service-no-ready-endpoints',
          'readiness-flapping',
          'dependency-down',
        ],
        since: newest.first,
      },
    ];
  });
}

function isVictim(pod: WireObject, now: number): boolean {
  if (isTerminating(pod)) return false;
  return containerStatusesOf(pod).some((status) => {
    const live = liveTermination(status, now, { single: true });
    if (live === undefined || (live.end.reason !== 'OOMKilled' && live.end.exitCode !== 137)) return false;
    const spec = containersOf(at(pod, 'spec')).find(({ list, name }) => list === status.list && name === status.name);
    return spec !== undefined && spec.memoryLimit === undefined;
  });
}
