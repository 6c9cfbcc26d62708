import type { Confidence, Evidence } from './investigation.ts';

/**
 * Why a finding may be believed, besides the evidence it cites.
 *
 * - `basis`: `stated`: the status of the object says this very thing; `likely`: it says so, and another cause would look the same;
 *   `inferred`: concluded from something else, or the thing to change is probably another.
 * - `current`: it shows in the present state, or was seen in the last five minutes.
 * - `repeated`: seen more than once: on several pods, or again after a retry.
 */
export type Grounds = {
  readonly basis: 'stated' | 'likely' | 'inferred';
  readonly current: boolean;
  readonly repeated: boolean;
};

export const recentMs = 5 * 60_000;

const basePoints: Readonly<Record<Grounds['basis'], number>> = { stated: 60, likely: 50, inferred: 40 };
const highPoints = 80;
const mediumPoints = 55;

/**
 * Points of a hundred: basis 60 / 50 / 40, +10 when current, +10 when repeated, +8 for each further independent kind of evidence (at most two).
 * 80 and more is high, 55 and more medium.
 *
 * Kinds of evidence count, not items: ten pods of one workload are one fact told ten times. Logs and alerts never count, since anybody who can
 * reach the service can write what stands in them.
 */
export function confidenceOf(
  grounds: Grounds,
  evidenceKinds: Iterable<Evidence['kind']>,
): { readonly score: number; readonly confidence: Confidence } {
  const kinds = new Set(evidenceKinds);
  kinds.delete('log');
  kinds.delete('alert');
  const points =
    basePoints[grounds.basis] +
    (grounds.current ? 10 : 0) +
    (grounds.repeated ? 10 : 0) +
    8 * Math.min(2, Math.max(0, kinds.size - 1));
  return { score: points / 100, confidence: points >= highPoints ? 'high' : points >= mediumPoints ? 'medium' : 'low' };
}
