import type { KubeObject } from '../capture/wire.ts';
import { addNoise } from './add-noise.ts';
import type { Case } from './case-files.ts';
import { type Random, randomFrom } from './random.ts';
import { rename } from './rename.ts';
import { shiftTimes } from './shift-times.ts';

const weekMs = 7 * 24 * 3_600_000;

/** A variant, with the files in which its objects are to lie. */
export type Varied = { readonly varied: Case; readonly groups: readonly (readonly KubeObject[])[] };

/**
 * The same case told otherwise: other names, hashes, uids and order, another week, and noise that has nothing to do with it. What should be found is the same. The same case
 * and seed give the same variant. Whole weeks, so that a schedule still fits the times of its runs.
 */
export function varyCase(original: Case, seed: number): Varied {
  const random = randomFrom(seed + wordNumber(original.name));
  const renamed = rename(original, random);
  const shifted = shiftTimes(renamed, (random.below(60) - 30) * weekMs);
  const varied = addNoise(shifted, random);
  return { varied, groups: scattered(varied.objects, random) };
}

// So that cases of one seed do not all get the same names.
function wordNumber(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7) * 10_007;
}

/** Objects in any order, in a few files, kinds mixed. */
export function scattered(objects: readonly KubeObject[], random: Random): readonly (readonly KubeObject[])[] {
  const count = 2 + random.below(5);
  const groups: KubeObject[][] = Array.from({ length: count }, () => []);
  for (const item of random.shuffled(objects)) groups[random.below(count)]?.push(item);
  return groups.filter((group) => group.length > 0);
}
