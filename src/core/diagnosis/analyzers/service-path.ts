import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeServicePath(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
