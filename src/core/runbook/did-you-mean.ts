/** Words other runbook tools use for what we have under another name; no edit distance finds these. */
const sameThing: Readonly<Record<string, string>> = {
  steps: 'actions',
  command: 'cmd',
  run: 'cmd',
  exec: 'cmd',
  tasks: 'actions',
  id: 'name',
  parameters: 'inputs',
  variables: 'inputs',
  params: 'inputs',
  verify: 'validate',
  check: 'validate',
  expect: 'validate',
  assert: 'preconditions',
  triggers: 'match',
  approvers: 'approvals',
  approval: 'approvals',
  min: 'count',
  promql: 'metric',
  query: 'metric',
  expression: 'cel',
  interval: 'every',
  duration: 'for',
  source: 'from',
  deadline: 'timeout',
};

/** The known word nearest to a misspelt one, or nothing when none is near: a wild guess is worse than none. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const plain = squash(word);
  const same = known.find((candidate) => squash(candidate) === plain) ?? sameThing[plain];
  if (same !== undefined && known.includes(same)) return same;
  const within = Math.max(1, Math.floor(plain.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain, squash(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  const [nearest] = ranked;
  return nearest !== undefined && nearest.distance <= within ? nearest.candidate : undefined;
}

// Long words are cut: the distance costs the product of both lengths, and no field name is longer.
function squash(word: string): string {
  return word
    .slice(0, 60)
    .toLowerCase()
    .replace(/[_\-\s]/g, '');
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours each cost 1. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substituted);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
