import { type ObjectRef, refOf } from '../../cluster/object.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { FindingCode } from '../codes.ts';
import type { Grounds } from '../confidence.ts';
import type { Claim } from './claim.ts';

/** Why a claim is not bound. `says` completes "PersistentVolumeClaim x is not bound: …". */
export type ClaimVerdict = {
  readonly code: FindingCode;
  readonly object: ObjectRef;
  readonly path: string;
  readonly observed: string;
  readonly expected: string;
  readonly says: string;
  readonly basis: Grounds['basis'];
  /** Facts besides the claim itself. */
  readonly support: readonly EvidenceDraft[];
  readonly values?: Readonly<Record<string, string | number>>;
};

export function aboutClaim(claim: Claim, verdict: Omit<ClaimVerdict, 'object'>): ClaimVerdict {
  return { ...verdict, object: refOf(claim.object) };
}
