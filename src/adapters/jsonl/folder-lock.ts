import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fail, ok, type Problem, type Result } from '../../core/result.ts';
import { systemErrorOf } from './system-error.ts';

export type FolderLock = { release(): Promise<void> };
export type LockProblem = Problem<'journal.locked' | 'journal.unavailable'>;

const sqliteBusy = 5;

/**
 * Takes a folder for this process alone. The operating system holds the lock and drops it when the process ends, however it ends; so there is
 * no stale lock to judge, and a reused pid can not be mistaken for the holder.
 *
 * Node has no file locks of its own, but its SQLite has: an open exclusive transaction on an empty database file is nothing but such a lock
 * (also on Windows and macOS, and between containers that share the folder). Nothing is ever written to the database.
 *
 * `owner.json` beside it is for people: it lets the refusal name a pid. It decides nothing.
 */
export async function lockFolder(
  folder: string,
  owner: { readonly pid: number; readonly since: string },
): Promise<Result<FolderLock, LockProblem>> {
  const lockFile = join(folder, 'lock');
  const ownerFile = join(folder, 'owner.json');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFile, { timeout: 0 });
    // Without a journal in memory SQLite would put a file beside the lock, which a full disk refuses.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (!isSqliteError(error)) throw error;
    return fail(
      error.errcode === sqliteBusy
        ? { code: 'journal.locked', sentence: lockedSentence(folder, await readOwner(ownerFile)) }
        : {
            code: 'journal.unavailable',
            sentence: `The lock ${lockFile} could not be taken (${error.message}); nothing was started. Check that the folder may be written and its file system supports locks.`,
          },
    );
  }
  const held = database;
  try {
    await writeFile(ownerFile, `${JSON.stringify({ ...owner, host: hostname() })}\n`);
  } catch (error) {
    // A full disk: the lock holds all the same, only its owner stays unnamed.
    if (systemErrorOf(error) === undefined) throw error;
  }
  return ok({
    release: async () => {
      await rm(ownerFile, { force: true }).catch(() => undefined);
      held.close();
    },
  });
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

async function readOwner(file: string): Promise<{ pid: unknown; host: unknown; since: unknown } | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof owner === 'object' && owner !== null && 'pid' in owner && 'host' in owner && 'since' in owner
      ? owner
      : undefined;
  } catch {
    return undefined;
  }
}

function lockedSentence(folder: string, owner: { pid: unknown; host: unknown; since: unknown } | undefined): string {
  const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host} (since ${owner.since})`;
  return `The data folder is in use: ${who} holds ${folder}; nothing was started. Stop that process, or start this one with another data folder.`;
}
