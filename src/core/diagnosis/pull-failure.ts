import { type ImageName, parseImageName } from './image-name.ts';

/**
 * Why a kubelet could not get an image. `no-space`: the node has no room for it. `unknown`: it does not say (older kubelets replace the reason by
 * "Back-off pulling image").
 */
export type PullFailure =
  | 'invalid-name'
  | 'never-pull'
  | 'no-tag'
  | 'no-repository'
  | 'no-access'
  | 'wrong-platform'
  | 'rate-limited'
  | 'registry-unreachable'
  | 'no-space'
  | 'unknown';

// The first row that fits decides: what says more stands above what says less. Texts are those of containerd, CRI-O and the registries' API.
const signs: readonly (readonly [PullFailure, RegExp])[] = [
  ['no-space', /no space left on device/],
  [
    'wrong-platform',
    /no match for platform|no matching manifest for|no image found in (?:image index|manifest list) for/,
  ],
  ['rate-limited', /toomanyrequests|too many requests|pull rate limit|pull qps exceeded/],
  [
    'registry-unreachable',
    /no such host|server misbehaving|dial tcp|i\/o timeout|connection refused|connection reset|network is unreachable|no route to host|tls handshake|x509:|deadline exceeded|temporary failure in name resolution|server gave http response to https client|50[0234] (?:bad gateway|service unavailable|gateway|internal server error)/,
  ],
  ['invalid-name', /invalid reference format|couldn't parse image (?:name|reference)/],
  [
    'no-repository',
    /name unknown|name_unknown|repository name not known|repository (?:["']?[^\s"']{0,255}["']? )?not found|repository with name/,
  ],
  ['no-tag', /manifest unknown|manifest_unknown|manifest for|deleted or has expired/],
  [
    'no-access',
    /pull access denied|insufficient_scope|unauthorized|authentication required|no basic auth credentials|authorization failed|failed to authorize|incorrect username or password|status code 40[13]|403 forbidden|access denied|access forbidden|denied:|requested access to the resource is denied/,
  ],
  ['no-tag', /not found|does not exist/],
];

// Refused for certain because of who asks. The others are also what registries say of repositories that do not exist.
const needsLogin = /authentication required|no basic auth credentials|incorrect username or password|401 unauthorized/;

// The client's own words: it had nothing to log in with, whatever the registry would have said.
const sentNoLogin = /no basic auth credentials/;

/**
 * Reads the kubelet's current message about a pull: the one place besides it that tells these apart is the registry itself.
 * The image's own name and all addresses are taken out before, so that a name cannot choose its class.
 */
export function classifyPullFailure(reason: string, messages: readonly string[], image: string): PullFailure {
  if (reason === 'InvalidImageName') return 'invalid-name';
  if (reason === 'ErrImageNeverPull') return 'never-pull';
  for (const message of messages) {
    const text = plainText(message, image);
    const found = signs.find(([, sign]) => sign.test(text));
    if (found !== undefined)
      return found[0] === 'no-access' && isLibraryImage(parseImageName(image)) ? 'no-repository' : found[0];
  }
  return reason === 'RegistryUnavailable' ? 'registry-unreachable' : 'unknown';
}

/** Whether the registry refused for want of credentials, rather than by the answer it also gives for what does not exist. */
export function asksForLogin(messages: readonly string[], image: string): boolean {
  return messages.some((message) => {
    const text = plainText(message, image);
    return needsLogin.test(text) && (sentNoLogin.test(text) || !/does not exist/.test(text));
  });
}

/** Whether the registry was asked without any login, by the client's own words. */
export function wasAskedWithoutLogin(messages: readonly string[], image: string): boolean {
  return messages.some((message) => sentNoLogin.test(plainText(message, image)));
}

function plainText(message: string, image: string): string {
  const cut = message.slice(0, 8192);
  return (image === '' ? cut : cut.replaceAll(image, ' ')).replace(/https?:\/\/[^\s"']{1,2048}/g, ' ').toLowerCase();
}

// Official images of Docker Hub are public, each of them: one that is refused is one that does not exist.
function isLibraryImage({ repository }: ImageName): boolean {
  return /^(?:(?:index\.)?docker\.io\/)?(?:library\/)?[^/.:]+$/.test(repository);
}
