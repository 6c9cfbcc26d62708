import type { ClusterView } from '../cluster/cluster-view.ts';
import { sayRef, type WireObject } from '../cluster/object.ts';
import { type Workload, workloadOf } from '../cluster/workload.ts';

/** The pods of one workload fail alike: one group per workload and container, each with at least one case, in the order of the pods. */
export function casesByWorkload<C extends { readonly status: { readonly name: string } }>(
  view: ClusterView,
  pods: readonly WireObject[],
  casesOf: (pod: WireObject) => readonly C[],
): readonly { readonly workload: Workload; readonly cases: readonly [C, ...C[]] }[] {
  const groups = new Map<string, { workload: Workload; cases: [C, ...C[]] }>();
  for (const pod of pods) {
    for (const found of casesOf(pod)) {
      const workload = workloadOf(view, pod);
      const key = `${sayRef(workload.ref)}\n${found.status.name}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { workload, cases: [found] });
      else group.cases.push(found);
    }
  }
  return [...groups.values()];
}
