import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeChange(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
