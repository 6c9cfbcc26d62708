import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while holding a lock file, so that two runs do not compile the same thing side by side for minutes.
 *
 * The file holds the pid of its owner; one whose owner is dead is taken over. Two processes that take over in the same
 * moment may both go on: that costs a second build and nothing else, since a finished binary is renamed into place.
 *
 * @param onWait Told once, with the pid of the owner, when there is something to wait for.
 * @throws After `timeoutMs`, naming the owner and the file.
 */
export async function withBuildLock<T>(
  file: string,
  { onWait, timeoutMs }: { onWait: (owner: number) => void; timeoutMs: number },
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let hasTold = false;
  while (!tryLock(file)) {
    const owner = await ownerOf(file);
    if (owner === undefined || !isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!hasTold) onWait(owner);
    hasTold = true;
    if (performance.now() >= deadline) {
      throw new Error(
        `process ${owner} has held ${file} for ${Math.round(timeoutMs / 60_000)} minutes; nothing was built here. End it or delete the file.`,
      );
    }
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (existsSync(file)) return false;
    throw cause;
  }
}

// An empty file belongs to somebody who is about to write a pid into it, so it gets a second look.
async function ownerOf(file: string): Promise<number | undefined> {
  for (let look = 0; look < 2; look += 1) {
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (Number.isInteger(pid) && pid > 0) return pid;
    await sleep(200);
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
}
