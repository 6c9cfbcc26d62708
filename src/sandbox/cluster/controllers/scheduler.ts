import { parseQuantity } from '../../../core/cluster/quantity.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { edit, timestamp } from '../store/object-writes.ts';
import type { ObjectOf } from '../store/stored-object.ts';
import type { Controller } from './control-loop.ts';
import { keyOf, splitKey } from './ownership.ts';
import type { RecordEvent } from './record-event.ts';

type Pod = ObjectOf<'Pod'>;
type Node = ObjectOf<'Node'>;

/** Places pods on nodes by what they request; says why when no node fits. */
export function createScheduler(parts: {
  store: ObjectStore;
  now: () => number;
  recordEvent: RecordEvent;
}): Controller {
  const { store, now, recordEvent } = parts;

  function reconcile(key: string): undefined {
    const [namespace, name] = splitKey(key);
    const pod = store.get('Pod', namespace, name);
    if (pod?.spec === undefined || pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined)
      return;
    const nodes = store.list('Node');
    const placed = store
      .list('Pod')
      .filter((other) => other.spec?.nodeName !== undefined && other.status?.phase !== 'Succeeded');
    const refusals: string[] = [];
    const fitting: { node: Node; pods: number }[] = [];
    for (const node of nodes) {
      const there = placed.filter((other) => other.spec?.nodeName === node.metadata.name);
      const refusal = whyNot(pod, node, there);
      if (refusal === undefined) fitting.push({ node, pods: there.length });
      else refusals.push(refusal);
    }
    const best = fitting.sort((a, b) => a.pods - b.pods)[0];
    if (best === undefined) sayUnschedulable(pod, nodes.length, refusals);
    else bind(pod, best.node.metadata.name);
  }

  function bind(pod: Pod, nodeName: string): void {
    const { namespace = '', name } = pod.metadata;
    edit(store, 'Pod', namespace, name, (draft) => {
      if (draft.spec !== undefined) draft.spec.nodeName = nodeName;
      draft.status = { ...draft.status, conditions: withScheduled(draft, { status: 'True' }) };
    });
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
    recordEvent({ about: pod, type: 'Normal', reason: 'Scheduled', message, component: 'default-scheduler' });
  }

  function sayUnschedulable(pod: Pod, nodes: number, refusals: readonly string[]): void {
    const message = unschedulableMessage(nodes, refusals);
    const current = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (current?.message === message) return;
    edit(store, 'Pod', pod.metadata.namespace, pod.metadata.name, (draft) => {
      const conditions = withScheduled(draft, { status: 'False', reason: 'Unschedulable', message });
      draft.status = { ...draft.status, phase: 'Pending', conditions };
    });
    recordEvent({ about: pod, type: 'Warning', reason: 'FailedScheduling', message, component: 'default-scheduler' });
  }

  function withScheduled(pod: Pod, condition: { status: 'True' | 'False'; reason?: string; message?: string }) {
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
    return [...others, { type: 'PodScheduled', ...condition, lastTransitionTime: timestamp(now()) }];
  }

  return {
    name: 'scheduler',
    wakes({ object, type }) {
      const isOwnPod = object.kind === 'Pod' && type !== 'DELETED';
      if (isOwnPod) return (object as Pod).spec?.nodeName === undefined ? [keyOf(object)] : [];
      const mayFreeRoom = object.kind === 'Node' || object.kind === 'Pod';
      if (!mayFreeRoom) return [];
      return store
        .list('Pod')
        .filter((pod) => pod.spec?.nodeName === undefined)
        .map(keyOf);
    },
    reconcile,
  };
}

function unschedulableMessage(nodes: number, refusals: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const refusal of refusals) counts.set(refusal, (counts.get(refusal) ?? 0) + 1);
  const list = [...counts]
    .map(([why, count]) => `${count} ${why}`)
    .sort()
    .join(', ');
  const available = `0/${nodes} nodes are available`;
  if (nodes === 0) return 'no nodes available to schedule pods';
  return `${available}: ${list}. preemption: ${available}: ${nodes} Preemption is not helpful for scheduling.`;
}

/** The first reason why a node cannot take a pod, in the scheduler's own words. */
function whyNot(pod: Pod, node: Node, there: readonly Pod[]): string | undefined {
  if (node.spec?.unschedulable === true) return 'node(s) were unschedulable';
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  if (ready !== undefined && ready.status !== 'True') return 'node(s) had untolerated taint(s)';
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  const tolerations = pod.spec?.tolerations ?? [];
  const tolerates = (taint: { key: string; value?: string; effect: string }): boolean =>
    tolerations.some(
      ({ effect, key, operator, value }) =>
        (key === undefined || key === taint.key) &&
        (effect === undefined || effect === taint.effect) &&
        (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
    );
  if (!taints.every(tolerates)) return 'node(s) had untolerated taint(s)';
  const wanted = Object.entries(pod.spec?.nodeSelector ?? {});
  if (!wanted.every(([key, value]) => node.metadata.labels?.[key] === value))
    return "node(s) didn't match Pod's node affinity/selector";
  if (there.length >= (parseQuantity(node.status?.allocatable?.pods) ?? Number.POSITIVE_INFINITY))
    return 'Too many pods';
  for (const resource of ['cpu', 'memory']) {
    const allocatable = parseQuantity(node.status?.allocatable?.[resource]) ?? Number.POSITIVE_INFINITY;
    const used = there.reduce((sum, other) => sum + requestOf(other, resource), 0);
    if (used + requestOf(pod, resource) > allocatable) return `Insufficient ${resource}`;
  }
  return undefined;
}

/** What a pod asks of a resource; a limit without a request counts as one. */
function requestOf(pod: Pod, resource: string): number {
  return (pod.spec?.containers ?? []).reduce((sum, { resources }) => {
    const text = resources?.requests?.[resource] ?? resources?.limits?.[resource];
    return sum + (parseQuantity(text) ?? 0);
  }, 0);
}
