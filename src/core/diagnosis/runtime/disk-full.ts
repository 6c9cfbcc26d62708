import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, sayRef, type WireObject } from '../../cluster/object.ts';
import { containerStatusesOf, isTerminating } from '../../cluster/pod.ts';
import { formatBytes, parseQuantity } from '../../cluster/quantity.ts';
import { refKey } from '../../cluster/topology.ts';
import { at, booleanAt, recordsAt, textAt } from '../../cluster/wire.ts';
import { type Workload, workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import { groupBy } from '../group-by.ts';
import { fromLog, fromObject } from '../support.ts';
import { declaredContainerOf } from './declared-container.ts';
import { logsOf, podsWithLogs, tailOf } from './log-tail.ts';
import { containerStatesOf } from './suffering.ts';
import { type VolumeUse, volumeUsesOf } from './volume-use.ts';

const sign =
  /no space left on device|ENOSPC\b|disk quota exceeded|There is not enough space on the disk|could not extend file|errno 28\b|os error 28\b|flood[- ]stage disk watermark|The table '[^']{1,200}' is full|database or disk is full/i;
/** A claim that is fuller cannot take what is written next: the bound of the alert KubePersistentVolumeFillingUp. */
const fullShare = 0.97;
const nearFullShare = 0.9;
const lastLines = 40;
const explainedByFullDisk: readonly FindingCode[] = [
  'container-crash-looping',
  'liveness-probe-kills',
  'init-container-failing',
  'probe-failing',
  'readiness-flapping',
  'database-read-only',
  'job-backoff-exceeded',
  'rollout-stuck',
  'service-no-ready-endpoints',
  'dependency-down',
];
const growth = 1.5;

type Complaint = {
  readonly pod: WireObject;
  readonly container: string;
  readonly line: string;
  readonly suffers: boolean;
  readonly list: 'containers' | 'initContainers';
};
type Case = {
  readonly claim: ObjectRef | undefined;
  readonly workload: Workload;
  readonly pods: readonly WireObject[];
  readonly complaint: Complaint | undefined;
  readonly use: VolumeUse | undefined;
};

/**
 * `disk-full`: a volume has no room left by the kubelet's measurement, or a container that suffers now says so at the end of its log. The object is the
 * claim where the measurement or the path in the log names it; otherwise the workload that writes.
 */
export function findFullDisks(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, observations, now } = context;
  const uses = volumeUsesOf(observations, now);
  const measured = [...uses.values()].flatMap((use): Case[] => {
    if (use.used < fullShare) return [];
    const claim = view.get(use.claim);
    if (claim === undefined ? !scope.has(use.claim) && !isMountedInScope(context, use.claim) : !scope.has(use.claim))
      return [];
    const pods = mountersOf(context, use.claim);
    const [first] = pods;
    if (first === undefined && claim === undefined) return [];
    return [
      {
        claim: use.claim,
        workload: first === undefined ? { ref: use.claim, object: claim } : workloadOf(view, first),
        pods,
        complaint: pods.flatMap((pod) => complaintsOf(context, pod))[0],
        use,
      },
    ];
  });
  const known = new Set(measured.flatMap(({ claim }) => (claim === undefined ? [] : [refKey(claim)])));
  const spoken = podsWithLogs(context).flatMap((pod): Case[] =>
    complaintsOf(context, pod).flatMap((complaint): Case[] => {
      const claim = claimWrittenBy(complaint, uses);
      if (claim !== undefined && known.has(refKey(claim))) return [];
      const use = claim === undefined ? undefined : uses.get(refKey(claim));
      // Measured, and there is room: what the process speaks of is somewhere else.
      if (use !== undefined && use.used < nearFullShare) return [];
      return [{ claim, workload: workloadOf(view, pod), pods: [pod], complaint, use }];
    }),
  );
  const groups = groupBy([...measured, ...spoken], ({ claim, workload }) => sayRef(claim ?? workload.ref));
  return groups.map((cases) => draft(context, cases));
}

/** Lines about a full disk that are true now: the container suffers, or they repeat to the end of its log. */
function complaintsOf({ view, now }: AnalysisContext, pod: WireObject): readonly Complaint[] {
  return containerStatesOf(view, pod, now).flatMap(({ status, suffering }) => {
    const { name, list } = status;
    for (const log of logsOf(view, pod, name)) {
      const lines = tailOf(log).slice(-lastLines);
      const found = lines.filter((line) => sign.test(line));
      const last = found.at(-1);
      const isRepeated = found.length >= 3 && lines.slice(-8).some((line) => sign.test(line));
      if (last === undefined || (suffering === 'well' && (!isRepeated || log.previous))) continue;
      return [{ pod, container: name, list, line: last.trim().slice(0, 300), suffers: suffering !== 'well' }];
    }
    return [];
  });
}

function mountersOf({ scope }: AnalysisContext, claim: ObjectRef): readonly WireObject[] {
  return scope.pods.filter(
    (pod) =>
      pod.metadata.namespace === claim.namespace &&
      !isTerminating(pod) &&
      containerStatusesOf(pod).length > 0 &&
      recordsAt(pod, 'spec', 'volumes').some(
        ({ record }) => textAt(record, 'persistentVolumeClaim', 'claimName') === claim.name,
      ),
  );
}

function isMountedInScope(context: AnalysisContext, claim: ObjectRef): boolean {
  return mountersOf(context, claim).length > 0;
}

/** The claim under whose mount path the line names a file; else the only claim of the container, when the line names no path elsewhere. */
function claimWrittenBy(
  { pod, container, list, line }: Complaint,
  uses: ReadonlyMap<string, VolumeUse>,
): ObjectRef | undefined {
  const spec = recordsAt(pod, 'spec', list).find(({ record }) => record.name === container)?.record;
  const mounts = recordsAt(spec, 'volumeMounts').flatMap(({ record }) => {
    const [path, name] = [textAt(record, 'mountPath'), textAt(record, 'name')];
    if (path === undefined || name === undefined || booleanAt(record, 'readOnly') === true) return [];
    const volume = recordsAt(pod, 'spec', 'volumes').find(({ record: one }) => one.name === name)?.record;
    const claimName =
      textAt(volume, 'persistentVolumeClaim', 'claimName') ??
      (at(volume, 'ephemeral') === undefined ? undefined : `${pod.metadata.name}-${name}`);
    const claim =
      claimName === undefined ? undefined : knownRef('PersistentVolumeClaim', pod.metadata.namespace, claimName);
    return [{ path: path.replace(/\/+$/, ''), claim }];
  });
  const named = mounts
    .filter(
      ({ path }) => path !== '' && new RegExp(`(?:^|[\\s"'\`(:=])${escapeRegex(path)}(?:[/\\s"'\`:),]|$)`).test(line),
    )
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  if (named !== undefined) return named.claim;
  const claims = mounts.flatMap(({ claim }) => claim ?? []);
  const full = claims.find((claim) => (uses.get(refKey(claim))?.used ?? 0) >= nearFullShare);
  if (full !== undefined) return full;
  return claims.length === 1 && !/(?:^|[\s"'`(:=])\/[\w.-]/.test(line) ? claims[0] : undefined;
}

function escapeRegex(text: string): string {
  return text.slice(0, 300).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [first] = cases;
  const use = cases.flatMap((one) => one.use ?? [])[0];
  const complaint = cases.flatMap((one) => one.complaint ?? [])[0];
  const claim = first.claim === undefined ? undefined : view.get(first.claim);
  const pods = cases.flatMap((one) => one.pods);
  const size =
    claim === undefined
      ? undefined
      : (textAt(claim, 'status', 'capacity', 'storage') ?? textAt(claim, 'spec', 'resources', 'requests', 'storage'));
  const share = use === undefined ? undefined : `${Math.round(use.used * 1000) / 10} % of its ${use.of} used`;
  const who = first.claim === undefined ? sayRef(first.workload.ref) : sayRef(first.claim);
  const log = complaint === undefined ? undefined : logsOf(view, complaint.pod, complaint.container)[0];
  const bigger = size === undefined ? undefined : biggerThan(size);
  const place =
    first.claim === undefined && complaint !== undefined
      ? `${declaredContainerOf(first.workload, complaint.pod, { list: complaint.list, name: complaint.container }).path}.resources.limits.ephemeral-storage`
      : 'spec.resources.requests.storage';
  const limit =
    first.claim === undefined && complaint !== undefined
      ? textAt(
          declaredContainerOf(first.workload, complaint.pod, { list: complaint.list, name: complaint.container })
            .record,
          'resources',
          'limits',
          'ephemeral-storage',
        )
      : undefined;
  const suffers = cases.some((one) => one.complaint?.suffers === true);
  return {
    code: 'disk-full',
    object: first.claim ?? first.workload.ref,
    summary: `${who} has no room left${share === undefined ? '' : ` (${share})`}${
      complaint === undefined
        ? ''
        : `: container ${complaint.container} of pod ${complaint.pod.metadata.name} cannot write`
    }.`,
    cause: {
      path: place,
      observed: [size ?? limit ?? 'size not known', share ?? 'no space left on device'].join(', '),
      expected: bigger ?? 'room for what the process writes, or less of it',
    },
    ...(first.claim === undefined ? {} : { recommendation: growRecommendation(context, first.claim, claim, bigger) }),
    support: [
      fromObject(
        claim ?? pods[0] ?? standIn(first),
        now,
        `${size === undefined ? 'its size is not known' : `it has ${size}`}, no room is left`,
      ),
      ...(use === undefined
        ? []
        : [
            {
              kind: 'metric' as const,
              source: use.query.slice(0, 200),
              at: use.at,
              summary: `${who}: ${share}.`,
              from: use,
            },
          ]),
      ...(complaint === undefined
        ? []
        : [
            fromObject(
              complaint.pod,
              now,
              `container ${complaint.container} ${complaint.suffers ? 'is not well' : 'runs'}, and its log says that there is no space left`,
            ),
          ]),
      ...(log === undefined || complaint === undefined ? [] : [fromLog(complaint.pod, log)]),
    ],
    grounds: {
      basis:
        use === undefined ? 'likely' : use.used >= fullShare && (suffers || use.used >= 0.99) ? 'stated' : 'likely',
      current: true,
      repeated: use !== undefined || pods.length > 1,
    },
    pods: [...new Set(pods.map(podKey))],
    explains: explainedByFullDisk,
    affects: [...new Map(cases.map(({ workload }) => [refKey(workload.ref), workload.ref])).values()],
  };
}

// A claim that was not read still has a name; this stands for it in evidence.
function standIn({ claim, workload }: Case): WireObject {
  const { apiVersion, kind, namespace, name } = claim ?? workload.ref;
  return { apiVersion, kind, metadata: namespace === undefined ? { name } : { name, namespace } };
}

function biggerThan(size: string): string | undefined {
  const bytes = parseQuantity(size);
  if (bytes === undefined || bytes <= 0) return undefined;
  const unit = bytes >= 2 ** 30 ? 2 ** 30 : 2 ** 20;
  return formatBytes(Math.ceil((bytes * growth) / unit) * unit);
}

function growRecommendation(
  { view }: AnalysisContext,
  ref: ObjectRef,
  claim: WireObject | undefined,
  bigger: string | undefined,
): NonNullable<FindingDraft['recommendation']> {
  const className = claim === undefined ? undefined : textAt(claim, 'spec', 'storageClassName');
  const storageClass = className === undefined ? undefined : view.get(knownRef('StorageClass', undefined, className));
  const grows = storageClass === undefined ? undefined : booleanAt(storageClass, 'allowVolumeExpansion') === true;
  const text =
    grows === false
      ? `${sayRef(ref)} cannot grow: its StorageClass ${className} does not allow expansion. Remove data, or move it to a larger volume.`
      : `Grow ${sayRef(ref)}${bigger === undefined ? '' : ` to ${bigger} (half as much again, rounded up)`}, or remove data.${grows === undefined ? ' Whether its StorageClass allows that could not be read.' : ''}`;
  return { text, values: { claim: ref.name, ...(bigger === undefined || grows === false ? {} : { storage: bigger }) } };
}
