import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A server process of a run, written down so that it can be found and stopped even when its parent is gone. */
export type LedgerEntry = { readonly name: string; readonly pid: number; readonly startedAtTicks: string };

/** Writes down a process just started, in `<scratch>/processes`. */
export function recordProcess(scratch: string, name: string, pid: number): void {
  const folder = ledgerFolder(scratch);
  mkdirSync(folder, { recursive: true });
  const entry: LedgerEntry = { name, pid, startedAtTicks: startTicksOf(pid) ?? '' };
  writeFileSync(join(folder, `${pid}.json`), JSON.stringify(entry));
}

/** The recorded processes of a run that are still alive, told apart from later users of the same pid by start time. */
export function livingProcesses(scratch: string): LedgerEntry[] {
  return readLedger(scratch).filter(isAlive);
}

/** Kills what is left of a run, each with its process group, and returns what had to be killed. */
export function killLeftovers(scratch: string): LedgerEntry[] {
  const left = livingProcesses(scratch);
  for (const { pid } of left) killGroup(pid, 'SIGKILL');
  return left;
}

/** Forgets a process that was seen to end. */
export function forgetProcess(scratch: string, pid: number): void {
  rmSync(join(ledgerFolder(scratch), `${pid}.json`), { force: true });
}

/** Signals the process group that `pid` leads; a group that is already gone is no error. */
export function killGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause;
  }
}

/**
 * When a process started, in clock ticks since boot; `undefined` when it is gone or a zombie.
 *
 * Source: fields 3 and 22 of `/proc/<pid>/stat`, counted after the command name, which may hold spaces.
 */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAtTicks }: LedgerEntry): boolean {
  return startTicksOf(pid) === startedAtTicks;
}

function readLedger(scratch: string): LedgerEntry[] {
  let files: string[];
  try {
    files = readdirSync(ledgerFolder(scratch));
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    try {
      const entry: unknown = JSON.parse(readFileSync(join(ledgerFolder(scratch), file), 'utf8'));
      return isEntry(entry) ? [entry] : [];
    } catch {
      return []; // removed, or half written by a run that was killed in that moment
    }
  });
}

function isEntry(value: unknown): value is LedgerEntry {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    value.pid > 1 &&
    'startedAtTicks' in value &&
    typeof value.startedAtTicks === 'string'
  );
}

function ledgerFolder(scratch: string): string {
  return join(scratch, 'processes');
}
