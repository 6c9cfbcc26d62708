import { type Parsed, refuse } from './parsed-line.ts';

const connection =
  'chooses how or as whom the cluster is reached. The co-pilot uses its own connection and rights: leave it out';
const files = 'reads a file or URL, which was not reviewed with the runbook. Name the object instead';
const watching = 'never ends. Leave it out; `validate` with `until` repeats a look for as long as it should';
const tooWide = 'chooses objects that are not named, which this verb must not. Name the one object';
const forced = 'skips the safety of a graceful end. Leave it out';
const rehearsal = 'is not needed: every change is rehearsed on the server before it is sent. Leave it out';
const output = 'prints by a template. Use -o wide, json, yaml or name, and judge the columns with `validate`';

const reasons: ReadonlyMap<string, string> = new Map([
  ...[
    '--server',
    '-s',
    '--kubeconfig',
    '--context',
    '--cluster',
    '--user',
    '--token',
    '--username',
    '--password',
    '--insecure-skip-tls-verify',
    '--insecure-skip-tls-verify-backend',
    '--certificate-authority',
    '--client-certificate',
    '--client-key',
    '--tls-server-name',
    '--cache-dir',
    '--profile',
    '--profile-output',
    '--kuberc',
    '--request-timeout',
    '--as',
    '--as-group',
    '--as-uid',
    '--as-user-extra',
  ].map((flag) => [flag, connection] as const),
  ...['--filename', '-k', '--kustomize', '--recursive', '-R'].map((flag) => [flag, files] as const),
  ['-f', 'reads a file or follows a log without end. Name the object; give logs a --tail instead'],
  ...['--watch', '-w', '--watch-only', '--follow'].map((flag) => [flag, watching] as const),
  ...['--all', '--all-namespaces', '-A', '--selector', '-l', '--pod-selector'].map((flag) => [flag, tooWide] as const),
  ...['--force', '--now', '--disable-eviction', '--cascade'].map((flag) => [flag, forced] as const),
  ['--dry-run', rehearsal],
  ['--template', output],
  [
    '--raw',
    'reaches any path of the API server. Only `kubectl get --raw=` with a health or version path is understood',
  ],
  ['--timeout', 'waits inside the command. Give the action a timeout, or `validate` an `until` and a timeout'],
  ['--sort-by', 'orders what is printed, which no condition depends on. Leave it out'],
  ['--all-containers', 'reads every container. Name one with -c'],
]);

/**
 * Refuses a flag that no verb here knows, with the reason where one is known. The table explains, it does not decide: a flag is refused
 * because it is absent from the verb's own list.
 */
export function refuseFlag(flag: string): Parsed<never> {
  // kubectl reads `_` in a flag's name as `-`.
  const reason = reasons.get(flag.replaceAll('_', '-'));
  const shown = flag.length > 40 ? `${flag.slice(0, 40)}…` : flag;
  if (reason !== undefined) return refuse('syntax.flag', `The flag ${shown} is refused: it ${reason}.`);
  return refuse(
    'syntax.flag',
    `The flag ${shown} is not understood for this verb, and a line is understood whole or not at all. Leave it out, or make this a manual action.`,
  );
}
