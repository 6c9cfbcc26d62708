import { findQuotaRefusals } from '../admission/quota-findings.ts';
import { refusedCreations } from '../admission/refused-creation.ts';
import { findRefusedObjects } from '../admission/refused-objects.ts';
import { findUnreachableWebhooks } from '../admission/webhook-unreachable.ts';
import { findWorkloadRefusals } from '../admission/workload-refusals.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { withServices } from '../services-without-pods.ts';

/** Pods, claims and Services that are not there because the API server refuses to create them. */
export function analyzeAdmission(context: AnalysisContext): readonly FindingDraft[] {
  const refusals = refusedCreations(context);
  const quotas = findQuotaRefusals(context, refusals);
  const full = new Set(quotas.flatMap(({ affects = [] }) => affects.map(({ kind, name }) => `${kind}/${name}`)));
  // Where nobody says why, one explanation is enough.
  const unexplained = refusals.filter(
    ({ said, workload }) => said !== 'nothing' || !full.has(`${workload.ref.kind}/${workload.ref.name}`),
  );
  return [
    ...quotas,
    ...findWorkloadRefusals(context, unexplained),
    ...findUnreachableWebhooks(context, refusals),
    ...findRefusedObjects(context, quotas),
  ].map((draft) => withServices(context, draft));
}
