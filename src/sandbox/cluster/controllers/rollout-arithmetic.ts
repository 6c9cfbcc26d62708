/**
 * The counting rules of the Deployment controller (pkg/controller/deployment/util and rolling.go of Kubernetes 1.35).
 */

export type ReplicaCounts = { readonly name: string; readonly replicas: number; readonly available: number };
export type Limits = { readonly surge: number; readonly unavailable: number };
type IntOrPercent = number | string;

/** `maxSurge` rounds up, `maxUnavailable` rounds down; both zero would never move, so one may then be unavailable. */
export function rolloutLimits(replicas: number, maxSurge: IntOrPercent, maxUnavailable: IntOrPercent): Limits {
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const unavailable = resolve(maxUnavailable, replicas, Math.floor);
  return surge === 0 && unavailable === 0 ? { surge: 0, unavailable: 1 } : { surge, unavailable };
}

/** How many replicas the new ReplicaSet should have now. */
export function newReplicaCount(desired: number, current: number, total: number, limits: Limits): number {
  if (current >= desired) return desired;
  const room = desired + limits.surge - total;
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

/**
 * How many replicas each old ReplicaSet should have now: first those that are not available anyway, oldest first, then as many available ones
 * as the limit on unavailability lets go.
 */
export function oldReplicaCounts(
  desired: number,
  fresh: ReplicaCounts,
  old: readonly ReplicaCounts[],
  limits: Limits,
): ReadonlyMap<string, number> {
  const counts = new Map(old.map(({ name, replicas }) => [name, replicas]));
  const minAvailable = Math.max(0, desired - limits.unavailable);
  const total = fresh.replicas + old.reduce((sum, { replicas }) => sum + replicas, 0);
  const newUnavailable = Math.max(0, fresh.replicas - fresh.available);
  let mayGo = total - minAvailable - newUnavailable;
  if (mayGo <= 0) return counts;

  for (const { available, name, replicas } of old) {
    const going = Math.min(mayGo, Math.max(0, replicas - available));
    counts.set(name, replicas - going);
    mayGo -= going;
  }
  const totalAvailable = fresh.available + old.reduce((sum, { available }) => sum + available, 0);
  let availableMayGo = totalAvailable - minAvailable;
  for (const { name } of old) {
    const left = counts.get(name) ?? 0;
    const going = Math.min(Math.max(0, availableMayGo), left);
    counts.set(name, left - going);
    availableMayGo -= going;
  }
  return counts;
}

function resolve(amount: IntOrPercent, of: number, round: (value: number) => number): number {
  if (typeof amount === 'number') return Math.max(0, amount);
  const percent = /^(\d+)%$/.exec(amount);
  return percent === null ? 0 : round((Number(percent[1]) * of) / 100);
}
