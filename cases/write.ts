/**
 * Writes the modelled cases: `node cases/write.ts --seed 7 --out DIR [--family F]`. A case is `DIR/<family>/<code>-<variant>/{expected.yaml,snapshot/}`. The same seed gives the
 * same files; another seed other names, times and noise. Prints the seed.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allCases } from './modelled/all-cases.ts';
import { makeCase } from './modelled/case.ts';
import { writeModelledCase } from './modelled/write-case.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    out: { type: 'string' },
    family: { type: 'string' },
  },
});
const seed = Number(values.seed);
const chosen = allCases.filter(({ family }) => values.family === undefined || family === values.family);
if (values.out === undefined || !Number.isSafeInteger(seed) || seed < 0) {
  process.stderr.write('usage: node cases/write.ts --out DIR [--seed NUMBER] [--family FAMILY]\n');
  process.exitCode = 2;
} else if (chosen.length === 0) {
  const known = [...new Set(allCases.map(({ family }) => family))];
  process.stderr.write(
    `No case is of the family ${values.family}. Nothing was written. Families: ${known.join(', ')}.\n`,
  );
  process.exitCode = 2;
} else {
  for (const one of chosen) writeModelledCase(join(values.out, one.family, one.name), makeCase(one, seed));
  process.stdout.write(`${chosen.length} modelled cases of seed ${seed} in ${values.out}\n`);
}
