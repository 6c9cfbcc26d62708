import { family } from './case.ts';
import { configuration } from './start-up-configuration.ts';
import { images } from './start-up-images.ts';
import { probes } from './start-up-probes.ts';
import { process } from './start-up-process.ts';

/** Images, configuration, commands, init containers, security contexts, probes. */
export const startUp = family('start-up', { ...images, ...configuration, ...process, ...probes });
