import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { analyzeCrashLoop } from './crash-loop.ts';
import { analyzeOomKilled } from './oom-killed.ts';
import { analyzeRolloutStuck } from './rollout-stuck.ts';

/** Why what came up does not stay up, or does not get on. */
export function analyzeRuntime(context: AnalysisContext): readonly FindingDraft[] {
  return [...analyzeOomKilled(context), ...analyzeCrashLoop(context), ...analyzeRolloutStuck(context)];
}
