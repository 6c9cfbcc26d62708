import { sayRef, type WireObject } from '../../cluster/object.ts';
import { containerStatusesOf, containersOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { parseQuantity, sayBytes } from '../../cluster/quantity.ts';
import { at } from '../../cluster/wire.ts';
import { isOfPresentTemplate } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type AnalysisContext, type FindingDraft, type MemoryReading, podKey } from '../analysis.ts';
import { casesByWorkload } from '../cases-by-workload.ts';
import { proposeMemoryLimit } from '../memory-limit.ts';
import { answersAbout } from '../observations.ts';
import { liveTermination } from '../restarts.ts';
import { fromObject } from '../support.ts';
import { declaredContainerOf } from './declared-container.ts';
import { livenessKillOf } from './liveness-kill.ts';
import { largestNodeBytes, memoryOfOthers } from './memory-room.ts';
import { nodeEventsOf } from './node-events.ts';
import { containerOfSeries } from './series.ts';

/** cAdvisor counts the kills of a container's cgroup, whoever was killed. */
const oomMetric = 'container_oom_events_total';
const nodeReasons: ReadonlySet<string> = new Set(['OOMKilling']);
const recentMs = 15 * 60_000;
/** The kernel kills at the limit; what was measured last before that is a little less. */
const atLimitShare = 0.95;

type Sign = { readonly evidence: EvidenceDraft; readonly is: 'counted' | 'told' | 'full' };
type Case = {
  readonly pod: WireObject;
  readonly status: { readonly name: string; readonly list: 'containers' | 'initContainers' };
  readonly limit: string;
  readonly signs: readonly Sign[];
};

/**
 * `container-oom-killed` where the status does not say OOMKilled: a process of the container that is not its first was killed (the container goes on, or ends with 137 by
 * itself). Told by the kernel's count for the container (a metric), by an event of its node that names the pod's cgroup, or by exit code 137 at a measured use of all its limit.
 */
export function findInnerMemoryKills(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  const counted = countedKills(context);
  const told = toldKills(context);
  if (counted.size + told.size + context.memory.length === 0) return [];
  const groups = casesByWorkload(view, scope.pods, (pod) => casesOf(context, pod, counted, told));
  return groups.map(({ workload, cases }): FindingDraft => {
    const [first] = cases;
    const { name } = first.status;
    const { path } = declaredContainerOf(workload, first.pod, first.status);
    const currentBytes = parseQuantity(first.limit) ?? 0;
    const peak = peakOf(context.memory, first);
    const proposal = proposeMemoryLimit({
      currentBytes,
      peakBytes: peak?.peakBytes,
      otherContainersBytes: memoryOfOthers(first.pod, name),
      largestNodeBytes: largestNodeBytes(view),
    });
    const kinds = new Set(cases.flatMap(({ signs }) => signs.map(({ is }) => is)));
    return {
      code: 'container-oom-killed',
      object: workload.ref,
      summary: `A process in container ${name} of ${sayRef(workload.ref)} is killed for memory: the container's limit is ${first.limit}. Seen in ${
        cases.length === 1 ? `pod ${first.pod.metadata.name}` : `${cases.length} pods`
      }; its status does not say so.`,
      cause: {
        path: `${path}.resources.limits.memory`,
        observed: first.limit,
        expected: 'enough memory for what the process uses',
      },
      recommendation: proposal.ok
        ? {
            text: `Raise the memory limit of container ${name} from ${first.limit} to ${proposal.limit} (${proposal.how}).`,
            values: { container: name, memoryLimit: proposal.limit, currentLimit: first.limit },
          }
        : {
            text: `Raising the limit of container ${name} does not help: ${proposal.why}. Look for what makes it use so much.`,
            values: { container: name, currentLimit: first.limit },
          },
      support: [
        fromObject(first.pod, now, `container ${name} has memory limit ${first.limit}`),
        ...cases.flatMap(({ signs }) => signs.map(({ evidence }) => evidence)).slice(0, 4),
      ],
      grounds: {
        basis: kinds.has('counted') ? 'stated' : kinds.has('told') ? 'stated' : 'likely',
        current: true,
        repeated: cases.length > 1 || kinds.size > 1,
      },
      pods: cases.map(({ pod }) => podKey(pod)),
    };
  });
}

function casesOf(
  { view, now, memory }: AnalysisContext,
  pod: WireObject,
  counted: ReadonlyMap<string, Sign>,
  told: ReadonlyMap<string, Sign>,
): readonly Case[] {
  if (isTerminating(pod) || phaseOf(pod) !== 'Running') return [];
  const containers = containersOf(at(pod, 'spec'));
  const limited = containers.filter(({ memoryLimit }) => memoryLimit !== undefined);
  return limited.flatMap(({ name, list, memoryLimit }): Case[] => {
    const status = containerStatusesOf(pod).find((one) => one.name === name && one.list === list);
    if (status === undefined || memoryLimit === undefined) return [];
    const live = liveTermination(status, now, { single: true });
    // The status says it itself: that has an answer already.
    if (live?.end.reason === 'OOMKilled' || livenessKillOf(view, pod, status, now) !== undefined) return [];
    const asToday = (template: readonly { readonly name: string; readonly memoryLimit: string | undefined }[]) =>
      template.some((one) => one.name === name && one.memoryLimit === memoryLimit);
    if (!isOfPresentTemplate(view, pod, asToday)) return [];
    const ofPod = told.get(pod.metadata.uid ?? '');
    const signs = [
      counted.get(`${podKey(pod)}/${name}`),
      limited.length === 1 || containers.length === 1 ? ofPod : undefined,
      live?.end.exitCode === 137 ? fullSign(memory, pod, name, parseQuantity(memoryLimit)) : undefined,
    ].flatMap((sign) => sign ?? []);
    return signs.length === 0 ? [] : [{ pod, status: { name, list }, limit: memoryLimit, signs }];
  });
}

function fullSign(
  memory: readonly MemoryReading[],
  pod: WireObject,
  container: string,
  limitBytes: number | undefined,
): Sign | undefined {
  const reading = memory.find(
    (one) =>
      `${one.namespace}/${one.pod}` === podKey(pod) &&
      one.container === container &&
      one.peakBytes >= atLimitShare * (limitBytes ?? Number.POSITIVE_INFINITY),
  );
  if (reading === undefined) return undefined;
  return {
    is: 'full',
    evidence: {
      kind: 'metric',
      source: 'container_memory_working_set_bytes',
      at: reading.at,
      summary: `Container ${container} of pod ${podKey(pod)} used up to ${sayBytes(reading.peakBytes)}, all of its limit, and ended with exit code 137.`,
      from: reading,
    },
  };
}

/** Containers whose count of kills rose within what was recorded. A raw count at one instant says only what ever happened. */
function countedKills({ observations, now }: AnalysisContext): ReadonlyMap<string, Sign> {
  const found = new Map<string, Sign>();
  for (const { query, series } of answersAbout(observations, oomMetric)) {
    const isChange = /\b(?:increase|rate|irate|delta|changes)\s*\(/.test(query);
    for (const one of series) {
      const container = containerOfSeries(one.labels);
      const [oldest, newest] = [one.points[0], one.points.at(-1)];
      if (
        container?.container === undefined ||
        oldest === undefined ||
        newest === undefined ||
        now - newest.at > recentMs
      )
        continue;
      const kills = isChange ? newest.value : newest.value - oldest.value;
      if (!(kills > 0)) continue;
      const key = `${container.namespace}/${container.pod}/${container.container}`;
      const summary = `The kernel killed processes of container ${container.container} in pod ${container.namespace}/${container.pod} for memory.`;
      found.set(key, {
        is: 'counted',
        evidence: { kind: 'metric', source: query.slice(0, 200), at: newest.at, summary, from: one },
      });
    }
  }
  return found;
}

/** Events of node-problem-detector that name a pod's cgroup (`/kubepods.slice/…-pod<uid>.slice/…`), by pod uid. */
function toldKills({ view, now }: AnalysisContext): ReadonlyMap<string, Sign> {
  const found = new Map<string, Sign>();
  for (const [node, events] of nodeEventsOf(view, nodeReasons)) {
    for (const { message, last, object } of events) {
      if (message === undefined || last === undefined || now - last > recentMs) continue;
      const uid = /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})/.exec(
        message.slice(0, 4000),
      )?.[1];
      if (uid === undefined) continue;
      const summary = `Node ${node}: ${message.replace(/\s+/g, ' ').slice(0, 300)}`;
      found.set(uid.replaceAll('_', '-'), {
        is: 'told',
        evidence: { kind: 'event', source: `event ${object.metadata.name}`, at: last, summary, from: object },
      });
    }
  }
  return found;
}

function peakOf(memory: readonly MemoryReading[], { pod, status }: Case): MemoryReading | undefined {
  return memory
    .filter((one) => `${one.namespace}/${one.pod}` === podKey(pod) && one.container === status.name)
    .toSorted((a, b) => b.peakBytes - a.peakBytes)[0];
}
