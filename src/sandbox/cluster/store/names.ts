/** Where the simulated cluster takes uids, pod names and tokens from. */
export type Names = {
  uid(): string;
  /** Letters and digits as Kubernetes uses them for generated names: no vowels, so that no words appear. */
  suffix(length: number): string;
  hex(length: number): string;
  /** Leaves the sequence for another one, which `salt` and the seed fix. */
  reseed(salt: number): void;
};

const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** The same seed gives the same names in the same order: a demo can be repeated letter by letter. */
export function createNames(seed: number): Names {
  let random = mulberry32(seed);
  const from = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('');
  const hex = (length: number): string => from('0123456789abcdef', length);
  return {
    hex,
    reseed(salt) {
      random = mulberry32(Math.imul(seed ^ salt, 0x9e3779b1));
    },
    suffix: (length) => from(safeAlphabet, length),
    uid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${from('89ab', 1)}${hex(3)}-${hex(12)}`,
  };
}

/** Rewrites any digest as the letters of a generated name, for `pod-template-hash` and the like. */
export function safeEncode(hexDigest: string, length: number): string {
  const bytes = hexDigest.match(/../g) ?? [];
  return bytes
    .slice(0, length)
    .map((byte) => safeAlphabet.charAt(Number.parseInt(byte, 16) % safeAlphabet.length))
    .join('');
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
