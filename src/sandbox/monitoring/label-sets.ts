export type LabelSet = Readonly<Record<string, string>>;

/** Prometheus' fingerprint of a label set (FNV-1a, 64 bit, over sorted names and values), in 16 hex digits. */
export function fingerprintOf(labels: LabelSet): string {
  const separator = Buffer.from([0xff]);
  let hash = 0xcbf29ce484222325n;
  for (const name of Object.keys(labels).toSorted()) {
    for (const byte of Buffer.concat([Buffer.from(name), separator, Buffer.from(labels[name] ?? ''), separator])) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, '0');
}

/** `{alertname="X", namespace="shop"}`: a label set as Prometheus prints it. */
export function printLabels(labels: LabelSet): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((name) => `${name}=${JSON.stringify(labels[name] ?? '')}`);
  return `{${pairs.join(', ')}}`;
}

/** The pairs that all label sets share. */
export function commonPairs(sets: readonly LabelSet[]): LabelSet {
  const [first = {}, ...rest] = sets;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => rest.every((set) => set[name] === value)));
}

/** The same text for the same labels, in whatever order they were written. */
export function keyOfLabels(labels: LabelSet): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
