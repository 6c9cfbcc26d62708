import { appConfiguration } from './app-configuration.ts';
import type { ModelledCase } from './case.ts';
import { change } from './change.ts';
import { controlPlane } from './control-plane.ts';
import { misleading } from './misleading.ts';
import { nodes } from './nodes.ts';
import { nothingWrong } from './nothing-wrong.ts';
import { otherServers } from './other-servers.ts';
import { partialViews } from './partial-views.ts';
import { runtime } from './runtime.ts';
import { runtimeMeasures } from './runtime-measures.ts';
import { servicePath } from './service-path.ts';
import { startUp } from './start-up.ts';
import { startUpControllers } from './start-up-controllers.ts';
import { twoFaults } from './two-faults.ts';

/** Every modelled case, family by family. */
export const allCases: readonly ModelledCase[] = [
  ...startUp,
  ...startUpControllers,
  ...runtime,
  ...runtimeMeasures,
  ...appConfiguration,
  ...otherServers,
  ...servicePath,
  ...nodes,
  ...controlPlane,
  ...change,
  ...nothingWrong,
  ...misleading,
  ...partialViews,
  ...twoFaults,
];
