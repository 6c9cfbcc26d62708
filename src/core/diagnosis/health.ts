import type { ClusterView, TriagedObject } from '../cluster/cluster-view.ts';
import { refOf, sayRef, type WireObject } from '../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../cluster/pod.ts';
import { at, isRecord, numberAt, parseTime, textAt, timeAt } from '../cluster/wire.ts';
import { podKey, type ScopeView } from './analysis.ts';
import { commonDistance } from './scope-view.ts';

/**
 * What keeps a scope from being called healthy. `trouble`: the present state says that something is not right. `gap`: it cannot be told, because
 * something that the objects themselves refer to is not there, or is there without a status.
 */
export type Doubt = {
  readonly is: 'trouble' | 'gap';
  readonly source: string;
  readonly why: string;
  /** Keys of the objects in question, to be compared with what findings speak of. */
  readonly keys: readonly string[];
};

/**
 * Looks at every object of a scope for its own sake, whatever analyzers know. Empty means: all of it is as it should be. What is common to all workloads and
 * connected with none of the scope is left to the analyzers: a broken dashboard of the cluster does not make a shop unwell.
 */
export function doubtsAbout(view: ClusterView, scope: ScopeView, now: number): readonly Doubt[] {
  const isOwn = (object: WireObject) => (scope.distance(refOf(object)) ?? 0) < commonDistance;
  const pods = scope.pods.filter(isOwn);
  const workloads = scope.workloads.filter(isOwn);
  const lines = scope.whole === undefined ? [] : linesOf(view, scope.whole);
  const cronJobs = scope.list('CronJob').filter(isOwn);
  if (pods.length === 0 && workloads.length === 0 && lines.length === 0 && cronJobs.length === 0) {
    return [{ is: 'gap', source: 'scope', why: 'no workload and no pod was found there', keys: [] }];
  }
  return [
    ...unwellLines(lines),
    ...pods.flatMap((pod) => (isStartingInTurn(view, pod, now) ? [] : doubtAboutPod(view, pod))),
    ...workloads.flatMap((workload) => doubtAboutWorkload(view, workload)),
    ...nodesOf(view, pods),
    ...ownersMissing(view, pods),
  ];
}

const triagedKinds = ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job'] as const;

/** Pods and workloads of which only the printed line was read. */
function linesOf(view: ClusterView, { namespace }: NonNullable<ScopeView['whole']>): readonly TriagedObject[] {
  return triagedKinds.flatMap((kind) => view.triaged(kind, namespace));
}

/** Of very many objects that are not well some were read whole. The others keep a scope from being healthy, and are counted. */
function unwellLines(lines: readonly TriagedObject[]): readonly Doubt[] {
  const unwell = lines.filter(({ isWell }) => !isWell);
  const [first] = unwell;
  if (first === undefined) return [];
  const why = `${unwell.length} more are not well and were not read whole, such as ${first.kind} ${first.name} (${first.printed})`;
  return [{ is: 'gap', source: 'objects that are not well', why, keys: [] }];
}

export function workloadKey(object: {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}): string {
  return sayRef(object);
}

function doubtAboutPod(view: ClusterView, pod: WireObject): readonly Doubt[] {
  if (isTerminating(pod)) return [];
  const source = sayRef(refOf(pod));
  const keys = [podKey(pod)];
  const phase = phaseOf(pod);
  const ready = conditionOf(pod, 'Ready');
  switch (phase) {
    case 'Succeeded':
      return [];
    case 'Failed':
      return replacesFailedPods(view, pod)
        ? []
        : [{ is: 'trouble', source, why: `it failed${said(textAt(pod, 'status', 'reason'))}`, keys }];
    case undefined:
      return [
        {
          is: 'gap',
          source,
          why: isRecord(at(pod, 'status')) ? 'its status does not say its phase' : 'its object has no status',
          keys,
        },
      ];
    default:
      if (phase === 'Running' && ready?.status === 'True') return [];
      if (phase === 'Running' && ready === undefined)
        return [{ is: 'gap', source, why: 'its status does not say whether it is ready', keys }];
      return [{ is: 'trouble', source, why: `it is ${phase} and not ready${said(ready?.reason)}`, keys }];
  }
}

const startingMs = 60_000;
const startingReasons: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** A pod made a moment ago that has its node and whose containers are only being made, while its workload lacks none: a rollout in its course, not a symptom. */
function isStartingInTurn(view: ClusterView, pod: WireObject, now: number): boolean {
  const created = parseTime(pod.metadata.creationTimestamp);
  if (created === undefined || now - created > startingMs || now < created || phaseOf(pod) !== 'Pending') return false;
  if (textAt(pod, 'spec', 'nodeName') === undefined) return false;
  const top = view.ownersOf(pod).at(-1)?.object;
  const counts = top === undefined ? undefined : countsOf(top);
  if (counts === undefined || counts.good < counts.desired || counts.desired === 0) return false;
  return containerStatusesOf(pod).every(({ state, restartCount, ready }) =>
    state.is === 'waiting'
      ? restartCount === 0 && startingReasons.has(state.reason ?? '')
      : restartCount === 0 && (ready === true || state.is === 'running'),
  );
}

// Controllers make a new pod for each that failed (evicted, lost); what is left lying is history. A Job counts its own failures.
function replacesFailedPods(view: ClusterView, pod: WireObject): boolean {
  const controller = view.controllerOf(pod);
  if (controller === undefined) return false;
  if (controller.ref.kind !== 'Job' || controller.object === undefined) return true;
  return conditionOf(controller.object, 'Failed')?.status !== 'True' || isMadeUpFor(view, controller.object);
}

/** Whether a Job of the same CronJob that began later came to its end: what failed before it is history. */
function isMadeUpFor(view: ClusterView, job: WireObject): boolean {
  const owner = view.controllerOf(job)?.object;
  if (owner === undefined) return false;
  const began = (one: WireObject) =>
    timeAt(one, 'status', 'startTime') ?? parseTime(one.metadata.creationTimestamp) ?? 0;
  return view
    .controlledBy(owner, 'Job')
    .some((other) => began(other) > began(job) && conditionOf(other, 'Complete')?.status === 'True');
}

function doubtAboutWorkload(view: ClusterView, workload: WireObject): readonly Doubt[] {
  if (isTerminating(workload)) return [];
  const source = sayRef(refOf(workload));
  const keys = [workloadKey(refOf(workload))];
  if (workload.kind === 'Job') {
    const failed = conditionOf(workload, 'Failed');
    return failed?.status === 'True' && !isMadeUpFor(view, workload)
      ? [{ is: 'trouble', source, why: `it failed${said(failed.reason)}`, keys }]
      : [];
  }
  const counts = countsOf(workload);
  if (counts === undefined) return [];
  if (!isRecord(at(workload, 'status'))) return [{ is: 'gap', source, why: 'its object has no status', keys }];
  const { desired, good } = counts;
  if (good < desired) return [{ is: 'trouble', source, why: `${good} of ${desired} pods are available`, keys }];
  const stuck = stuckRollout(workload);
  if (stuck !== undefined) return [{ is: 'trouble', source, why: stuck, keys }];
  const pods = view.podsOf(workload).length;
  // Pods that print as well stand in the view by their line alone, and the workload's own status counts them.
  const areTriaged = view.triaged('Pod', workload.metadata.namespace).length > 0 || arePartlyRead(view);
  return pods < desired && !areTriaged
    ? [{ is: 'gap', source: `pods of ${source}`, why: `${desired} should be there, ${pods} could be read`, keys }]
    : [];
}

/** A Deployment that has its pods, and cannot go on to those that were declared since. */
function stuckRollout(workload: WireObject): string | undefined {
  const progressing = conditionOf(workload, 'Progressing');
  const failing = conditionOf(workload, 'ReplicaFailure');
  if (progressing?.status === 'False') return `its rollout does not go on${said(progressing.reason)}`;
  return failing?.status === 'True' ? `pods cannot be made${said(failing.reason)}` : undefined;
}

function countsOf(workload: WireObject): { readonly desired: number; readonly good: number } | undefined {
  const status = (field: string) => numberAt(workload, 'status', field) ?? 0;
  switch (workload.kind) {
    case 'Deployment':
      return { desired: numberAt(workload, 'spec', 'replicas') ?? 1, good: status('availableReplicas') };
    case 'StatefulSet':
    case 'ReplicaSet':
      return { desired: numberAt(workload, 'spec', 'replicas') ?? 1, good: status('readyReplicas') };
    case 'DaemonSet':
      return { desired: status('desiredNumberScheduled'), good: status('numberReady') };
    default:
      return undefined;
  }
}

function nodesOf(view: ClusterView, pods: readonly WireObject[]): readonly Doubt[] {
  const byNode = new Map<string, string[]>();
  for (const pod of pods) {
    const name = textAt(pod, 'spec', 'nodeName');
    if (name === undefined || isTerminating(pod) || phaseOf(pod) === 'Succeeded' || phaseOf(pod) === 'Failed') continue;
    const keys = byNode.get(name);
    if (keys === undefined) byNode.set(name, [podKey(pod)]);
    else keys.push(podKey(pod));
  }
  const absent: string[] = [];
  const doubts: Doubt[] = [];
  for (const [name] of byNode) {
    const node = view.get({ apiVersion: 'v1', kind: 'Node', name });
    const ready = conditionOf(node, 'Ready');
    if (node === undefined) absent.push(name);
    else if (ready !== undefined && ready.status !== 'True') {
      doubts.push({
        is: 'trouble',
        source: `Node ${name}`,
        why: `it is not ready${said(ready.reason)}`,
        keys: [workloadKey({ kind: 'Node', name })],
      });
    }
  }
  return absent.length === 0
    ? doubts
    : [
        ...doubts,
        { is: 'gap', source: 'nodes', why: `pods run on ${listed(absent)}, which could not be read`, keys: [] },
      ];
}

function ownersMissing(view: ClusterView, pods: readonly WireObject[]): readonly Doubt[] {
  const absent = new Set<string>();
  const partly = arePartlyRead(view);
  for (const pod of pods) {
    // Of the many pods of a node, or of a large namespace, only those that are not well have their owners read.
    if (isTerminating(pod) || (partly && conditionOf(pod, 'Ready')?.status === 'True')) continue;
    const top = view.ownersOf(pod).at(-1);
    // Controllers outside the known kinds (operators) may own pods: then the last one known is enough.
    if (top !== undefined && top.object === undefined && top.ref.apiVersion.startsWith('apps/'))
      absent.add(sayRef(top.ref));
  }
  return absent.size === 0
    ? []
    : [{ is: 'gap', source: 'owners of pods', why: `${listed([...absent])} could not be read`, keys: [] }];
}

/** Whether pods were read by the node they run on, or some of many. */
function arePartlyRead(view: ClusterView): boolean {
  if (view.hasAll('Pod')) return false;
  return view.triaged('Pod').length > 0 || view.list('Node').some(({ metadata }) => view.hasAllPodsOn(metadata.name));
}

function listed(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

function said(reason: string | undefined): string {
  return reason === undefined ? '' : ` (${reason})`;
}
