import { sayPath } from '../../cluster/field-path.ts';
import { sayRef } from '../../cluster/object.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { recordsAt, textAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { fromObject } from '../support.ts';
import type { PendingPod } from './pending-pods.ts';
import { listed } from './told.ts';

/** Whoever sets gates needs a moment to take them off. */
const graceMs = 2 * 60_000;

/** `scheduling-gated`: pods that carry scheduling gates which nobody takes off. */
export function findGatedPods({ view, now }: AnalysisContext, gated: readonly PendingPod[]): readonly FindingDraft[] {
  const cases = gated.flatMap((pending) => {
    const gates = recordsAt(pending.pod, 'spec', 'schedulingGates').flatMap(
      ({ record }) => textAt(record, 'name') ?? [],
    );
    const isOld = pending.createdAt !== undefined && now - pending.createdAt >= graceMs;
    return gates.length === 0 || !isOld ? [] : [{ pending, gates, workload: workloadOf(view, pending.pod) }];
  });
  return groupBy(cases, ({ workload, gates }) => `${sayRef(workload.ref)} ${gates.join(' ')}`).map((group) => {
    const [{ workload, gates, pending }] = group;
    const index = recordsAt(
      workload.object === undefined ? undefined : podSpecOf(workload.object),
      'schedulingGates',
    ).find(({ record }) => record.name === gates[0])?.index;
    const path = [...podSpecPath(workload.ref.kind), 'schedulingGates', ...(index === undefined ? [] : [index])];
    const started = group.flatMap((each) => each.pending.createdAt ?? []);
    const names = listed(gates);
    return {
      code: 'scheduling-gated',
      object: workload.ref,
      summary: `${group.length} ${group.length === 1 ? 'pod' : 'pods'} of ${sayRef(workload.ref)} will not be scheduled before the gate ${names} is taken off${index === undefined && workload.ref.kind !== 'Pod' ? '; the template does not set it, so something in the cluster added it' : ''}.`,
      cause: { path: sayPath(path), observed: names, expected: 'no scheduling gates' },
      recommendation: {
        text: `Look at the controller that owns the gate ${names} (it takes it off when its condition holds), or remove the gate.`,
        values: { gate: gates[0] ?? '' },
      },
      support: [
        fromObject(pending.pod, now, `it is Pending with the scheduling gates ${names}`),
        ...group
          .slice(1, 3)
          .map((each) => fromObject(each.pending.pod, now, `it is Pending with the scheduling gates ${names}`)),
      ],
      grounds: { basis: 'stated', current: true, repeated: true },
      pods: group.map((each) => podKey(each.pending.pod)),
      since: started.length === 0 ? undefined : Math.min(...started),
    };
  });
}
