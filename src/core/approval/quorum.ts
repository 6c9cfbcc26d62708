import type { Requirement } from '../policy/verdict.ts';

type Yes = { readonly by: { readonly id: string }; readonly groups: readonly string[] };

/**
 * What is still missing before every requirement is met, empty when granted.
 *
 * Each person counts once per group they were a member of when they said yes; the requester never counts, even when a yes of theirs was
 * recorded. One person who is in two groups may count for both: requirements say which groups must agree, not how many people in all.
 */
export function missingApprovals(
  require: readonly Requirement[],
  given: readonly Yes[],
  requesterId: string | null,
): Requirement[] {
  const people = new Map(given.filter(({ by }) => by.id !== requesterId).map((yes) => [yes.by.id, yes]));
  return require.flatMap(({ group, count }) => {
    const have = [...people.values()].filter(({ groups }) => groups.includes(group)).length;
    return have < count ? [{ group, count: count - have }] : [];
  });
}
