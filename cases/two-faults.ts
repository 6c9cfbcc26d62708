/**
 * Writes cases with two faults: `node cases/two-faults.ts --seed 7 --count 40 --out DIR [CASES…]`. Pairs of independent faulty cases are drawn and merged into one snapshot;
 * both faults must be found, whichever first. Prints the seed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { caseFolders, readCase, writeVariedCase } from './vary/case-files.ts';
import { canCombine, combine } from './vary/combine.ts';
import { randomFrom } from './vary/random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    count: { type: 'string', default: '20' },
    out: { type: 'string' },
  },
});
const [seed, count] = [Number(values.seed), Number(values.count)];
if (values.out === undefined || !Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1) {
  process.stderr.write('usage: node cases/two-faults.ts --out DIR [--seed NUMBER] [--count NUMBER] [CASES…]\n');
  process.exitCode = 2;
} else {
  const roots = positionals.length === 0 ? [join(import.meta.dirname, 'captured')] : positionals;
  const all = roots.flatMap(caseFolders).map(readCase);
  const random = randomFrom(seed);
  let written = 0;
  for (let attempt = 0; written < count && attempt < count * 50; attempt++) {
    const [first, second] = [random.pick(all), random.pick(all)];
    if (!canCombine(first, second)) continue;
    const { varied, groups } = combine(first, second, seed + attempt);
    writeVariedCase(join(values.out, `${varied.name}-seed-${seed + attempt}`), varied, groups);
    written++;
  }
  process.stdout.write(`${written} cases with two faults, seed ${seed}, in ${values.out}\n`);
}
