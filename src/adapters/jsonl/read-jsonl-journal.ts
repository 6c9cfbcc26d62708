import type { Head } from '../../core/journal/event.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Journal } from '../../ports/journal.ts';
import { createNodeLogFs, type LogFs } from './log-fs.ts';
import type { LogProblem } from './log-problem.ts';
import { readEvents } from './read-events.ts';
import { scanLog } from './scan-log.ts';
import { journalFolder } from './segment.ts';

/** The reading half of a journal, as it was when it was opened. */
export type JournalReader = Pick<Journal, 'read' | 'streams' | 'heads'>;

type ReadOptions = { readonly fs?: LogFs; readonly knownHeads?: readonly Head[] };

/**
 * Opens a data folder for reading, without its lock: for export and verify while the server runs. An append that is just being written is not
 * seen. Everything that is seen was verified: `journal.damaged` names segment and line, `journal.unreadable` a folder that is not there.
 */
export async function readJsonlJournal(
  dataFolder: string,
  options: ReadOptions = {},
): Promise<Result<JournalReader, LogProblem>> {
  const fs = options.fs ?? createNodeLogFs();
  const folder = journalFolder(dataFolder);
  const log = await scanLog({ fs, folder, knownHeads: options.knownHeads ?? [] });
  if (!log.ok) return log;
  const { index } = log.value;
  return ok({
    read: (stream, from = 1) => readEvents({ fs, folder }, index.locations(stream, from)),
    streams: index.streams,
    heads: index.heads,
  });
}
