import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A server or command line that is built from a Go wrapper module under `test/tools`. */
export type GoTool = {
  readonly name: string;
  /** Folder of the wrapper module. */
  readonly moduleFolder: string;
  /** What `go build` is told to build. */
  readonly target: string;
  /** The version that go.mod requires of the module which holds the tool, such as `v1.35.4`. */
  readonly version: string;
  /** Arguments of `go build`, without output and target. */
  readonly flags: readonly string[];
};

const toolsFolder = join(import.meta.dirname, '..', 'tools');

/** Everything that has a wrapper, in the order in which it is built. */
export function goTools(): Record<
  'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok' | 'opa',
  GoTool
> {
  const kubernetesVersion = requiredVersion('kubernetes', 'k8s.io/kubernetes');
  const kubernetes = (name: string): GoTool => ({
    name,
    moduleFolder: join(toolsFolder, 'kubernetes'),
    target: `k8s.io/kubernetes/cmd/${name}`,
    version: kubernetesVersion,
    flags: ['-trimpath', '-buildvcs=false', `-ldflags=${kubernetesLinkerFlags(kubernetesVersion)}`],
  });
  const plain = (name: string, module: string, target: string): GoTool => ({
    name,
    moduleFolder: join(toolsFolder, name),
    target,
    version: requiredVersion(name, module),
    flags: ['-trimpath', '-buildvcs=false', '-ldflags=-s -w'],
  });
  return {
    etcd: plain('etcd', 'go.etcd.io/etcd/server/v3', '.'),
    'kube-apiserver': kubernetes('kube-apiserver'),
    'kube-controller-manager': kubernetes('kube-controller-manager'),
    'kube-scheduler': kubernetes('kube-scheduler'),
    kwok: plain('kwok', 'sigs.k8s.io/kwok', 'sigs.k8s.io/kwok/cmd/kwok'),
    opa: plain('opa', 'github.com/open-policy-agent/opa', 'github.com/open-policy-agent/opa'),
  };
}

/**
 * Names what a build depends on: two builds with the same key give the same bytes.
 *
 * Over the wrapper's go.mod and go.sum, its own Go source, the Go version and platform, target and flags.
 *
 * @param goVersion What `go version` prints: release and platform.
 */
export function cacheKey(tool: GoTool, goVersion: string): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) {
    const path = join(tool.moduleFolder, file);
    hash.update(`${file}\0${existsSync(path) ? readFileSync(path, 'utf8') : ''}\0`);
  }
  hash.update([goVersion, tool.target, ...tool.flags, ...Object.entries(goBuildEnvironment).flat()].join('\0'));
  return hash.digest('hex').slice(0, 16);
}

/**
 * What every build gets besides the caller's environment. CGO_ENABLED=0 gives static binaries that need no C compiler;
 * GOFLAGS is set so that a person's own flags change neither the build nor what its cache key stands for.
 */
export const goBuildEnvironment = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' } as const;

/** Compares `v1.35.4` with `v1.36.0`, part by part as numbers; negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string) => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  const [left, right] = [parts(a), parts(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first of these names that is an executable on PATH or in one of the folders given. */
export function findExecutable(names: readonly string[], folders: readonly string[]): string | undefined {
  const all = [...(process.env.PATH ?? '').split(delimiter), ...folders].filter((folder) => folder !== '');
  return names.flatMap((name) => all.map((folder) => join(folder, name))).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function requiredVersion(wrapper: string, module: string): string {
  const file = join(toolsFolder, wrapper, 'go.mod');
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .map((text) => text.trim().replace(/^require /, ''))
    .find((text) => text.startsWith(`${module} v`));
  const version = line?.split(' ')[1];
  if (version === undefined) throw new Error(`${file} does not require ${module}, so its version is not known.`);
  return version;
}

// Without these, /version of the API server answers with unexpanded placeholders.
function kubernetesLinkerFlags(version: string): string {
  const [major = '', minor = ''] = version.slice(1).split('.');
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'archive',
    gitCommit: 'unknown',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const settings = packages.flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
  return ['-s -w', ...settings].join(' ');
}
