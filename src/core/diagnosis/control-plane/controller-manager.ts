import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { at, booleanAt, numberAt, parseTime } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import { componentState } from './component.ts';

/** Controllers act within seconds; a minute without a trace of them is no backlog of a small cluster. */
const idleMs = 60_000;
const maxTold = 3;

/**
 * kube-controller-manager that does not work: its own pod, lease or status says so, or objects that only its controllers move stand still: a Deployment whose new
 * generation nobody observed, or a ReplicaSet that makes no pods and gives no reason.
 */
export function controllerManagerDown(context: AnalysisContext): readonly FindingDraft[] {
  const { view, now } = context;
  const state = componentState(view, 'kube-controller-manager', now);
  const idle = context.scope.workloads.filter((workload) => isIgnored(context, workload));
  const isSaid = state.witnesses.length > 0;
  // One object that stands still may have a reason of its own; several of them have one in common.
  if (!isSaid && idle.length < 2) return [];
  const [first, ...more] = [
    ...state.witnesses,
    ...idle.slice(0, maxTold).map((workload) => fromObject(workload, now, whatIsIgnored(context, workload))),
  ];
  if (first === undefined) return [];
  const stands =
    idle.length === 0
      ? ''
      : ` ${idle.length === 1 ? `${sayRef(refOf(idle[0] ?? { kind: '', apiVersion: '', metadata: { name: '' } }))} stands` : `${idle.length} workloads stand`} still.`;
  return [
    {
      code: 'controller-manager-not-running',
      object: state.object,
      summary: `kube-controller-manager does not work: ${isSaid ? state.observed : 'nobody acts on changed workloads'}.${stands} Nothing is scaled, rolled out, replaced or cleaned up meanwhile.`,
      cause: {
        path: 'status',
        observed: isSaid ? state.observed : `${idle.length} workloads whose last change nobody has observed`,
        expected: 'a kube-controller-manager that runs and holds its lease',
      },
      recommendation: {
        text: 'Look at the kube-controller-manager on the control plane: its (static) pod, its log, its flags and certificates.',
      },
      support: [first, ...more],
      grounds: {
        basis: isSaid ? 'stated' : 'likely',
        current: true,
        repeated: state.witnesses.length > 1 || idle.length > 0,
      },
      pods: state.unwellPods.map(podKey),
      affects: idle.map(refOf),
    },
  ];
}

function isIgnored(context: AnalysisContext, workload: WireObject): boolean {
  return !isTerminating(workload) && (isUnobserved(context, workload) || hasNoReplicaSet(context, workload));
}

function isUnobserved({ now }: AnalysisContext, workload: WireObject): boolean {
  const { generation, creationTimestamp } = workload.metadata;
  const observed = numberAt(workload, 'status', 'observedGeneration');
  const changed = newestChange(workload) ?? parseTime(creationTimestamp);
  return (
    workload.kind !== 'Job' &&
    generation !== undefined &&
    (observed ?? 0) < generation &&
    changed !== undefined &&
    now - changed > idleMs
  );
}

function hasNoReplicaSet({ view, now }: AnalysisContext, workload: WireObject): boolean {
  if (workload.kind !== 'Deployment' || booleanAt(workload, 'spec', 'paused') === true) return false;
  const created = parseTime(workload.metadata.creationTimestamp);
  return (
    created !== undefined &&
    now - created > idleMs &&
    view.hasAll('ReplicaSet', workload.metadata.namespace) &&
    view.controlledBy(workload, 'ReplicaSet').length === 0 &&
    (numberAt(workload, 'spec', 'replicas') ?? 1) > 0 &&
    conditionOf(workload, 'Progressing') === undefined
  );
}

// Writes of the status are not changes of the spec.
function newestChange(workload: WireObject): number | undefined {
  const fields = at(workload, 'metadata', 'managedFields');
  if (!Array.isArray(fields)) return undefined;
  const times = fields.flatMap((field: unknown) =>
    at(field, 'subresource') === 'status' ? [] : (parseTime(at(field, 'time')) ?? []),
  );
  return times.length === 0 ? undefined : Math.max(...times);
}

function whatIsIgnored(context: AnalysisContext, workload: WireObject): string {
  return hasNoReplicaSet(context, workload)
    ? 'no ReplicaSet was made for it'
    : `generation ${workload.metadata.generation}, observed ${numberAt(workload, 'status', 'observedGeneration') ?? 'never'}`;
}
