import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetProcess, killGroup, recordProcess } from './process-ledger.ts';

/** A real server, running in a process group of its own. */
export type ServerProcess = {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** How it ended ("exit code 1", "SIGKILL"), or `undefined` while it runs. */
  ended(): string | undefined;
  /** Ends the process group and returns when the process is gone: SIGTERM first, SIGKILL when that takes over 5 s. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
};

const stopGraceMs = 5_000;
const tailLines = 30;

/**
 * Starts a server and returns when it is ready.
 *
 * Its output goes to `<scratch>/logs/<name>.log`. When it ends or is not ready in `readyTimeoutMs`, it is stopped and an
 * error is thrown that names it, says why and ends with the tail of that log.
 *
 * @param isReady Asked every 50 ms; a throw means "not yet".
 */
export async function startServer(server: {
  name: string;
  path: string;
  args: readonly string[];
  scratch: string;
  isReady: () => boolean | Promise<boolean>;
  readyTimeoutMs?: number;
}): Promise<ServerProcess> {
  const { name, path, args, scratch, isReady, readyTimeoutMs = 30_000 } = server;
  const logFolder = join(scratch, 'logs');
  mkdirSync(logFolder, { recursive: true });
  const logFile = join(logFolder, `${name}.log`);
  const log = openSync(logFile, 'a');
  // detached: a group of its own, so that a Ctrl-C in the terminal reaches the harness, which then stops it in order.
  const child = spawn(path, args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: scratch,
    env: plainEnvironment(),
  });
  closeSync(log);
  let end: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once('error', (cause) => {
      end ??= cause.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      end ??= signal ?? `exit code ${code}`;
      resolve();
    });
  });
  const { pid } = child;
  if (pid === undefined) {
    await gone;
    throw new Error(`${name} could not be started from ${path}: ${end}.`);
  }
  recordProcess(scratch, name, pid);

  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    killGroup(pid, signal);
    const isGone = await Promise.race([gone.then(() => true), sleep(stopGraceMs, false, { ref: false })]);
    if (!isGone) {
      killGroup(pid, 'SIGKILL');
      await gone;
    }
    forgetProcess(scratch, pid);
  };

  const deadline = performance.now() + readyTimeoutMs;
  for (;;) {
    if (end !== undefined) throw new Error(`${name} ended before it was ready (${end}).\n${logTail(logFile)}`);
    if (await answersYes(isReady)) return { name, pid, logFile, ended: () => end, stop };
    if (performance.now() >= deadline) {
      await stop('SIGKILL');
      throw new Error(`${name} was not ready after ${readyTimeoutMs / 1000} s and was stopped.\n${logTail(logFile)}`);
    }
    await sleep(50);
  }
}

/** The last lines of a server's log, under a heading that names the file. */
export function logTail(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return `Last lines of ${logFile}:\n${lines
    .slice(-tailLines)
    .map((line) => `  ${line}`)
    .join('\n')}`;
}

async function answersYes(isReady: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await isReady();
  } catch {
    return false;
  }
}

// A proxy or a KUBECONFIG of the person at the keyboard must not reach servers that talk to loopback only.
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.includes(name)));
}
