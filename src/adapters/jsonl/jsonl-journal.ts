import { dirname } from 'node:path';
import type { Head } from '../../core/journal/event.ts';
import { fail, ok, type Problem, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Journal, Position } from '../../ports/journal.ts';
import { createAppendQueue } from './append-queue.ts';
import { lockFolder } from './folder-lock.ts';
import { followLog } from './follow-log.ts';
import { createNodeLogFs, type LogFs } from './log-fs.ts';
import type { LogProblem } from './log-problem.ts';
import { createLogWriter } from './log-writer.ts';
import { readEvents } from './read-events.ts';
import { repairTail } from './repair-tail.ts';
import { type ScannedLog, scanLog } from './scan-log.ts';
import { journalFolder, largestSegmentBytes } from './segment.ts';
import { createSubscriptions } from './subscriptions.ts';
import { systemErrorOf } from './system-error.ts';

export type JsonlJournal = Journal & {
  /** The position of the last stored event, 0 when there is none: whoever has seen it is up to date. */
  lastPosition(): Position;
  /** Answers all appends before it, ends subscriptions, releases the folder. Idempotent; later appends get `journal.unavailable`. */
  close(): Promise<void>;
};

export type OpenProblem = LogProblem | Problem<'journal.locked' | 'journal.unavailable'>;

export type JsonlJournalOptions = {
  /** The data folder; the journal lives in `journal/` of it. Made when it does not exist. */
  readonly folder: string;
  readonly clock: Clock;
  readonly fs?: LogFs;
  /** A segment that would grow beyond this is left for a new one. 64 MiB unless told. */
  readonly segmentBytes?: number;
  /** Heads kept elsewhere: a journal that does not reach them is refused as damaged. */
  readonly knownHeads?: readonly Head[];
  /** What people should know though nothing was asked: a repair at start, a failed sync, a failing follower. Must not throw. */
  readonly onProblem: (problem: Problem) => void;
};

const defaultSegmentBytes = 64 * 1024 * 1024;
const slowDiskMs = 10_000;

/**
 * The default journal: one segmented log per data folder, many streams in it, written by one process (contracts.md section 1).
 *
 * Opening verifies everything that is stored. The rest of an append that was never acknowledged is cut off, reported and journalled
 * (`journal-repaired` in `inbox`); anything else that is wrong refuses with segment and line: `journal.damaged`. Others: `journal.locked`,
 * `journal.unreadable`, `journal.unavailable`. Events stay on disk; in memory is where they are (two numbers each).
 */
export async function openJsonlJournal(options: JsonlJournalOptions): Promise<Result<JsonlJournal, OpenProblem>> {
  const { clock, onProblem } = options;
  const fs = options.fs ?? createNodeLogFs();
  const folder = journalFolder(options.folder);
  const made = await makeFolders(fs, folder, options.folder);
  if (!made.ok) return made;
  const lock = await lockFolder(folder, { pid: process.pid, since: clock.now().toISOString() });
  if (!lock.ok) return lock;

  let log: Result<ScannedLog, OpenProblem>;
  try {
    log = await scanLog({ fs, folder, knownHeads: options.knownHeads ?? [] });
    if (log.ok) log = await repaired(log.value, { fs, folder, clock, onProblem });
  } catch (error) {
    await lock.value.release();
    throw error;
  }
  if (!log.ok) {
    await lock.value.release();
    return log;
  }

  const { index, last } = log.value;
  const writer = createLogWriter({
    fs,
    folder,
    segmentBytes: Math.min(options.segmentBytes ?? defaultSegmentBytes, largestSegmentBytes),
    last,
    onProblem,
  });
  const subscriptions = createSubscriptions({
    follow: (from, to) => followLog({ fs, folder }, from, to),
    lastPosition: index.lastPosition,
    onProblem,
  });
  const queue = createAppendQueue({
    now: () => clock.now(),
    head: index.head,
    store: (bytes) => reportWhenSlow(writer.append(bytes), { clock, folder, onProblem }),
    committed: (placed) => {
      for (const { event, position, bytes } of placed) index.add(event, { position, bytes });
      subscriptions.publish(placed);
    },
    folder,
  });
  let closing: Promise<void> | undefined;

  return ok({
    append: async (stream, expectedSeq, events) => queue.append(stream, expectedSeq, events),
    read: (stream, from = 1) => readEvents({ fs, folder }, index.locations(stream, from)),
    subscribe: subscriptions.subscribe,
    streams: index.streams,
    heads: index.heads,
    lastPosition: index.lastPosition,
    close: () => {
      closing ??= (async () => {
        await queue.close();
        subscriptions.close();
        await writer.close();
        await lock.value.release();
      })();
      return closing;
    },
  });
}

// A write that hangs can not be given up: it may become durable yet, so nobody can be told that it is not stored. It must not hang in silence.
async function reportWhenSlow<T>(
  write: Promise<T>,
  { clock, folder, onProblem }: Pick<JsonlJournalOptions, 'clock' | 'folder' | 'onProblem'>,
): Promise<T> {
  const done = new AbortController();
  clock.sleep(slowDiskMs, done.signal).then(
    () =>
      onProblem({
        code: 'journal.slow',
        sentence: `The disk has not stored events for ${slowDiskMs / 1000} s (${folder}); they are neither stored nor refused yet, and everything that waits for them waits. Check the disk.`,
      }),
    () => undefined,
  );
  try {
    return await write;
  } finally {
    done.abort('written');
  }
}

async function makeFolders(fs: LogFs, folder: string, dataFolder: string): Promise<Result<void, OpenProblem>> {
  try {
    await fs.makeFolder(folder);
    await fs.syncFolder(dataFolder);
    await syncParent(fs, dirname(dataFolder));
    return ok(undefined);
  } catch (error) {
    return unavailable(error, `The folder ${folder} could not be made`);
  }
}

// A data folder that was made for us can lie in one that we may not read; then whoever made it made it durable.
async function syncParent(fs: LogFs, folder: string): Promise<void> {
  try {
    await fs.syncFolder(folder);
  } catch (error) {
    if (systemErrorOf(error) !== 'EACCES') throw error;
  }
}

type RepairContext = Pick<JsonlJournalOptions, 'clock' | 'onProblem'> & { readonly fs: LogFs; readonly folder: string };

async function repaired(
  log: ScannedLog,
  { fs, folder, clock, onProblem }: RepairContext,
): Promise<Result<ScannedLog, OpenProblem>> {
  const { last, tail } = log;
  if (last === undefined || tail.length === 0) return ok(log);
  try {
    const done = await repairTail({ ...log, last }, { fs, folder, now: clock.now().toISOString() });
    onProblem({
      code: 'journal.repaired',
      sentence: `The journal ended in an append that was never finished (the process or the machine stopped): ${done.repair.bytes} bytes were cut off ${done.repair.segment}. Nothing acknowledged was in them; the repair is journalled in inbox.`,
    });
    return ok(done.log);
  } catch (error) {
    return unavailable(error, `The unfinished end of the journal in ${folder} could not be repaired`);
  }
}

function unavailable(error: unknown, what: string): Result<never, OpenProblem> {
  const system = systemErrorOf(error);
  if (system === undefined) throw error;
  return fail({
    code: 'journal.unavailable',
    sentence: `${what} (${system}); the journal was not opened and nothing was lost. Check space and permissions of the disk, then start again.`,
  });
}
