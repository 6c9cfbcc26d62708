import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeScheduling(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
