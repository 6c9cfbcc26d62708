const maxCompared = 200;
const maxLength = 80;

/** The name among those that exist that is nearest to one that does not, when it is near enough to be a slip of the pen. Equal ones are decided by name. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  const plain = squash(wanted);
  const within = Math.max(1, Math.floor(plain.length / 3));
  const [nearest] = names
    .slice(0, maxCompared)
    .map((name) => ({ name, distance: distanceOf(plain, squash(name)) }))
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return nearest !== undefined && nearest.distance <= within ? nearest.name : undefined;
}

// `DB_HOST` and `db-host` are the same word to those who confuse them.
function squash(name: string): string {
  return name.slice(0, maxLength).toLowerCase().replace(/[._-]/g, '');
}

/** Insertions, deletions, substitutions and swaps of neighbours each cost one. A name that contains the other costs one: `app-config` was meant by `app-config-v2`. */
function distanceOf(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length > 3 && b.length > 3 && (a.includes(b) || b.includes(a))) return 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : substituted;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substituted, swapped));
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
