import { readFileSync } from 'node:fs';
import type { Parts } from './binaries.ts';
import type { ClusterAccess } from './cluster.ts';

/** Names the file in which run.ts tells the tests what it started. */
export const runFactsVariable = 'SRE_COPILOT_REAL_FACTS';

/** What the tests of one run share: its folder, the programs, the cluster and the processes behind it. */
export type RunFacts = {
  readonly scratch: string;
  readonly parts: Parts;
  readonly cluster: ClusterAccess;
  readonly serverPids: readonly number[];
};

/** Reads what run.ts started. Throws with what to do when the tests were started without it. */
export function readRunFacts(): RunFacts {
  const file = process.env[runFactsVariable];
  if (file === undefined)
    throw new Error('These tests need the servers that "npm run test:real" starts; nothing was run.');
  // Written by run.ts of the same checkout a moment ago; it crosses a process border, not a trust border.
  return JSON.parse(readFileSync(file, 'utf8')) as RunFacts;
}

/** What the tests of a run can rely on; a test that needs more is skipped, and named in the report. */
export function abilitiesOf({ cluster, parts }: RunFacts): { readonly workloads: boolean; readonly alerts: boolean } {
  const isFound = (name: 'prometheus' | 'alertmanager') => parts[name].state === 'found';
  return { workloads: cluster.runsWorkloads, alerts: isFound('prometheus') && isFound('alertmanager') };
}
