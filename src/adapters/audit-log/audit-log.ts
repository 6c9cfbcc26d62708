import { open } from 'node:fs/promises';
import { readAuditEntry } from '../../core/diagnosis/audit-entry.ts';
import { fail, ok, problem } from '../../core/result.ts';
import type { AuditSource } from '../../ports/audit-source.ts';

/** Enough for the last minutes of a busy cluster; a log backend rotates at 100 MiB by default (kube-apiserver: --audit-log-maxsize). */
const maxTailBytes = 8 * 2 ** 20;
const maxEntries = 5_000;

/** The end of an audit log file (JSON lines of audit.k8s.io/v1 Event, as kube-apiserver's log backend writes them). A line that cannot be read is passed over. */
export function createAuditLog({
  path,
  tailBytes = maxTailBytes,
}: {
  readonly path: string;
  readonly tailBytes?: number;
}): AuditSource {
  return {
    async recent() {
      try {
        const lines = await tailOf(path, tailBytes);
        const entries = lines.flatMap((line) => readAuditEntry(parse(line)) ?? []);
        return ok(entries.slice(-maxEntries));
      } catch {
        return fail(
          problem(
            'audit.unreadable',
            `The audit log ${path} cannot be read. Who changed what is told from the objects alone. Check its path and rights.`,
          ),
        );
      }
    },
  };
}

async function tailOf(path: string, tailBytes: number): Promise<readonly string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    // The first line of a tail is a torn one.
    return from === 0 ? lines : lines.slice(1);
  } finally {
    await file.close();
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
