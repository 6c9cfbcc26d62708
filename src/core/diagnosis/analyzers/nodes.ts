import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeNodes(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
