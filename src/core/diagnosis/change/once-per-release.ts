import { sayRef } from '../../cluster/object.ts';
import type { Change } from './changes.ts';
import { upgradeMs } from './helm-release.ts';

const maxNamed = 3;

/**
 * What one upgrade of a Helm release changed is one change: told on the object that is nearest (of equally near ones, one of which it is known what differs), with
 * what else was written with it. Other changes stay as they are, and so does the order.
 *
 * @param nearness Smaller is nearer to what suffers.
 */
export function oncePerRelease(changes: readonly Change[], nearness: (change: Change) => number): readonly Change[] {
  const upgrades: Change[][] = [];
  const upgradeOf = new Map<Change, Change[]>();
  for (const change of changes) {
    const { release } = change;
    if (release === undefined) continue;
    const known = upgrades.find(
      ([first]) => first?.release?.key === release.key && Math.abs(first.at - change.at) <= upgradeMs,
    );
    const upgrade = known ?? [];
    if (known === undefined) upgrades.push(upgrade);
    upgrade.push(change);
    upgradeOf.set(change, upgrade);
  }
  const told = new Map(upgrades.map((upgrade) => [upgrade, nearestOf(upgrade, nearness)]));
  return changes.flatMap((change) => {
    const upgrade = upgradeOf.get(change);
    if (upgrade === undefined) return [change];
    return told.get(upgrade) === change ? [withOthers(change)] : [];
  });
}

function nearestOf(upgrade: readonly Change[], nearness: (change: Change) => number): Change | undefined {
  const known = (change: Change) => (change.differences.length > 0 ? 0 : 1);
  return upgrade.toSorted((a, b) => nearness(a) - nearness(b) || known(a) - known(b) || b.at - a.at)[0];
}

function withOthers(change: Change): Change {
  const others = change.release?.others ?? [];
  if (others.length === 0) return change;
  const named = others.slice(0, maxNamed).map(sayRef).join(', ');
  const text = `; ${others.length} other ${others.length === 1 ? 'object' : 'objects'} of the release changed with it (${named}${others.length > maxNamed ? ', …' : ''})`;
  return {
    ...change,
    what: `${change.what}${text}`,
    evidence: { ...change.evidence, summary: `${change.evidence.summary}${text}` },
  };
}
