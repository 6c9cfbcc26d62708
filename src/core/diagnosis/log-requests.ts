import type { ClusterView } from '../cluster/cluster-view.ts';
import type { WireObject } from '../cluster/object.ts';
import { workloadOf } from '../cluster/workload.ts';
import type { ScopeView } from './analysis.ts';
import { crashCasesOf } from './analyzers/crash-loop.ts';
import { oomCasesOf } from './analyzers/oom-killed.ts';

/** One container whose log is worth reading, and how. */
export type LogRequest = {
  readonly pod: WireObject;
  readonly namespace: string;
  readonly container: string;
  readonly previous: boolean;
};

/** A container whose measured memory would sharpen a recommendation. */
export type MemoryRequest = { readonly namespace: string; readonly podPrefix: string; readonly container: string };

/**
 * What to read after the objects: the logs (previous and current) of containers that end again and again, and the memory of those killed for it. Pods
 * of one workload crash alike, so a few of each are enough: at most two per workload and container, `maxContainers` in all.
 */
export function deeperReadsFor(
  view: ClusterView,
  scope: ScopeView,
  now: number,
  maxContainers = 6,
): { readonly logs: readonly LogRequest[]; readonly memory: readonly MemoryRequest[] } {
  const perContainer = new Map<string, number>();
  const memory = new Map<string, MemoryRequest>();
  const logs: LogRequest[] = [];
  for (const pod of scope.pods) {
    const { namespace } = pod.metadata;
    if (namespace === undefined) continue;
    const killed = oomCasesOf(view, pod, now);
    for (const { status, live } of [...killed, ...crashCasesOf(view, pod, now)]) {
      const workload = workloadOf(view, pod).ref;
      const key = `${workload.kind}/${workload.name}/${status.name}`;
      const taken = perContainer.get(key) ?? 0;
      if (taken >= 2 || logs.length >= 2 * maxContainers) continue;
      perContainer.set(key, taken + 1);
      const read = { pod, namespace, container: status.name };
      // While it lies terminated, the log of the run that failed is the current one; after a restart it is the previous one.
      if (live.shows === 'now' && status.restartCount === 0) logs.push({ ...read, previous: false });
      else logs.push({ ...read, previous: true }, { ...read, previous: false });
    }
    for (const { status } of killed) {
      const workload = workloadOf(view, pod).ref;
      const podPrefix = workload.kind === 'Pod' ? pod.metadata.name : `${workload.name}-`;
      if (memory.size < maxContainers) {
        memory.set(`${namespace}/${podPrefix}/${status.name}`, { namespace, podPrefix, container: status.name });
      }
    }
  }
  return { logs, memory: [...memory.values()] };
}
