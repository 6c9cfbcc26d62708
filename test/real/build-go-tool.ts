import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withBuildLock } from './build-lock.ts';
import { cacheKey, type GoTool, goBuildEnvironment, isExecutable } from './go-tools.ts';

const progressEveryMs = 15_000;
const buildTimeoutMs = 40 * 60_000;

/** Says one line of progress to the person who waits. */
export type Progress = (line: string) => void;

/**
 * Gives the path of a built tool: from the cache when it is there, else built into it.
 *
 * The build goes to a temporary name and is renamed, under a lock: a binary in the cache is always whole.
 *
 * @param go Path of the go command.
 * @param goVersion What `go version` prints.
 * @param signal Ends the build; what was compiled so far stays in Go's own cache.
 * @throws With the last lines of the compiler when the build fails.
 */
export async function buildGoTool(
  tool: GoTool,
  {
    go,
    goVersion,
    cacheFolder,
    progress,
    signal,
  }: { go: string; goVersion: string; cacheFolder: string; progress: Progress; signal: AbortSignal },
): Promise<{ path: string; from: 'cache' | 'built' }> {
  const path = join(cacheFolder, 'tools', `${tool.name}-${tool.version}-${cacheKey(tool, goVersion)}`, tool.name);
  if (isExecutable(path)) return { path, from: 'cache' };
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const onWait = (owner: number) => progress(`waiting for process ${owner}, which builds ${tool.name}`);
  return withBuildLock(`${folder}.lock`, { onWait, timeoutMs: buildTimeoutMs }, async () => {
    if (isExecutable(path)) return { path, from: 'cache' };
    const unfinished = `${path}.unfinished-${process.pid}`;
    try {
      await runGoBuild(tool, { go, output: unfinished, progress, signal });
      renameSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
    return { path, from: 'built' };
  });
}

function runGoBuild(
  tool: GoTool,
  { go, output, progress, signal }: { go: string; output: string; progress: Progress; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const seconds = () => `${Math.round((performance.now() - startedAt) / 1000)} s`;
  progress(`building ${tool.name} ${tool.version} (once; kept in the cache)`);
  const child = spawn(go, ['build', '-v', ...tool.flags, '-o', output, tool.target], {
    cwd: tool.moduleFolder,
    env: { ...process.env, ...goBuildEnvironment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: buildTimeoutMs,
    signal,
    killSignal: 'SIGKILL',
  });
  // -v prints a package as it is compiled and a module as it is fetched: the only sign of life a long build gives.
  const tail: string[] = [];
  let packages = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter((each) => each !== '')) {
      if (!line.startsWith('go: ')) packages += 1;
      tail.push(line);
      if (tail.length > 20) tail.shift();
    }
  });
  const timer = setInterval(
    () => progress(`building ${tool.name}: ${seconds()}, ${packages} packages compiled, last ${tail.at(-1) ?? 'none'}`),
    progressEveryMs,
  );
  return new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) {
        progress(`built ${tool.name} in ${seconds()}`);
        resolve();
      } else {
        reject(
          new Error(
            `go build of ${tool.name} ended with ${signal ?? `exit code ${code}`}: ${tail.slice(-5).join(' | ')}`,
          ),
        );
      }
    });
  }).finally(() => clearInterval(timer));
}
