import type { AnalysisContext, FindingDraft } from '../analysis.ts';

export function analyzeAppConfiguration(_context: AnalysisContext): readonly FindingDraft[] {
  return [];
}
