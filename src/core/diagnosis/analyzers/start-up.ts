import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { analyzeImagePull } from './image-pull.ts';

/** Why containers do not come up: the image, its configuration, its command, its probes. */
export function analyzeStartUp(context: AnalysisContext): readonly FindingDraft[] {
  return [...analyzeImagePull(context)];
}
