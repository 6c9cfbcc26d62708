import { join } from 'node:path';
import type { Problem } from '../../core/result.ts';
import type { Position } from '../../ports/journal.ts';
import type { LogFile, LogFs } from './log-fs.ts';
import { positionAt, segmentFile } from './segment.ts';
import { systemErrorOf } from './system-error.ts';
import { writeFully } from './write-fully.ts';

/**
 * What is known of the end of the log. `bytes` is always the length up to the last commit mark on stable storage.
 * - `clean`: the file ends there.
 * - `dirty`: a write failed half-way; what follows must be cut off before anything else is written.
 * - `suspect`: a sync failed, so the system may believe that lost pages are stored. The file is closed; it is cut and then left for a new segment.
 * - `between`: the segments so far are whole, the next one is not made yet.
 */
type LogEnd =
  | { readonly kind: 'clean' | 'dirty'; readonly segment: number; readonly bytes: number; readonly file: LogFile }
  | { readonly kind: 'suspect'; readonly segment: number; readonly bytes: number }
  | { readonly kind: 'between'; readonly segment: number };

export type LogWriter = {
  /**
   * Stores bytes that end in a commit mark, and resolves with the position of their first byte once they are on stable storage. Rejects with the
   * system's error when the disk refuses; then nothing of them stays, and the next call tries again by itself. One call at a time.
   */
  append(bytes: Uint8Array): Promise<Position>;
  close(): Promise<void>;
};

export type LogWriterOptions = {
  readonly fs: LogFs;
  readonly folder: string;
  readonly segmentBytes: number;
  /** Where the log ends; undefined for a log without segments. */
  readonly last: { readonly segment: number; readonly bytes: number } | undefined;
  readonly onProblem: (problem: Problem) => void;
};

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { fs, folder, segmentBytes, onProblem } = options;
  const pathOf = (segment: number) => join(folder, segmentFile(segment));
  let end: LogEnd | undefined;

  async function openLast(): Promise<LogEnd> {
    if (options.last === undefined) return { kind: 'between', segment: 0 };
    return { kind: 'clean', ...options.last, file: await fs.open(pathOf(options.last.segment), 'write') };
  }

  async function cut(file: LogFile, bytes: number): Promise<void> {
    await file.truncate(bytes);
    // The cut must be as durable as a write: a crash would bring back an append that was refused.
    await file.datasync();
  }

  async function openNext(segment: number): Promise<LogEnd> {
    const file = await fs.open(pathOf(segment), 'create');
    try {
      if ((await file.size()) > 0)
        throw new Error(`${pathOf(segment)} exists and is not empty: another process writes this journal`);
      await file.datasync();
      await fs.syncFolder(folder);
    } catch (error) {
      await closeQuietly(file);
      throw error;
    }
    return { kind: 'clean', segment, bytes: 0, file };
  }

  // Each step leaves `end` true to what is on disk, so that a step that fails is simply taken again by the next append.
  async function makeReady(needed: number): Promise<Extract<LogEnd, { file: LogFile }>> {
    end ??= await openLast();
    for (;;) {
      switch (end.kind) {
        case 'clean': {
          if (end.bytes === 0 || end.bytes + needed <= segmentBytes) return end;
          const { file, segment }: { file: LogFile; segment: number } = end;
          end = { kind: 'between', segment };
          await closeQuietly(file);
          break;
        }
        case 'dirty':
          await recoverDirty(end);
          break;
        case 'suspect': {
          const { segment, bytes }: { segment: number; bytes: number } = end;
          const file = await fs.open(pathOf(segment), 'write');
          try {
            await cut(file, bytes);
          } finally {
            await closeQuietly(file);
          }
          end = { kind: 'between', segment };
          break;
        }
        case 'between':
          end = await openNext(end.segment + 1);
          break;
        default:
          end satisfies never;
      }
    }
  }

  async function recoverDirty(dirty: Extract<LogEnd, { file: LogFile }>): Promise<void> {
    const { file, segment, bytes } = dirty;
    try {
      await file.truncate(bytes);
    } catch (error) {
      end = { ...dirty, kind: 'dirty' };
      throw error;
    }
    await syncOrSuspect(file, segment, bytes);
    end = { kind: 'clean', segment, bytes, file };
  }

  async function syncOrSuspect(file: LogFile, segment: number, bytes: number): Promise<void> {
    try {
      await file.datasync();
    } catch (error) {
      // Never asked again: a second fdatasync on this file would answer "fine" about pages that are lost.
      end = { kind: 'suspect', segment, bytes };
      await closeQuietly(file);
      onProblem({
        code: 'journal.sync-failed',
        sentence: `The disk failed to store the end of ${segmentFile(segment)} (${systemErrorOf(error) ?? String(error)}); what was not acknowledged is cut off, and the journal goes on in a new segment. Check the disk.`,
      });
      throw error;
    }
  }

  return {
    async append(bytes) {
      const { file, segment, bytes: start } = await makeReady(bytes.length);
      try {
        await writeFully(file, bytes, start);
      } catch (error) {
        await recoverDirty({ kind: 'dirty', file, segment, bytes: start }).catch(() => undefined);
        throw error;
      }
      try {
        await syncOrSuspect(file, segment, start);
      } catch (error) {
        // At once, so that nothing of a refused append outlives a crash; when the disk refuses this too, the next append begins with it.
        await makeReady(0).catch(() => undefined);
        throw error;
      }
      end = { kind: 'clean', segment, bytes: start + bytes.length, file };
      return positionAt(segment, start);
    },
    async close() {
      if (end?.kind === 'clean' || end?.kind === 'dirty') await closeQuietly(end.file);
      end = undefined;
    },
  };
}

// Only after a sync or a failure: closing has nothing left to lose, and its error would hide the first one.
async function closeQuietly(file: LogFile): Promise<void> {
  await file.close().catch(() => undefined);
}
