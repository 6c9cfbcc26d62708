import type { Ids } from '../../src/ports/ids.ts';

/** Ids that are the same in every run: `ID-000001`, … sort as they were given; secrets are 32 hex characters, counted from 1. */
export function createFakeIds(): Ids {
  let ids = 0;
  let secrets = 0;
  return {
    next: () => {
      ids += 1;
      return `ID-${String(ids).padStart(6, '0')}`;
    },
    secret: () => {
      secrets += 1;
      return secrets.toString(16).padStart(32, '0');
    },
  };
}
