import type { ObjectStore } from '../store/object-store.ts';
import { edit, timestamp } from '../store/object-writes.ts';
import { selects } from '../store/selectors.ts';
import type { ObjectOf } from '../store/stored-object.ts';
import type { Controller } from './control-loop.ts';
import { controllerOf, keyOf, splitKey } from './ownership.ts';
import { isActive, isReady } from './pod-state.ts';

/** Keeps the status of PodDisruptionBudgets: how many pods may be evicted now. */
export function createDisruptionController(parts: { store: ObjectStore; now: () => number }): Controller {
  const { store, now } = parts;

  function reconcile(key: string): undefined {
    const [namespace, name] = splitKey(key);
    const budget = store.get('PodDisruptionBudget', namespace, name);
    if (budget === undefined) return;
    const pods = store
      .list('Pod', namespace)
      .filter((pod) => isActive(pod) && selects(budget.spec?.selector, pod.metadata.labels));
    const expectedPods = expectedCount(pods);
    const currentHealthy = pods.filter(isReady).length;
    const desiredHealthy = desiredCount(budget, expectedPods);
    const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const isAllowed = disruptionsAllowed > 0;
    const before = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
    const status = isAllowed ? 'True' : 'False';
    edit(store, 'PodDisruptionBudget', namespace, name, (draft) => {
      draft.status = {
        observedGeneration: draft.metadata.generation ?? 1,
        expectedPods,
        currentHealthy,
        desiredHealthy,
        disruptionsAllowed,
        conditions: [
          {
            type: 'DisruptionAllowed',
            status,
            reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
            message: '',
            observedGeneration: draft.metadata.generation ?? 1,
            lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(now()),
          },
        ],
      };
    });
  }

  /** What the owners of the pods want, so that a missing pod counts as unhealthy; pods without an owner count themselves. */
  function expectedCount(pods: readonly ObjectOf<'Pod'>[]): number {
    const wanted = new Map<string, number>();
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (owner === undefined) wanted.set(pod.metadata.uid ?? '', 1);
      else if (owner.kind === 'ReplicaSet' || owner.kind === 'StatefulSet') {
        wanted.set(owner.uid, store.get(owner.kind, pod.metadata.namespace, owner.name)?.spec?.replicas ?? 0);
      } else wanted.set(owner.uid, (wanted.get(owner.uid) ?? 0) + 1);
    }
    return [...wanted.values()].reduce((sum, count) => sum + count, 0);
  }

  return {
    name: 'disruption',
    wakes({ object }) {
      if (object.kind === 'PodDisruptionBudget') return [keyOf(object)];
      if (object.kind !== 'Pod') return [];
      const budgets = store.list('PodDisruptionBudget', object.metadata.namespace);
      return budgets.filter((budget) => selects(budget.spec?.selector, object.metadata.labels)).map(keyOf);
    },
    reconcile,
  };
}

function desiredCount(budget: ObjectOf<'PodDisruptionBudget'>, expected: number): number {
  const { maxUnavailable, minAvailable } = budget.spec ?? {};
  // Both percentages round up (pkg/controller/disruption): a budget never lets more go than it says.
  if (maxUnavailable !== undefined) return Math.max(0, expected - resolve(maxUnavailable, expected));
  return minAvailable === undefined ? Math.max(0, expected - 1) : resolve(minAvailable, expected);
}

function resolve(amount: number | string, of: number): number {
  return typeof amount === 'number' ? amount : Math.ceil((Number.parseInt(amount, 10) * of) / 100);
}
