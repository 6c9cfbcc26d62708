import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { attachFailures } from '../storage/attach-failure.ts';
import { missingClaims } from '../storage/claim-missing.ts';
import { mountFailures } from '../storage/mount-failure.ts';
import { pendingClaims } from '../storage/pending-claim.ts';
import { volumePermissions } from '../storage/volume-permission.ts';
import { withUnwellPods } from '../unwell-pods.ts';

/** Why a pod does not get its volume: the claim, the class, the volume itself, or the way to the node. */
export function analyzeStorage(asked: AnalysisContext): readonly FindingDraft[] {
  const context = withUnwellPods(asked);
  return [
    ...pendingClaims(context),
    ...missingClaims(context),
    ...attachFailures(context),
    ...mountFailures(context),
    ...volumePermissions(context),
  ];
}
