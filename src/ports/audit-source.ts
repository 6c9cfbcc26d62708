import type { AuditEntry } from '../core/diagnosis/observations.ts';
import type { Problem, Result } from '../core/result.ts';

/** What the audit log of the API server tells of recent changes: who changed what, never the values. Reads (get, list, watch) are left out. */
export interface AuditSource {
  recent(): Promise<Result<readonly AuditEntry[], Problem<'audit.unreadable'>>>;
}
