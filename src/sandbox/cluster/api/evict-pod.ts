import { fail, ok, type Result } from '../../../core/result.ts';
import { isReady } from '../controllers/pod-state.ts';
import { edit, timestamp } from '../store/object-writes.ts';
import { selects } from '../store/selectors.ts';
import { isRecord, type ObjectOf, valueAt } from '../store/stored-object.ts';
import { parseDryRun } from './dry-run.ts';
import type { Answer, ApiParts, ApiRequest } from './exchange.ts';
import { kindNamed } from './kinds.ts';
import type { ResourceRoute } from './route.ts';
import { type ApiFailure, badRequest, notFound } from './status.ts';
import { parseJson, refusedPrecondition, removeWithOptions } from './write-objects.ts';

/**
 * POST …/pods/<name>/eviction. A PodDisruptionBudget that allows nothing answers 429, two that select the pod 500.
 *
 * Simplified: a precondition is checked before the budget, so a failed eviction never spends it (a real server's can).
 */
export function evictPod(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Result<Answer, ApiFailure> {
  const { info, name = '', namespace = '' } = route;
  const body = parseJson(request.body);
  if (!body.ok) return body;
  if (!isRecord(body.value) || (body.value.kind ?? 'Eviction') !== 'Eviction')
    return fail(badRequest('the body is not an Eviction of policy/v1'));
  if (valueAt(body.value, 'metadata.name') !== name)
    return fail(badRequest('name in URL does not match name in Eviction object'));
  const options = body.value.deleteOptions;
  const inBody = valueAt(options, 'dryRun');
  const dryRun = parseDryRun([...request.query.getAll('dryRun'), ...(Array.isArray(inBody) ? inBody : [])]);
  if (!dryRun.ok) return dryRun;
  const pod = parts.store.get('Pod', namespace, name);
  if (pod === undefined) return fail(notFound(info, name));
  const refused = refusedPrecondition(info, pod, options);
  if (refused !== undefined) return fail(refused);

  const budgets = parts.store
    .list('PodDisruptionBudget', namespace)
    .filter((budget) => selects(budget.spec?.selector, pod.metadata.labels));
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    return fail({ code: 500, message });
  }
  const [budget] = budgets;
  const isBound = budget !== undefined && !escapesBudget(pod, budget);
  if (isBound && (budget.status?.disruptionsAllowed ?? 0) < 1) return fail(budgetBlocks(budget));
  const removed = removeWithOptions(parts, { info: kindNamed('Pod') ?? info, namespace, name }, options, request.query);
  if (!removed.ok) return removed;
  if (isBound && !dryRun.value) spend(parts, budget, name);
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return ok({ code: 201, body: success, ...(dryRun.value ? {} : { applied: true }) });
}

/** Pods that serve nobody are not protected: finished, never started, already going, or unready while enough others are healthy. */
function escapesBudget(pod: ObjectOf<'Pod'>, budget: ObjectOf<'PodDisruptionBudget'>): boolean {
  const phase = pod.status?.phase;
  if (phase !== 'Running' || pod.metadata.deletionTimestamp !== undefined) return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return !isReady(pod) && currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function budgetBlocks(budget: ObjectOf<'PodDisruptionBudget'>): ApiFailure {
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  const why = `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return {
    code: 429,
    reason: 'TooManyRequests',
    message,
    details: { causes: [{ reason: 'DisruptionBudget', message: why }] },
  };
}

function spend(parts: ApiParts, budget: ObjectOf<'PodDisruptionBudget'>, podName: string): void {
  edit(parts.store, 'PodDisruptionBudget', budget.metadata.namespace, budget.metadata.name, (draft) => {
    if (draft.status === undefined) return;
    draft.status.disruptionsAllowed = Math.max(0, draft.status.disruptionsAllowed - 1);
    draft.status.disruptedPods = { ...draft.status.disruptedPods, [podName]: timestamp(parts.now()) };
  });
}
