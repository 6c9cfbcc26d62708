import type { Head } from '../../core/journal/event.ts';
import { ok, type Result } from '../../core/result.ts';
import { createNodeLogFs, type LogFs } from './log-fs.ts';
import type { LogProblem } from './log-problem.ts';
import { scanLog } from './scan-log.ts';
import { journalFolder } from './segment.ts';

/** What was verified. `tailBytes`: an append that is just being written, or that a crash left unfinished. */
export type VerifiedFolder = { readonly heads: readonly Head[]; readonly events: number; readonly tailBytes: number };

/**
 * Verifies a data folder, also while a server writes to it: framing and hash chains of all segments, and that every known head is reached and
 * contained. `journal.damaged` (exit 1) carries segment and line, `journal.unreadable` (exit 3) means that it could not be looked at.
 */
export async function verifyFolder(
  dataFolder: string,
  knownHeads: readonly Head[] = [],
  options: { readonly fs?: LogFs } = {},
): Promise<Result<VerifiedFolder, LogProblem>> {
  const log = await scanLog({ fs: options.fs ?? createNodeLogFs(), folder: journalFolder(dataFolder), knownHeads });
  if (!log.ok) return log;
  const heads = log.value.index.heads();
  return ok({ heads, events: heads.reduce((sum, head) => sum + head.seq, 0), tailBytes: log.value.tail.length });
}
