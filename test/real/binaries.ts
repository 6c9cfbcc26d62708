import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildGoTool, type Progress } from './build-go-tool.ts';
import { compareVersions, findExecutable, type GoTool, goTools, isExecutable } from './go-tools.ts';

/** The real programs a run can use. */
export type PartName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'prometheus'
  | 'alertmanager'
  | 'chromium';

/** A program that was found or built, or the reason why it is not there. `version` is what the program itself prints. */
export type Part =
  | {
      readonly name: PartName;
      readonly state: 'found';
      readonly path: string;
      readonly version: string;
      readonly from: string;
    }
  | { readonly name: PartName; readonly state: 'skipped'; readonly why: string };

/** All parts, each found or skipped. */
export type Parts = Readonly<Record<PartName, Part>>;

const debianFolders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/lib/chromium'];
const goFolders = ['/usr/local/go/bin', '/usr/lib/go/bin', join(homedir(), 'go', 'bin')];

/**
 * Finds or builds every part. Never throws for a part that cannot be had: it is returned as skipped, with the reason.
 *
 * Order for the Kubernetes parts: `KUBEBUILDER_ASSETS` when set (etcd and kube-apiserver only; the rest is built, and
 * controllers newer than the API server found there are skipped), else the cache, else a build into the cache.
 *
 * @param environment KUBEBUILDER_ASSETS, XDG_CACHE_HOME, CHROMIUM_PATH are read.
 */
export async function provideParts({
  environment,
  progress,
  signal = new AbortController().signal,
}: {
  environment: NodeJS.ProcessEnv;
  progress: Progress;
  signal?: AbortSignal;
}): Promise<Parts> {
  const go = findGo();
  const tools = goTools();
  const assets = environment.KUBEBUILDER_ASSETS ?? '';
  const cacheFolder = join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sre-copilot');
  const built = (name: PartName, tool: GoTool) => provideBuilt(name, tool, { go, cacheFolder, progress, signal });
  const base = (name: 'etcd' | 'kube-apiserver') =>
    assets === '' ? built(name, tools[name]) : Promise.resolve(fromAssets(name, assets));

  const etcd = await base('etcd');
  const apiServer = await base('kube-apiserver');
  const controller = async (name: 'kube-controller-manager' | 'kube-scheduler'): Promise<Part> => {
    const why = whyNotBeside(tools[name], apiServer);
    return why === undefined ? built(name, tools[name]) : { name, state: 'skipped', why };
  };
  return {
    etcd,
    'kube-apiserver': apiServer,
    'kube-controller-manager': await controller('kube-controller-manager'),
    'kube-scheduler': await controller('kube-scheduler'),
    kwok: await built('kwok', tools.kwok),
    prometheus: installed('prometheus', ['prometheus'], 'prometheus'),
    alertmanager: installed('alertmanager', ['prometheus-alertmanager', 'alertmanager'], 'prometheus-alertmanager'),
    chromium: installed(
      'chromium',
      ['chromium', 'chromium-browser', 'google-chrome'],
      'chromium',
      environment.CHROMIUM_PATH,
    ),
  };
}

/**
 * Says why a controller must not run beside an API server: Kubernetes supports controllers of the same or an older
 * minor version only. `undefined` when it may.
 */
export function whyNotBeside(tool: Pick<GoTool, 'name' | 'version'>, apiServer: Part): string | undefined {
  if (apiServer.state === 'skipped') return 'there is no kube-apiserver for it to work with';
  if (compareVersions(tool.version, apiServer.version) <= 0) return undefined;
  return `it would be ${tool.version}, newer than the API server found (${apiServer.version}), which Kubernetes does not support`;
}

/** The folder of the kwok module's source, which ships the stage files that make a pod's ordinary life. */
export function kwokModuleFolder(): string {
  const go = findGo();
  if (!go.ok) throw new Error(`The stage files of kwok come from its Go module, and ${go.why}.`);
  const { moduleFolder, version } = goTools().kwok;
  const locate = () =>
    execFileSync(go.path, ['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok'], {
      cwd: moduleFolder,
      encoding: 'utf8',
    }).trim();
  let folder = locate();
  if (folder === '') {
    // A cached binary can outlive the module cache it was built from.
    spawnSync(go.path, ['mod', 'download', 'sigs.k8s.io/kwok'], { cwd: moduleFolder, timeout: 120_000 });
    folder = locate();
  }
  if (folder === '' || !existsSync(join(folder, 'kustomize', 'stage'))) {
    throw new Error(
      `The stage files of kwok ${version} were not found in the Go module cache and could not be downloaded; no cluster was started. Run "go mod download" in test/tools/kwok.`,
    );
  }
  return folder;
}

type Go = { ok: true; path: string; version: string } | { ok: false; why: string };

function findGo(): Go {
  const path = findExecutable(['go'], goFolders);
  if (path === undefined)
    return { ok: false, why: 'there is no go command on PATH or in /usr/local/go/bin to build it with' };
  return { ok: true, path, version: execFileSync(path, ['version'], { encoding: 'utf8' }).trim() };
}

async function provideBuilt(
  name: PartName,
  tool: GoTool,
  { go, cacheFolder, progress, signal }: { go: Go; cacheFolder: string; progress: Progress; signal: AbortSignal },
): Promise<Part> {
  if (!go.ok) return { name, state: 'skipped', why: go.why };
  try {
    const { path, from } = await buildGoTool(tool, {
      go: go.path,
      goVersion: go.version,
      cacheFolder,
      progress,
      signal,
    });
    return found(name, path, from === 'cache' ? 'cache' : 'built now');
  } catch (cause) {
    return {
      name,
      state: 'skipped',
      why: `it could not be built: ${cause instanceof Error ? cause.message : String(cause)}`,
    };
  }
}

function fromAssets(name: PartName, folder: string): Part {
  const path = join(folder, name);
  if (!isExecutable(path))
    return { name, state: 'skipped', why: `KUBEBUILDER_ASSETS is ${folder}, which holds no executable ${name}` };
  return found(name, path, 'KUBEBUILDER_ASSETS');
}

function installed(name: PartName, names: readonly string[], debianPackage: string, chosen?: string): Part {
  if (chosen !== undefined && chosen !== '') {
    return isExecutable(chosen)
      ? found(name, chosen, 'CHROMIUM_PATH')
      : { name, state: 'skipped', why: `CHROMIUM_PATH is ${chosen}, which is not an executable file` };
  }
  const path = findExecutable(names, debianFolders);
  return path === undefined
    ? {
        name,
        state: 'skipped',
        why: `it is not installed (Debian package ${debianPackage}; test/real/install.sh installs it)`,
      }
    : found(name, path, 'installed');
}

function found(name: PartName, path: string, from: string): Part {
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  const version = /\bv?\d+\.\d+(\.\d+)*[\w.+~-]*/.exec(`${answer.stdout}\n${answer.stderr}`)?.[0];
  return version === undefined
    ? {
        name,
        state: 'skipped',
        why: `${path} --version gave no version (${answer.error?.message ?? `exit code ${answer.status}`})`,
      }
    : { name, state: 'found', path, version, from };
}
