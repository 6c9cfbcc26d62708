/** What a kubelet's message says is missing: a ConfigMap or Secret, or one key of it. `name` is undefined where the message tells the key alone. */
export type SaidMissing = {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string | undefined;
  readonly key: string | undefined;
};

const objectMissing = /\b(configmap|secret)s? "([^"\s]{1,253})" not found/gi;
const keyMissing = /couldn't find key (\S{1,253}) in (ConfigMap|Secret) [^\s/]{1,63}\/(\S{1,253})/g;
const itemMissing = /\b(configmap|secret) references non-existent (?:config|secret) key: ([^\s,\]]{1,253})/gi;

/**
 * Reads the kubelet's documented words about missing configuration, from a container's status or a FailedMount event: `configmap "x" not found`,
 * `couldn't find key k in ConfigMap ns/x`, `configmap references non-existent config key: k`. What is read counts only where the pod spec asks for that very thing.
 */
export function saidMissing(message: string): readonly SaidMissing[] {
  const text = message.slice(0, 8192);
  return [
    ...[...text.matchAll(objectMissing)].map(([, kind, name]) => ({ kind: kindOf(kind), name, key: undefined })),
    ...[...text.matchAll(keyMissing)].map(([, key, kind, name]) => ({
      kind: kindOf(kind),
      name: name?.replace(/[.,;:]+$/, ''),
      key,
    })),
    ...[...text.matchAll(itemMissing)].map(([, kind, key]) => ({ kind: kindOf(kind), name: undefined, key })),
  ];
}

function kindOf(word: string | undefined): SaidMissing['kind'] {
  return word?.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap';
}
