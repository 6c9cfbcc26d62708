import { randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';

const secretBytes = 16;

/** ULIDs that also sort within one millisecond and when the clock steps back, and secrets from the system's random source. */
export function createSystemIds(dependencies: { readonly clock: Pick<Clock, 'now'> }): Ids {
  const nextUlid = monotonicFactory(randomFraction);
  return {
    next: () => nextUlid(dependencies.clock.now().getTime()),
    secret: () => randomBytes(secretBytes).toString('hex'),
  };
}

// In [0, 1), from 32 random bits: ulid asks for one of 32 letters at a time.
function randomFraction(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32;
}
