import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeControlPlane(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
