import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import { journalEventSchema } from '../../core/journal/event.ts';

const positionSchema = z.int().nonnegative();
const summarySchema = z.record(z.string(), z.unknown());

/** What is on disk. Everything in it can be rebuilt from the journal; `version` changes when the shape does, and then it is. */
const checkpointSchema = z.strictObject({
  version: z.literal(1),
  heads: z.array(
    z.strictObject({ stream: z.string().min(1), seq: z.int().positive(), hash: journalEventSchema.shape.hash }),
  ),
  position: positionSchema,
  incidents: z.array(summarySchema),
  projections: z.record(z.string(), z.strictObject({ position: positionSchema, data: z.unknown() })),
});
export type CheckpointData = z.infer<typeof checkpointSchema>;

export type CheckpointFile = Adapter<CheckpointData> & {
  /** How the last read went; `broken` says why the file can not be used. */
  lastRead(): { readonly found: 'file' | 'nothing' } | { readonly found: 'broken'; readonly why: string };
};

/**
 * lowdb's adapter for one JSON file that survives a power cut: written whole under a name of its own, synced, renamed over the old one, and the
 * folder synced. (lowdb's own adapters sync nothing and share one temporary name between processes.) Reading validates; what is broken reads as
 * nothing.
 */
export function createCheckpointFile(path: string): CheckpointFile {
  let lastRead: ReturnType<CheckpointFile['lastRead']> = { found: 'nothing' };
  let hasCleaned = false;
  return {
    lastRead: () => lastRead,
    async read() {
      const read = await readCheckpoint(path);
      lastRead = read.outcome;
      return read.data;
    },
    async write(data) {
      const text = JSON.stringify(data);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Not when opening: another process may own the folder then, and these may be its files.
      if (!hasCleaned) await removeLeftovers(path);
      hasCleaned = true;
      const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
      try {
        const file = await open(temporary, 'wx', 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      await syncFolder(dirname(path));
    },
  };
}

type Read = { readonly outcome: ReturnType<CheckpointFile['lastRead']>; readonly data: CheckpointData | null };

async function readCheckpoint(path: string): Promise<Read> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { outcome: { found: 'nothing' }, data: null };
    return broken(error instanceof Error ? error.message : String(error));
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return broken('it is not JSON');
  }
  const parsed = checkpointSchema.safeParse(raw);
  if (!parsed.success)
    return broken(
      parsed.error.issues.map(({ path: at, message }) => `${at.map(String).join('.')}: ${message}`).join('; '),
    );
  return { outcome: { found: 'file' }, data: parsed.data };
}

function broken(why: string): Read {
  return { outcome: { found: 'broken', why }, data: null };
}

async function removeLeftovers(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  const names = await readdir(dirname(path));
  const leftovers = names.filter((name) => name.startsWith(prefix) && name.endsWith('.tmp'));
  await Promise.all(leftovers.map((name) => rm(join(dirname(path), name), { force: true })));
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
