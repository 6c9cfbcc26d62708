import { family } from './case.ts';
import { batch } from './runtime-batch.ts';
import { ending } from './runtime-ending.ts';
import { evictions } from './runtime-evictions.ts';
import { exits } from './runtime-exits.ts';
import { memory } from './runtime-memory.ts';
import { processor } from './runtime-processor.ts';

/** Memory, CPU, exits, disk, evictions, Jobs, what does not end, what flaps. */
export const runtime = family('runtime', { ...memory, ...processor, ...exits, ...evictions, ...batch, ...ending });
