import { refOf, type WireObject } from '../../cluster/object.ts';
import { conditionOf, phaseOf } from '../../cluster/pod.ts';
import { textAt, timeAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import { asClause, oneLine } from '../present-events.ts';
import { fromEvents, fromObject } from '../support.ts';
import { unwellPodsOn } from './pods-of-node.ts';

type Pressure = {
  readonly type: string;
  readonly code: FindingCode;
  readonly of: string;
  readonly expected: string;
  readonly todo: string;
};

const pressures: readonly Pressure[] = [
  {
    type: 'MemoryPressure',
    code: 'node-memory-pressure',
    of: 'memory',
    expected: 'more free memory than the eviction threshold',
    todo: 'Find which pods use more than they request, move or limit them, or give the node more memory.',
  },
  {
    type: 'DiskPressure',
    code: 'node-disk-pressure',
    of: 'disk space or inodes',
    expected: 'more free disk space and inodes than the eviction threshold',
    todo: 'Free the disk of the node (images, logs, emptyDir volumes), or give it more; pods that write without a limit need one.',
  },
  {
    type: 'PIDPressure',
    code: 'node-pid-pressure',
    of: 'process ids',
    expected: 'more free process ids than the eviction threshold',
    todo: 'Find the pod that makes so many processes and set a limit (podPidsLimit).',
  },
];

const reasons: ReadonlySet<string> = new Set([
  'EvictionThresholdMet',
  'FreeDiskSpaceFailed',
  'ImageGCFailed',
  'SystemOOM',
  'NodeHasDiskPressure',
  'NodeHasInsufficientMemory',
  'NodeHasInsufficientPID',
  'Evicted',
]);

/** Nodes whose kubelet says now that memory, disk or process ids run short. A condition that nobody renews any more (the node does not report) says nothing. */
export function nodesUnderPressure(context: AnalysisContext): readonly FindingDraft[] {
  return context.scope
    .list('Node')
    .flatMap((node) =>
      conditionOf(node, 'Ready')?.status === 'Unknown'
        ? []
        : pressures
            .filter(({ type }) => conditionOf(node, type)?.status === 'True')
            .map((pressure) => draft(context, node, pressure)),
    );
}

// `kubelet has disk pressure`: what every kubelet says, and no more than the type does.
function more(message: string | undefined): string {
  return message === undefined || /^kubelet has [\w ]{1,40}$/.test(message.trim())
    ? ''
    : ` (${asClause(oneLine(message, 160))})`;
}

function draft(context: AnalysisContext, node: WireObject, { type, code, of, expected, todo }: Pressure): FindingDraft {
  const { view, now } = context;
  const { name } = node.metadata;
  const condition = conditionOf(node, type);
  const evicted = view
    .list('Pod')
    .filter(
      (pod) =>
        textAt(pod, 'spec', 'nodeName') === name &&
        phaseOf(pod) === 'Failed' &&
        textAt(pod, 'status', 'reason') === 'Evicted',
    );
  const pods = [...new Set([...unwellPodsOn(context, name), ...evicted.map(podKey)])];
  return {
    code,
    object: refOf(node),
    summary: `Node ${name} runs short of ${of}: its kubelet reports ${type}${more(condition?.message)}.${evicted.length === 0 ? '' : ` ${evicted.length} ${evicted.length === 1 ? 'pod was' : 'pods were'} evicted from it.`}`,
    cause: { path: `status.conditions[?(@.type=='${type}')].status`, observed: 'True', expected: `False: ${expected}` },
    recommendation: { text: todo, values: { node: name } },
    support: [
      fromObject(node, now, `${type} is True${condition?.reason === undefined ? '' : ` (${condition.reason})`}`),
      ...evicted
        .slice(0, 2)
        .map((pod) =>
          fromObject(
            pod,
            timeAt(pod, 'status', 'startTime') ?? now,
            `evicted: ${oneLine(textAt(pod, 'status', 'message') ?? 'no message')}`,
          ),
        ),
      ...fromEvents(view, node, reasons, 2),
    ],
    grounds: {
      basis: 'stated',
      current: true,
      repeated: evicted.length > 0 || (condition?.since !== undefined && now - condition.since > 60_000),
    },
    pods,
    affects: [refOf(node)],
    since: condition?.since,
  };
}
