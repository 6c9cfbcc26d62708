import { sayRef } from '../../cluster/object.ts';
import { parseQuantity } from '../../cluster/quantity.ts';
import { at } from '../../cluster/wire.ts';
import type { Workload } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { casesByWorkload } from '../cases-by-workload.ts';
import { fromObject } from '../support.ts';
import { proposeCpuLimit, sayCores } from './cpu-limit.ts';
import { type CpuUse, coresOfOthers, cpuUsesOf, largestNodeCores } from './cpu-use.ts';
import { declaredContainerOf } from './declared-container.ts';
import { nodeCpuOf, saturatedShare } from './node-cpu.ts';
import type { Reading } from './series.ts';

/** The share of periods from which on being held back shows: the bound of the alert CPUThrottlingHigh of kubernetes-mixin. */
const throttledShare = 0.25;
const atLimitShare = 0.95;
/** A container that stays well below its limit and is held back nonetheless works in bursts: its limit is not surely what is wrong. */
const burstShare = 0.5;

/**
 * `cpu-throttled`: a container with a CPU limit is held back in a quarter of its scheduling periods or more. `cpu-saturated`: it uses all of its limit, and nothing
 * was measured of being held back; or it has no limit and takes most of a node that has no CPU left. Both only from measurements of now.
 */
export function findCpuTrouble(context: AnalysisContext): readonly FindingDraft[] {
  const uses = cpuUsesOf(context);
  if (uses.length === 0) return [];
  const nodes = nodeCpuOf(context);
  const troubles = uses.flatMap((use): CpuTrouble[] => {
    const is = troubleOf(use, context, nodes);
    return is === undefined ? [] : [{ ...use, is }];
  });
  const groups = casesByWorkload(context.view, context.scope.pods, (pod) => troubles.filter((use) => use.pod === pod));
  return groups.map(({ workload, cases }) => draft(context, workload, cases, nodes));
}

type CpuTrouble = CpuUse & { readonly is: 'throttled' | 'at-limit' | 'fills-node' };

function troubleOf(
  use: CpuUse,
  { view }: AnalysisContext,
  nodes: ReadonlyMap<string, Reading>,
): CpuTrouble['is'] | undefined {
  if (use.limitCores !== undefined && use.limitCores > 0) {
    if (use.throttled !== undefined) return use.throttled.value >= throttledShare ? 'throttled' : undefined;
    const share = shareOfLimit(use);
    return share !== undefined && share.newest >= atLimitShare && share.least >= atLimitShare - 0.1
      ? 'at-limit'
      : undefined;
  }
  const node = view.nodeOf(use.pod);
  const load = node === undefined ? undefined : nodes.get(node.metadata.name);
  if (load === undefined || load.value < saturatedShare || use.usage === undefined) return undefined;
  const capacity = parseQuantity(at(node, 'status', 'allocatable', 'cpu'));
  return capacity !== undefined && use.usage.value >= capacity / 2 && use.usage.value > 2 * (use.requestCores ?? 0)
    ? 'fills-node'
    : undefined;
}

function shareOfLimit({ ofLimit, usage, limitCores }: CpuUse) {
  const by = ofLimit === undefined ? limitCores : 1;
  const reading = ofLimit ?? usage;
  if (reading === undefined || by === undefined) return undefined;
  // The last quarter of what was recorded: a rise at the very end is no saturation yet.
  const recent = reading.values.slice(-Math.max(1, Math.ceil(reading.values.length / 4)));
  return { reading, newest: reading.value / by, least: Math.min(...recent) / by };
}

function draft(
  context: AnalysisContext,
  workload: Workload,
  cases: readonly [CpuTrouble, ...CpuTrouble[]],
  nodes: ReadonlyMap<string, Reading>,
): FindingDraft {
  const { now, view } = context;
  const worst = cases.toSorted((a, b) => (b.throttled?.value ?? 0) - (a.throttled?.value ?? 0))[0] ?? cases[0];
  const { name } = worst.status;
  const { path } = declaredContainerOf(workload, worst.pod, worst.status);
  const peak = Math.max(0, ...cases.flatMap(({ usage }) => usage?.values ?? []));
  const ofLimit = shareOfLimit(worst);
  const node = view.nodeOf(worst.pod);
  const who = `Container ${name} of ${sayRef(workload.ref)}`;
  const inPods = cases.length === 1 ? `pod ${worst.pod.metadata.name}` : `${cases.length} pods`;
  const { summary, observed } = ((): { summary: string; observed: string } => {
    switch (worst.is) {
      case 'throttled': {
        const share = percent(worst.throttled?.value ?? 0);
        return {
          summary: `${who} is throttled: its CPU limit of ${worst.limit} holds it back in ${share} of its periods. Seen in ${inPods}.`,
          observed: `${worst.limit}, throttled in ${share} of periods`,
        };
      }
      case 'at-limit':
        return {
          summary: `${who} uses all the CPU that it may: ${percent(ofLimit?.newest ?? 1)} of its limit of ${worst.limit}. Seen in ${inPods}.`,
          observed: `${worst.limit}, ${percent(ofLimit?.newest ?? 1)} used`,
        };
      case 'fills-node':
        return {
          summary: `${who} has no CPU limit and uses ${sayCores(worst.usage?.value ?? 0)} cores of node ${node?.metadata.name ?? ''}, which has no CPU left.`,
          observed: `not set, uses ${sayCores(worst.usage?.value ?? 0)} cores`,
        };
      default:
        return worst.is satisfies never;
    }
  })();
  const proposal =
    worst.limitCores === undefined
      ? undefined
      : proposeCpuLimit({
          currentCores: worst.limitCores,
          peakCores: peak > 0 ? peak : undefined,
          otherContainersCores: coresOfOthers(worst.pod, name),
          largestNodeCores: largestNodeCores(context),
        });
  const isBurst = worst.is === 'throttled' && ofLimit !== undefined && ofLimit.newest < burstShare;
  const nodeLoad = node === undefined ? undefined : nodes.get(node.metadata.name);
  const measured = [
    ...cases
      .slice(0, 3)
      .flatMap(({ throttled, pod }) =>
        throttled === undefined
          ? []
          : [
              fromReading(
                throttled,
                `Container ${name} of pod ${podKey(pod)} was throttled in ${percent(throttled.value)} of its periods.`,
              ),
            ],
      ),
    ...(ofLimit === undefined
      ? []
      : [
          fromReading(
            ofLimit.reading,
            `Container ${name} of pod ${podKey(worst.pod)} uses ${percent(ofLimit.newest)} of its CPU limit.`,
          ),
        ]),
    ...(worst.is === 'fills-node' && worst.usage !== undefined
      ? [
          fromReading(
            worst.usage,
            `Container ${name} of pod ${podKey(worst.pod)} uses ${sayCores(worst.usage.value)} cores.`,
          ),
        ]
      : []),
    ...(worst.is === 'fills-node' && nodeLoad !== undefined
      ? [fromReading(nodeLoad, `Node ${node?.metadata.name ?? ''} uses ${percent(nodeLoad.value)} of its CPU.`)]
      : []),
  ];
  return {
    code: worst.is === 'throttled' ? 'cpu-throttled' : 'cpu-saturated',
    object: workload.ref,
    summary,
    cause: {
      path: `${path}.resources.limits.cpu`,
      observed,
      expected: proposal?.ok === true ? proposal.limit : 'CPU that fits what the process uses',
    },
    ...(proposal === undefined
      ? {}
      : {
          recommendation: proposal.ok
            ? {
                text: `Raise the CPU limit of container ${name} from ${worst.limit} to ${proposal.limit} (${proposal.how}).`,
                values: { container: name, cpuLimit: proposal.limit, currentLimit: worst.limit ?? '' },
              }
            : {
                text: `Raising the CPU limit of container ${name} does not help: ${proposal.why}. More replicas would.`,
                values: { container: name, currentLimit: worst.limit ?? '' },
              },
        }),
    support: [fromObject(worst.pod, now, `container ${name} has CPU limit ${worst.limit ?? 'none'}`), ...measured],
    grounds: {
      basis: worst.is === 'throttled' ? (isBurst ? 'likely' : 'stated') : worst.is === 'at-limit' ? 'stated' : 'likely',
      current: true,
      repeated: cases.length > 1 || isLasting(worst),
    },
    pods: cases.map(({ pod }) => podKey(pod)),
  };
}

// Queries of a rate or a share look at a window of minutes: what they show was there all the time.
function isLasting({ throttled, usage, ofLimit }: CpuUse): boolean {
  const reading = throttled ?? ofLimit ?? usage;
  return reading !== undefined && (reading.values.length > 2 || /\[\d{1,5}[mhd]/.test(reading.query));
}

function fromReading(reading: Reading, summary: string): EvidenceDraft {
  return { kind: 'metric', source: reading.query.slice(0, 200), at: reading.at, summary, from: reading };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
