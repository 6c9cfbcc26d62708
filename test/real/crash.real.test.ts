import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrashPoint } from '../crash/crash-point.ts';
import type { CrashWorld } from '../crash/crash-world.ts';
import { createSimulatedWorld } from '../crash/simulated-world.ts';
import { type Outcome, type Plan, plansOf, sayOutcomes, sayPlan, sweep } from '../crash/sweep.ts';
import { createRealWorld } from './crash/real-world.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster } from './story.ts';

const can = abilitiesOf(readRunFacts());
const cluster = connectRealCluster();

// A run takes seconds when the machine has nothing else to do; most of it is waiting, so several go on at once on two cores.
const deadlineMs = 90_000;
const atOnce = 6;

const at = (when: 'before' | 'after', what: string, where: 'journal' | 'writer' = 'journal'): CrashPoint => ({
  at: where,
  what,
  nth: 1,
  when,
});
const made = at('after', 'apply', 'writer');
const notMade = at('after', 'incident/action-intended(undo)');

/** A second death, while the next life finds out how the first one ended. */
const secondDeaths: readonly Plan[] = [
  [made, at('before', 'incident/action-executed(undo)')],
  [made, at('after', 'incident/action-executed(undo)')],
  [made, at('after', 'incident/action-validated(undo)')],
  [notMade, at('before', 'incident/action-failed(undo)')],
  [notMade, at('after', 'incident/action-failed(undo)')],
  [notMade, at('after', 'incident/run-ended')],
  [notMade, at('before', 'inbox/signal-received(run)')],
  [notMade, at('after', 'incident/run-requested')],
  [notMade, at('before', 'apply', 'writer')],
  [notMade, at('after', 'apply', 'writer')],
  [notMade, notMade, at('after', 'apply', 'writer'), at('after', 'incident/action-executed(undo)')],
];

const title = 'kill -9 before and after each write of a bad-image run';
const sweeps: readonly (readonly [where: string, createWorld: () => CrashWorld])[] = [
  ['simulated cluster', createSimulatedWorld],
  ...(can.workloads ? ([['real cluster', () => createRealWorld(cluster)]] as const) : []),
];
if (!can.workloads) it.skip(`${title}, real cluster (it runs no pods)`);

afterAll(() => cluster.close());

for (const [where, createWorld] of sweeps) {
  // Which writes there are is found out by a run in which nobody dies.
  const alone: Plan = [];
  const dry = (await sweep({ plans: [alone], atOnce: 1, deadlineMs, createWorld })).get(alone);
  const plans = dry === undefined ? [] : [...plansOf(dry), ...secondDeaths];

  describe(`${title}, ${where}`, () => {
    let outcomes: Map<Plan, Outcome>;

    beforeAll(async () => {
      outcomes = await sweep({ plans, atOnce, deadlineMs, createWorld });
      console.log(`\n${sayOutcomes(`${title}, ${where}`, outcomes.values())}\n`);
    }, 15 * 60_000);

    it('ends well when nobody dies, and has enough writes to die at', () => {
      expect(dry).toMatchObject({ violations: [], kills: 0, lives: 1 });
      expect(plans.length).toBeGreaterThan(80);
    });

    it.each(plans.map((plan) => [sayPlan(plan), plan] as const))('%s', (_, plan) => {
      expect(outcomes.get(plan)).toMatchObject({ violations: [], kills: plan.length, lives: plan.length + 1 });
    });
  });
}
