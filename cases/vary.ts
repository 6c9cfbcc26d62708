/**
 * Writes variants of cases: `node cases/vary.ts --seed 7 --count 5 --out DIR [CASES…]`. CASES are folders with cases at any depth; without one, cases/captured. Prints the
 * seed of each variant; `--seed S --count 1` with that seed and case gives it again.
 */
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { caseFolders, readCase, writeVariedCase } from './vary/case-files.ts';
import { varyCase } from './vary/vary-case.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    count: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
const [seed, count] = [Number(values.seed), Number(values.count)];
if (values.out === undefined || !Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1) {
  process.stderr.write('usage: node cases/vary.ts --out DIR [--seed NUMBER] [--count NUMBER] [CASES…]\n');
  process.exitCode = 2;
} else {
  const roots = positionals.length === 0 ? [join(import.meta.dirname, 'captured')] : positionals;
  let written = 0;
  for (const root of roots) {
    for (const folder of caseFolders(root)) {
      const original = readCase(folder);
      for (let index = 0; index < count; index++) {
        const own = seed + index;
        const { varied, groups } = varyCase(original, own);
        writeVariedCase(join(values.out, `${relative(root, folder) || original.name}-seed-${own}`), varied, groups);
        written++;
      }
    }
  }
  process.stdout.write(`${written} variants, seeds ${seed} to ${seed + count - 1}, in ${values.out}\n`);
}
