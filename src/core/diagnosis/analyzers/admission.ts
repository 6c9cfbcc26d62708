import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeAdmission(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
