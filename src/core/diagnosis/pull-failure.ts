/** Why a kubelet could not get an image. `unknown`: it does not say (older kubelets replace the reason by "Back-off pulling image"). */
export type PullFailure =
  | 'invalid-name'
  | 'no-tag'
  | 'no-repository'
  | 'no-access'
  | 'wrong-platform'
  | 'rate-limited'
  | 'registry-unreachable'
  | 'unknown';

// The first row that fits decides: what says more stands above what says less. Texts are those of containerd, CRI-O and the registries' API.
const signs: readonly (readonly [PullFailure, readonly string[]])[] = [
  ['wrong-platform', ['no match for platform', 'no matching manifest for']],
  ['rate-limited', ['toomanyrequests', 'too many requests', 'pull rate limit', 'pull qps exceeded']],
  [
    'registry-unreachable',
    [
      'no such host',
      'dial tcp',
      'i/o timeout',
      'connection refused',
      'connection reset',
      'network is unreachable',
      'tls handshake',
      'x509:',
      'deadline exceeded',
      'temporary failure in name resolution',
      '502 bad gateway',
      '503 service unavailable',
      '504 gateway',
      '500 internal server error',
    ],
  ],
  ['no-repository', ['name unknown', 'repository not found', 'repository name not known', 'name_unknown']],
  ['no-tag', ['manifest unknown', 'manifest_unknown', 'manifest for']],
  [
    'no-access',
    [
      'pull access denied',
      'insufficient_scope',
      'unauthorized',
      'authentication required',
      'no basic auth credentials',
      'authorization failed',
      '401',
      '403 forbidden',
      'access denied',
      'denied:',
      'requested access to the resource is denied',
    ],
  ],
  ['no-tag', ['not found', 'does not exist']],
];

/**
 * Reads the kubelet's current message about a pull: the one place besides it that tells these apart is the registry itself.
 * The image's own name is taken out before, so that a name cannot choose its class.
 */
export function classifyPullFailure(reason: string, messages: readonly string[], image: string): PullFailure {
  if (reason === 'InvalidImageName') return 'invalid-name';
  for (const message of messages) {
    const text = (image === '' ? message : message.replaceAll(image, ' ')).slice(0, 8192).toLowerCase();
    const found = signs.find(([, texts]) => texts.some((sign) => text.includes(sign)));
    if (found !== undefined) return found[0];
  }
  return 'unknown';
}
