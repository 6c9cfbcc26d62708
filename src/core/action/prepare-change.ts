import type { WireObject } from '../cluster/object.ts';
import { fail, problem, type Result } from '../result.ts';
import type { WriteAction } from './action.ts';
import type { Captured, GuardField, PreparedChange } from './change.ts';
import type { ChangeProblem } from './change-problem.ts';
import { readDeployment } from './changes/deployment.ts';
import type { Live } from './changes/live.ts';
import { resourcesDigest } from './changes/resources.ts';
import { prepareRolloutUndo, prepareUndoRollback } from './changes/rollout-undo.ts';
import { locate, prepareResourcesRollback, prepareSetResources } from './changes/set-resources.ts';

/**
 * Makes a write concrete against the live objects: the exact request with its guard, what changes in words, how far it reaches, what
 * must be remembered, and how it would be undone. Pure: prepared twice from the same objects it is the same, and status writes,
 * annotations and resourceVersion do not matter.
 *
 * @param live Wire JSON as the API server sent it, read just now.
 */
export function prepareChange(action: WriteAction, live: Live): Result<PreparedChange, ChangeProblem> {
  switch (action.kind) {
    case 'rollout-undo':
      return prepareRolloutUndo(action, live);
    case 'set-resources':
      return prepareSetResources(action, live);
    default:
      return action satisfies never;
  }
}

/**
 * Makes the undoing of an applied write concrete, from what was captured before it. Refuses when the field is no longer what was applied
 * (`change.moved-on`): somebody else has acted since, and a rollback would undo their work.
 */
export function prepareRollback(
  action: WriteAction,
  captured: Captured,
  live: Live,
): Result<PreparedChange, ChangeProblem> {
  if (action.kind === 'rollout-undo' && captured.kind === 'template')
    return prepareUndoRollback(action, captured, live);
  if (action.kind === 'set-resources' && captured.kind === 'resources') {
    return prepareResourcesRollback(action, captured, live);
  }
  const sentence = `What was captured (${captured.kind}) does not belong to ${action.kind}. Nothing was rolled back; this is a defect.`;
  return fail(problem('change.unreadable', sentence));
}

/**
 * Whether an intended change is in the cluster, looked at after its answer was lost: `applied`, `not-applied` (the field is as it was before),
 * or `cannot-tell` (it is something else, or the object is another one). For a rollback, give the action and what the rollback captured.
 *
 * @param uid The uid that the intended request named: an object of the same name that was created since says nothing about it.
 */
export function landed(
  action: WriteAction,
  captured: Captured,
  live: { readonly target: WireObject; readonly uid?: string },
): 'applied' | 'not-applied' | 'cannot-tell' {
  if (live.uid !== undefined && live.target.metadata.uid !== live.uid) return 'cannot-tell';
  const digests = fieldDigests(action, captured, live.target);
  if (digests === null) return 'cannot-tell';
  if (digests.now === captured.appliedDigest) return 'applied';
  return digests.now === digests.before ? 'not-applied' : 'cannot-tell';
}

function fieldDigests(
  action: WriteAction,
  captured: Captured,
  target: WireObject,
): { readonly now: string; readonly before: string } | null {
  switch (captured.kind) {
    case 'template': {
      const read = readDeployment(action.target, target);
      return read.ok ? { now: read.value.digest, before: captured.beforeDigest } : null;
    }
    case 'resources': {
      const located = locate({ target: action.target, container: captured.container }, { target, replicaSets: [] });
      if (!located.ok) return null;
      return {
        now: resourcesDigest(located.value.container.resources),
        before: resourcesDigest(captured.before ?? undefined),
      };
    }
    default:
      return captured satisfies never;
  }
}

/** Why an approval was superseded, in sentences: which guarded fields are not as they were. Empty when they all are. */
export function describeDrift(then: readonly GuardField[], now: readonly GuardField[]): string[] {
  const [before, after] = [byPath(then), byPath(now)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was === undefined) return is === undefined ? [] : [`${path} is new: ${is.summary}.`];
    if (is === undefined) return [`${path} is gone; it was ${was.summary}.`];
    return was.digest === is.digest ? [] : [`${path} changed: it was ${was.summary}, it is now ${is.summary}.`];
  });
}

function byPath(guard: readonly GuardField[]): Map<string, GuardField> {
  return new Map(guard.map((field) => [field.path, field]));
}
