import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorOf } from './system-error.ts';

/** One file of the log. Errors are Node's system errors (`code: 'ENOSPC' | 'EIO' | …`). */
export interface LogFile {
  /** Writes at a byte offset; may write less than it was given, as the system call may. Resolves with the number of bytes written. */
  write(bytes: Uint8Array, offset: number): Promise<number>;
  /** Fills `into` from a byte offset; resolves with the number of bytes read, 0 at the end. */
  read(into: Uint8Array, offset: number): Promise<number>;
  datasync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** The file system as the journal uses it. A seam: tests put full and broken disks here. */
export interface LogFs {
  /** `create` makes the file when there is none and opens it for reading and writing; it never empties one. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<LogFile>;
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  /** Makes the names in a folder durable: without it a new file can be gone after a power cut, whatever was synced into it. */
  syncFolder(folder: string): Promise<void>;
}

const flags = { read: 'r', write: 'r+' } as const;
const ownerOnly = { file: 0o600, folder: 0o700 } as const;

export function createNodeLogFs(): LogFs {
  return {
    open: async (path, mode) => toLogFile(mode === 'create' ? await openOrCreate(path) : await open(path, flags[mode])),
    makeFolder,
    list: (folder) => readdir(folder),
    syncFolder: async (folder) => {
      // Windows has no handle on a folder to sync; its file systems journal names themselves.
      if (process.platform === 'win32') return;
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } catch (error) {
        // Some file systems (FUSE, SMB) have no sync for folders; they keep names safe in their own way or not at all.
        if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(systemErrorOf(error) ?? '')) throw error;
      } finally {
        await handle.close();
      }
    },
  };
}

// Not mkdir's own `recursive`: it tries for ever where a parent exists and takes no folders (under /proc).
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: ownerOnly.folder });
  } catch (error) {
    const code = systemErrorOf(error);
    if (code === 'EEXIST') return assertFolder(path, error);
    if (code !== 'ENOENT' || (await exists(dirname(path)))) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: ownerOnly.folder });
  }
}

async function assertFolder(path: string, error: unknown): Promise<void> {
  if (!(await stat(path)).isDirectory()) throw error;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx+', ownerOnly.file);
  } catch (error) {
    if (systemErrorOf(error) === 'EEXIST') return open(path, 'r+');
    throw error;
  }
}

function toLogFile(handle: FileHandle): LogFile {
  return {
    write: async (bytes, offset) => (await handle.write(bytes, 0, bytes.length, offset)).bytesWritten,
    read: async (into, offset) => (await handle.read(into, 0, into.length, offset)).bytesRead,
    datasync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}
