import type { ClusterView } from '../cluster/cluster-view.ts';
import { type ObjectRef, refOf, type WireObject } from '../cluster/object.ts';
import { type ContainerStatus, containerStatusesOf, isTerminating } from '../cluster/pod.ts';
import { workloadOf } from '../cluster/workload.ts';
import type { ScopeView } from './analysis.ts';
import { crashCasesOf } from './analyzers/crash-loop.ts';
import { oomCasesOf } from './analyzers/oom-killed.ts';
import { commonDistance } from './scope-view.ts';
import { clusterDnsOf } from './service-path/cluster-dns.ts';
import { entryControllers } from './service-path/told.ts';

/**
 * One container whose log is worth reading, and how. `fails`: it ends again and again, so that a log that cannot be had is missed. `looks-unwell` and `asked` are
 * read to be sure: such a log may not be there.
 */
export type LogRequest = {
  readonly pod: WireObject;
  readonly namespace: string;
  readonly container: string;
  readonly previous: boolean;
  readonly because: 'fails' | 'looks-unwell' | 'asked';
};

/** A container whose measured memory would sharpen a recommendation. */
export type MemoryRequest = { readonly namespace: string; readonly podPrefix: string; readonly container: string };

type Options = {
  /** The object that was asked about: a few of its pods are read even when they look well. */
  readonly asked?: ObjectRef | undefined;
  /** Logs of a capture cost nothing: also those of containers that look well are read. */
  readonly isCapture?: boolean;
};

const maxFailing = 6;
const maxLive = 14;
const maxOfCapture = 40;
const maxAskedPods = 3;
const maxEntries = 10;
const perWorkload = 2;

/**
 * What to read after the objects: the logs (previous and current) of containers that end again and again, of those that are not ready or were restarted, of init
 * containers that do not finish, and of the asked object's own pods; and the memory of those killed for it. Pods of one workload fail alike, so a few of each are
 * enough: at most two per workload and container, and a bounded number in all.
 */
export function deeperReadsFor(
  view: ClusterView,
  scope: ScopeView,
  now: number,
  { asked, isCapture = false }: Options = {},
): { readonly logs: readonly LogRequest[]; readonly memory: readonly MemoryRequest[] } {
  const chosen = createChoice(view, isCapture ? maxOfCapture : maxLive);
  const memory = new Map<string, MemoryRequest>();
  for (const pod of scope.pods) {
    const { namespace } = pod.metadata;
    if (namespace === undefined) continue;
    const killed = oomCasesOf(view, pod, now);
    const crashed = crashCasesOf(view, pod, now);
    for (const { status, live } of [...killed, ...crashed]) {
      if (chosen.containers() >= maxFailing) break;
      // While it lies terminated, the log of the run that failed is the current one; after a restart it is the previous one.
      const isFirstEnd = live.shows === 'now' && status.restartCount === 0;
      // What was killed for its memory seldom says so itself: its log is no loss.
      const because = crashed.some((one) => one.status === status) ? 'fails' : 'looks-unwell';
      chosen.take(pod, status.name, because, isFirstEnd ? [false] : [true, false]);
    }
    for (const { status } of killed) {
      const workload = workloadOf(view, pod).ref;
      const podPrefix = workload.kind === 'Pod' ? pod.metadata.name : `${workload.name}-`;
      if (memory.size < maxFailing)
        memory.set(`${namespace}/${podPrefix}/${status.name}`, { namespace, podPrefix, container: status.name });
    }
  }
  for (const pod of scope.pods) {
    if (isTerminating(pod)) continue;
    for (const status of containerStatusesOf(pod).filter(looksUnwell))
      chosen.take(pod, status.name, 'looks-unwell', runsOf(status));
  }
  const near = scope.pods.filter((pod) => (scope.distance(refOf(pod)) ?? commonDistance) < commonDistance);
  const own = asked === undefined ? [] : near.filter((pod) => (scope.distance(refOf(pod)) ?? 1) <= 1);
  for (const pod of [...own.slice(0, maxAskedPods), ...(isCapture ? near : [])])
    for (const status of containerStatusesOf(pod))
      if (status.list === 'containers' || isCapture) chosen.take(pod, status.name, 'asked', runsOf(status));
  if (isCapture)
    for (const pod of onTheWay(view, scope))
      for (const status of containerStatusesOf(pod))
        if (status.list === 'containers') chosen.take(pod, status.name, 'asked', runsOf(status));
  return { logs: chosen.logs(), memory: [...memory.values()] };
}

/** Pods that are nobody's own and that every request passes: name servers, and what takes in requests where something is exposed. */
function onTheWay(view: ClusterView, scope: ScopeView): readonly WireObject[] {
  const isExposed = (['Ingress', 'Gateway'] as const).some((kind) => scope.list(kind).length > 0);
  const entries = !isExposed
    ? []
    : view
        .list('Pod')
        .filter(({ metadata: { namespace = '', name } }) => entryControllers.test(`${namespace}/${name}`))
        .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
        .slice(0, maxEntries);
  return [...clusterDnsOf({ view }).pods, ...entries].filter((pod) => !isTerminating(pod));
}

/** Has written something, and is not what it should be: not ready, restarted at some time, an init container that failed. */
function looksUnwell({ list, ready, restartCount, state }: ContainerStatus): boolean {
  if (restartCount > 0) return true;
  if (state.is === 'terminated') return state.end.exitCode !== undefined && state.end.exitCode !== 0;
  if (state.is !== 'running') return false;
  return list === 'initContainers' || ready === false;
}

function runsOf({ restartCount, lastEnd, state }: ContainerStatus): readonly boolean[] {
  const hasCurrent = state.is !== 'waiting' || restartCount > 0;
  return [...(restartCount > 0 && lastEnd !== undefined ? [true] : []), ...(hasCurrent ? [false] : [])];
}

function createChoice(view: ClusterView, max: number) {
  const perContainer = new Map<string, number>();
  const taken = new Set<string>();
  const logs: LogRequest[] = [];
  return {
    take(pod: WireObject, container: string, because: LogRequest['because'], runs: readonly boolean[]): void {
      const { namespace, name } = pod.metadata;
      const one = `${namespace}/${name}/${container}`;
      if (namespace === undefined || taken.has(one) || taken.size >= max || runs.length === 0) return;
      const workload = workloadOf(view, pod).ref;
      const alike = `${workload.kind}/${workload.namespace ?? ''}/${workload.name}/${container}`;
      const before = perContainer.get(alike) ?? 0;
      if (before >= perWorkload) return;
      perContainer.set(alike, before + 1);
      taken.add(one);
      for (const previous of runs) logs.push({ pod, namespace, container, previous, because });
    },
    containers: () => taken.size,
    logs: (): readonly LogRequest[] => logs,
  };
}
