import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { commandNotFound } from '../start-up/command-not-found.ts';
import { execFormat } from '../start-up/exec-format.ts';
import { initContainerFailing } from '../start-up/init-container-failing.ts';
import { initContainerWaiting } from '../start-up/init-container-waiting.ts';
import { missingConfiguration } from '../start-up/missing-configuration.ts';
import { probeFindings } from '../start-up/probes.ts';
import { securityContextBlocks } from '../start-up/security-context.ts';
import { withUnwellPods } from '../unwell-pods.ts';
import { analyzeImagePull } from './image-pull.ts';

/** Why containers do not come up: the image, its configuration, its command, its rights, its probes. */
export function analyzeStartUp(asked: AnalysisContext): readonly FindingDraft[] {
  const context = withUnwellPods(asked);
  return [
    ...analyzeImagePull(context),
    ...missingConfiguration(context),
    ...commandNotFound(context),
    ...execFormat(context),
    ...securityContextBlocks(context),
    ...initContainerFailing(context),
    ...initContainerWaiting(context),
    ...probeFindings(context),
  ];
}
