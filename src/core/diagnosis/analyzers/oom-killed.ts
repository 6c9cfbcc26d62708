import type { ClusterView } from '../../cluster/cluster-view.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import {
  type ContainerSpec,
  type ContainerStatus,
  containerSpecOf,
  containerStatusesOf,
  isTerminating,
} from '../../cluster/pod.ts';
import { parseQuantity, sayBytes } from '../../cluster/quantity.ts';
import { containerPath, isOfPresentTemplate, templateContainersOf, type Workload } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type AnalysisContext, type FindingDraft, type MemoryReading, podKey } from '../analysis.ts';
import { beginOf } from '../begin.ts';
import { casesByWorkload } from '../cases-by-workload.ts';
import { recentMs } from '../confidence.ts';
import { proposeMemoryLimit } from '../memory-limit.ts';
import { type PreviousLimit, previousLargerLimit } from '../previous-limit.ts';
import { type LiveTermination, liveTermination } from '../restarts.ts';
import { largestNodeBytes, memoryOfOthers } from '../runtime/memory-room.ts';
import { fromChange, fromEvents, fromLog, fromObject } from '../support.ts';

const eventReasons: ReadonlySet<string> = new Set(['BackOff', 'OOMKilling', 'OOMKilled']);

/** A container that the kernel killed for memory, and that has not recovered. */
export type OomCase = {
  readonly pod: WireObject;
  readonly status: ContainerStatus;
  readonly spec: ContainerSpec | undefined;
  readonly live: LiveTermination;
};

/** Containers of a pod that suffer from an OOM kill now; also used to decide which measurements are worth asking for. */
export function oomCasesOf(view: ClusterView, pod: WireObject, now: number): readonly OomCase[] {
  if (isTerminating(pod)) return [];
  return containerStatusesOf(pod).flatMap((status) => {
    const live = liveTermination(status, now, { single: true });
    if (live === undefined || live.end.reason !== 'OOMKilled') return [];
    const spec = containerSpecOf(pod, status);
    const asToday = (template: readonly ContainerSpec[]) =>
      template.some(({ name, memoryLimit }) => name === status.name && memoryLimit === spec?.memoryLimit);
    return isOfPresentTemplate(view, pod, asToday) ? [{ pod, status, spec, live }] : [];
  });
}

/**
 * `container-oom-killed`: the status says OOMKilled (exit code 137 alone does not), and the container has not recovered since.
 * The object is the workload whose limit must change.
 */
export function analyzeOomKilled(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  const groups = casesByWorkload(view, scope.pods, (pod) => oomCasesOf(view, pod, now));
  return groups.map(({ workload, cases }) => draft(context, workload, cases));
}

function draft(context: AnalysisContext, workload: Workload, cases: readonly [OomCase, ...OomCase[]]): FindingDraft {
  const { view, now } = context;
  const [first] = cases;
  const { name, list } = first.status;
  const limit = first.spec?.memoryLimit;
  const limitBytes = parseQuantity(limit);
  const reading = peakOf(context.memory, workload, cases);
  const previous =
    first.spec === undefined ? undefined : previousLargerLimit(view, workload.object, first.spec, context.memory);
  const declared =
    workload.object === undefined
      ? undefined
      : templateContainersOf(workload.object).find((container) => container.name === name && container.list === list);
  const place = containerPath(workload.ref.kind, declared ?? first.spec ?? { list, index: 0 });
  const restarts = Math.max(...cases.map(({ status }) => status.restartCount));
  const ends = cases.flatMap(({ live }) => live.end.finishedAt ?? []);
  const inPods = cases.length === 1 ? `pod ${first.pod.metadata.name}` : `${cases.length} pods`;
  const log = view.logOf(first.pod, name, 'previous');
  return {
    code: 'container-oom-killed',
    object: workload.ref,
    summary: `Container ${name} of ${sayRef(workload.ref)} is killed for memory: ${
      limit === undefined ? 'it has no memory limit, the node ran short' : `its limit is ${limit}`
    }. Seen in ${inPods}, restarts up to ${restarts}.`,
    cause: {
      path: `${place}.resources.limits.memory`,
      observed: limit ?? 'not set',
      expected: 'enough memory for what the process uses',
    },
    ...recommendation(context, first, limitBytes, limit, reading, previous),
    support: [
      fromObject(first.pod, now, killed(first)),
      ...cases.slice(1, 3).map((other) => fromObject(other.pod, now, killed(other))),
      ...cases.flatMap(({ pod }) => fromEvents(view, pod, eventReasons, 1)).slice(0, 1),
      ...(reading === undefined ? [] : [fromReading(reading)]),
      ...(previous === undefined ? [] : [fromPrevious(previous, name, limit, now)]),
      ...(log === undefined ? [] : [fromLog(first.pod, log, 5)]),
    ],
    grounds: {
      basis: limit === undefined ? 'likely' : 'stated',
      current: cases.some(({ live }) => live.shows === 'now') || ends.some((end) => now - end <= recentMs),
      repeated: cases.length > 1 || restarts > 1,
    },
    pods: cases.map(({ pod }) => podKey(pod)),
    since: beginOf(view, cases),
  };
}

function killed({ status, live, spec }: OomCase): string {
  const { end } = live;
  const when = end.finishedAt === undefined ? '' : ` at ${new Date(end.finishedAt).toISOString()}`;
  return `container ${status.name} was OOMKilled${end.exitCode === undefined ? '' : ` (exit code ${end.exitCode})`}${when}, restarts ${status.restartCount}, memory limit ${spec?.memoryLimit ?? 'not set'}`;
}

function recommendation(
  context: AnalysisContext,
  first: OomCase,
  limitBytes: number | undefined,
  limit: string | undefined,
  reading: MemoryReading | undefined,
  previous: PreviousLimit | undefined,
): Pick<FindingDraft, 'recommendation'> | Record<never, never> {
  const { name } = first.status;
  if (limitBytes === undefined || limit === undefined || limitBytes <= 0) {
    return {
      recommendation: {
        text: `Container ${name} has no memory limit of its own: look at the memory of its node, and set a request and a limit that fit what it uses.`,
        values: { container: name },
      },
    };
  }
  const proposal = proposeMemoryLimit({
    currentBytes: limitBytes,
    peakBytes: reading?.peakBytes,
    otherContainersBytes: memoryOfOthers(first.pod, name),
    largestNodeBytes: largestNodeBytes(context.view),
    previous,
  });
  if (!proposal.ok) {
    return {
      recommendation: {
        text: `Raising the limit of container ${name} does not help: ${proposal.why}. Look for what makes it use so much.`,
        values: { container: name, currentLimit: limit },
      },
    };
  }
  return {
    recommendation: {
      text: `Raise the memory limit of container ${name} from ${limit} to ${proposal.limit} (${proposal.how}).`,
      values: { container: name, memoryLimit: proposal.limit, currentLimit: limit },
    },
  };
}

/** The highest reading of this container in any pod of the workload, former ones included: they may have had a higher limit. */
function peakOf(
  readings: readonly MemoryReading[],
  workload: Workload,
  cases: readonly [OomCase, ...OomCase[]],
): MemoryReading | undefined {
  const names = new Set(cases.map(({ pod }) => pod.metadata.name));
  return readings
    .filter(
      ({ namespace, pod, container }) =>
        namespace === workload.ref.namespace &&
        container === cases[0].status.name &&
        (names.has(pod) || pod.startsWith(`${workload.ref.name}-`)),
    )
    .toSorted((a, b) => b.peakBytes - a.peakBytes)[0];
}

function fromReading(reading: MemoryReading): EvidenceDraft {
  return {
    kind: 'metric',
    source: 'container_memory_working_set_bytes',
    at: reading.at,
    summary: `Container ${reading.container} of pod ${reading.namespace}/${reading.pod} used up to ${sayBytes(reading.peakBytes)} (peak of the working set in the last hour).`,
    from: reading,
  };
}

function fromPrevious(
  previous: PreviousLimit,
  container: string,
  limit: string | undefined,
  now: number,
): EvidenceDraft {
  const { currentRevision, ran, replicaSet, revision } = previous;
  return fromChange(
    replicaSet,
    now,
    `revision ${revision} ${ran ? 'ran' : 'declared'} container ${container} with memory limit ${previous.limit}; revision ${currentRevision}, which runs now, has ${limit ?? 'none'}`,
  );
}
