import type { ObjectRef } from '../cluster/object.ts';
import type { Evidence } from '../diagnosis/investigation.ts';

/**
 * A fact as an analyzer states it, before it is numbered, redacted and cut to size. `from` is the whole source it was taken from (object,
 * event, log text, reading): only its digest is kept. `at` is milliseconds.
 */
export type EvidenceDraft = {
  readonly kind: Evidence['kind'];
  readonly source: string;
  readonly object?: ObjectRef;
  readonly at: number;
  readonly summary: string;
  readonly from: unknown;
};
