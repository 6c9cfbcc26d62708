import { listCases } from '../adapters/snapshot/list-cases.ts';
import { openSnapshot } from '../adapters/snapshot/open-snapshot.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import type { EvalDependencies } from '../cli/eval.ts';
import { createRedactor } from '../core/evidence/redaction.ts';

/** What `eval` needs: cases and snapshots from folders, the machine's clock. */
export function evalDependencies(): Omit<EvalDependencies, 'stdout' | 'stderr'> {
  return {
    listCases,
    openSnapshot,
    clock: createSystemClock(),
    redactor: createRedactor({ key: crypto.randomUUID() }),
  };
}
