/** What a FailedMount event says: which volume by name (a PersistentVolume's name, or the pod's own), and why. */
export type MountFailure = {
  readonly volumes: readonly string[];
  readonly is:
    | 'server-unknown'
    | 'server-unreachable'
    | 'server-denies'
    | 'path-missing'
    | 'wrong-file-system'
    | 'helper-missing'
    | 'host-path-type'
    | 'driver-missing'
    | 'device-missing'
    | 'busy'
    | 'other'
    | 'timeout';
  readonly says: string;
};

// The first row that fits decides. Texts are those of mount, mount.nfs, the kubelet and its CSI client.
const signs: readonly (readonly [MountFailure['is'], RegExp])[] = [
  ['host-path-type', /hostPath type check failed/i],
  ['driver-missing', /driver name \S{1,253} not found in the list of registered CSI drivers/i],
  ['helper-missing', /you might need a \/sbin\/mount\.|unknown filesystem type|executable file not found/i],
  [
    'server-unknown',
    /failed to resolve server|name or service not known|no such host|could not resolve|can't resolve|temporary failure in name resolution/i,
  ],
  ['server-denies', /access denied by server|mount error\(13\)|permission denied/i],
  [
    'path-missing',
    /reason given by server: no such file or directory|mount error\(2\)|no such file or directory|does not exist/i,
  ],
  [
    'wrong-file-system',
    /wrong fs type|bad superblock|already contains unexpected filesystem|fsck|failed to mount [^\n]{0,200} as \w{1,10}/i,
  ],
  ['device-missing', /device [^\n]{0,200}not (?:found|exist)|can't find device|no such device|special device/i],
  [
    'server-unreachable',
    /connection timed out|connection refused|no route to host|network is unreachable|host is down|mount error\(11[0-3]\)|portmap|program not registered|dial tcp|deadlineexceeded|deadline exceeded/i,
  ],
  ['busy', /an operation with the given volume id|operation already exists|device or resource busy/i],
];

/** Reads the message of a FailedMount event. Undefined for those about ConfigMaps, Secrets and tokens: these are no volumes that somebody must mount. */
export function readMountFailure(message: string): MountFailure | undefined {
  const text = message.slice(0, 8192);
  if (
    /\b(?:configmaps?|secrets?) "[^"]{1,253}" not found|references non-existent|not registered|failed to fetch token|failed to sync/i.test(
      text,
    )
  )
    return undefined;
  const named = /for volume "([^"]{1,253})"/.exec(text)?.[1];
  if (named === undefined) {
    const list = /(?:unmounted volumes|list of unmounted volumes)=\[([^\]]{0,2000})\]/.exec(text)?.[1];
    if (list === undefined) return undefined;
    return {
      volumes: list.split(/[\s,]+/).filter((name) => name !== ''),
      is: 'timeout',
      says: 'timed out waiting for its volumes',
    };
  }
  const found = signs.find(([, sign]) => sign.test(text));
  return {
    volumes: [named],
    is: found?.[0] ?? (/timed out|timeout/i.test(text) ? 'timeout' : 'other'),
    says: sentenceOf(text),
  };
}

// The last lines hold what mount itself printed; before them stand the arguments.
function sentenceOf(text: string): string {
  const output =
    /Output: ([\s\S]{1,400})/.exec(text)?.[1] ??
    /: (?:rpc error: code = \w{1,30} desc = )?([\s\S]{1,400})/.exec(text)?.[1] ??
    text;
  return output.replace(/\s+/g, ' ').trim().slice(0, 240);
}
