import type { Problem } from '../result.ts';

/**
 * Why a write cannot be made concrete against the live object. Nothing was sent in any of them.
 *
 * - `change.wrong-target`: the object is another one than the action names, or is being deleted.
 * - `change.unreadable`: the object's JSON lacks what this change must know.
 * - `change.paused`: a rollout that is paused would not carry the change to any pod.
 * - `change.not-settled`: the controller has not yet recorded what runs as a revision.
 * - `change.no-revision`: the revision to go back to does not exist (any more).
 * - `change.no-change`: the object is already as it would be afterwards.
 * - `change.unknown-container`, `change.bad-resources`: the action's arguments do not fit the object.
 * - `change.moved-on`: (rollback) the field is no longer what was applied, somebody else changed it since.
 */
export type ChangeProblem = Problem<
  | 'change.wrong-target'
  | 'change.unreadable'
  | 'change.paused'
  | 'change.not-settled'
  | 'change.no-revision'
  | 'change.no-change'
  | 'change.unknown-container'
  | 'change.bad-resources'
  | 'change.moved-on'
>;
