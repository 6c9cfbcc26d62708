import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { findCpuTrouble } from '../runtime/cpu-throttled.ts';
import { findCronJobTrouble } from '../runtime/cron-job.ts';
import { findFullDisks } from '../runtime/disk-full.ts';
import { findFailedJobs } from '../runtime/failed-job.ts';
import { findStuckFinalizers } from '../runtime/finalizer-stuck.ts';
import { findInnerMemoryKills } from '../runtime/inner-memory-kill.ts';
import { findLivenessProbeKills } from '../runtime/liveness-probe-kills.ts';
import { findNodesOutOfMemory } from '../runtime/node-out-of-memory.ts';
import { findEvictedPods } from '../runtime/pod-evicted.ts';
import { findStuckPods } from '../runtime/pod-stuck-terminating.ts';
import { findPortConflicts } from '../runtime/port-conflict.ts';
import { findReadinessFlapping } from '../runtime/readiness-flapping.ts';
import { withSuspiciousPods } from '../runtime/suspicious-pods.ts';
import { analyzeCrashLoop } from './crash-loop.ts';
import { analyzeOomKilled } from './oom-killed.ts';
import { analyzeRolloutStuck } from './rollout-stuck.ts';

type Rule = (context: AnalysisContext) => readonly FindingDraft[];

/** Rules about pods that end, do not start or do not go. */
const aboutSuspiciousPods: readonly Rule[] = [
  analyzeOomKilled,
  findNodesOutOfMemory,
  analyzeCrashLoop,
  findLivenessProbeKills,
  findPortConflicts,
  findEvictedPods,
  findStuckPods,
];

/** Rules about pods that may look well, and about other objects. */
const aboutAll: readonly Rule[] = [
  findInnerMemoryKills,
  findCpuTrouble,
  findFullDisks,
  findFailedJobs,
  findCronJobTrouble,
  findStuckFinalizers,
  analyzeRolloutStuck,
  findReadinessFlapping,
];

/** Why what came up does not stay up, or does not get on. */
export function analyzeRuntime(context: AnalysisContext): readonly FindingDraft[] {
  const suspicious = withSuspiciousPods(context);
  return [...aboutSuspiciousPods.flatMap((find) => find(suspicious)), ...aboutAll.flatMap((find) => find(context))];
}
