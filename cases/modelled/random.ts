/** A deterministic source of choices. The same seed text gives the same choices on every machine. */
export type Random = {
  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number;
  pick<T>(list: readonly T[]): T;
  chance(share: number): boolean;
  shuffle<T>(list: readonly T[]): T[];
  hex(length: number): string;
  /** Letters and digits as the API server draws them for generated names: no vowels, no 0, 1, 3. */
  suffix(length: number): string;
  uid(): string;
};

/** mulberry32 over an FNV-1a hash of the seed text. */
export function createRandom(seed: string): Random {
  let state = hash(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const text = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet.charAt(int(0, alphabet.length - 1))).join('');
  const hex = (length: number) => text('0123456789abcdef', length);
  return {
    int,
    pick<T>(list: readonly T[]): T {
      const chosen = list[int(0, list.length - 1)];
      if (chosen === undefined) throw new RangeError('nothing to pick from');
      return chosen;
    },
    chance: (share) => next() < share,
    shuffle<T>(list: readonly T[]): T[] {
      return list
        .map((member) => ({ member, key: next() }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ member }) => member);
    },
    hex,
    suffix: (length) => text('bcdfghjklmnpqrstvwxz2456789', length),
    uid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${text('89ab', 1)}${hex(3)}-${hex(12)}`,
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
