import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeStorage(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
