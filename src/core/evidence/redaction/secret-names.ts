// The last words of a name tell what it holds: `db_password` is a password, `secretName` a name, `token_count` a count.
const secretWords: ReadonlySet<string> = new Set([
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pwd',
  'pass',
  'pw',
  'secret',
  'token',
  'credential',
  'credentials',
  'apikey',
  'authorization',
  'cookie',
  'dockerconfigjson',
  'dockercfg',
]);

// Pairs that are secret together, though neither word is alone.
const secretPairs: ReadonlySet<string> = new Set([
  'api key',
  'access key',
  'account key',
  'secret key',
  'private key',
  'signing key',
  'encryption key',
  'shared key',
  'master key',
  'auth key',
  'license key',
  'session id',
  'client assertion',
]);

// A secret stays one however it is stored or numbered.
const trailers: ReadonlySet<string> = new Set([
  'value',
  'hash',
  'base64',
  'b64',
  'data',
  'old',
  'new',
  'prod',
  'current',
  'previous',
]);

// Words before `token` that make it something harmless: a place in a list, a kind of word of a language.
const harmlessBefore: ReadonlySet<string> = new Set([
  'continue',
  'next',
  'page',
  'unexpected',
  'invalid',
  'end',
  'stop',
  'max',
  'min',
]);

/** The words of a name in any spelling: `dbPassword`, `DB_PASSWORD`, `db-password.1` → db, password. */
function wordsOf(name: string): string[] {
  return name
    .slice(-128)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ''))
    .filter((word) => word !== '');
}

/** Whether what stands under this name (key of a map, variable, header, flag) is a secret by its name alone. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  while (words.length > 1 && trailers.has(words.at(-1) ?? '')) words.pop();
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (secretPairs.has(`${before} ${last}`)) return true;
  if (last === 'token' && harmlessBefore.has(before)) return false;
  return (
    secretWords.has(last) ||
    /^(?:[a-z]{0,24})(?:password|passwd|apikey|secretkey|accesskey|privatekey|authtoken|accesstoken)$/.test(last)
  );
}
