import { describe, expect, it } from 'vitest';
import type { Signal } from '../../src/core/signal/signal.ts';
import type { ActionChecker } from '../../src/ports/action-checker.ts';
import { type Bench, type BenchOptions, createWorld, openBench, type World } from '../support/copilot-bench.ts';
import { alertGroup, ann, investigation, lena } from '../support/incident-facts.ts';

const stop: Signal = {
  kind: 'command',
  source: 'slack',
  verb: 'stop',
  text: '',
  person: ann,
  channel: 'C-OPS',
  incident: 'INC-1',
};
const ends = alertGroup({ status: 'resolved' });

/** Holds effects of one kind until they are let go, as a slow cluster would. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let reached = false;
  return {
    open: resolve,
    reached: () => reached,
    pass: async () => {
      reached = true;
      await promise;
    },
  };
}

function slowChecks(at: ReturnType<typeof gate>, phase: 'plan' | 'execute'): BenchOptions {
  const checker = (real: ActionChecker): ActionChecker => ({
    async check(question, signal) {
      const checked = await real.check(question, signal);
      if (question.phase === phase && question.action.planned.action.kind === 'rollout-undo') await at.pass();
      return checked;
    },
  });
  return { checker };
}

async function play(options: BenchOptions = {}): Promise<{ world: World; bench: Bench }> {
  const world = createWorld();
  const bench = await openBench(world, options);
  await bench.start();
  await bench.receive();
  await bench.settle();
  return { world, bench };
}

function expectStopped(world: World, bench: Bench): void {
  expect(bench.run().status).toBe('stopped');
  expect(bench.run().targetsReleased).toBe(true);
  expect(world.cluster.sends()).toBe(0);
  for (const { status } of Object.values(bench.incident().approvals)) expect(['revoked', 'rejected']).toContain(status);
}

describe.each([
  ['a stop', stop],
  ['the end of the alert', ends],
])('%s', (_what, signal) => {
  it('while the action is looked at: no question is put, and the object is free again', async () => {
    const slow = gate();
    const { world, bench } = await play(slowChecks(slow, 'plan'));
    expect(slow.reached()).toBe(true);
    await bench.receive(signal);
    await bench.settle();
    slow.open();
    await bench.pass(60_000);
    expectStopped(world, bench);
    expect(await bench.types()).not.toContain('approval-requested');
    await bench.stop();
  });

  it('while people are asked: the question is taken back', async () => {
    const { world, bench } = await play();
    await bench.receive(signal);
    await bench.settle();
    expectStopped(world, bench);
    await bench.stop();
  });

  it('after the yes, while the change is checked once more: it is not sent', async () => {
    const slow = gate();
    const { world, bench } = await play(slowChecks(slow, 'execute'));
    await bench.click();
    await bench.settle();
    expect(slow.reached()).toBe(true);
    await bench.receive(signal);
    await bench.settle();
    slow.open();
    await bench.pass(60_000);
    expectStopped(world, bench);
    expect(await bench.types()).not.toContain('action-intended');
    await bench.stop();
  });

  it('after the yes, when that check finds the object changed: the run stays ended', async () => {
    const slow = gate();
    const { world, bench } = await play({
      checker: (real) => ({
        async check(question, abort) {
          if (question.phase === 'execute') {
            await slow.pass();
            return { ok: false, error: { code: 'change.moved-on', sentence: 'It moved on.', retry: false } };
          }
          return real.check(question, abort);
        },
      }),
    });
    await bench.click();
    await bench.settle();
    await bench.receive(signal);
    await bench.settle();
    slow.open();
    await bench.pass(60_000);
    expectStopped(world, bench);
    await bench.stop();
  });

  it('while the change is validated: it is brought to its end first', async () => {
    const { world, bench } = await play();
    await bench.click();
    await bench.settle();
    expect(world.cluster.changes).toHaveLength(1);
    await bench.receive(signal);
    await bench.settle();
    expect(bench.run().status).toBe('running');
    await bench.pass(60_000);
    expect(bench.run().status).toBe('succeeded');
    await bench.stop();
  });
});

describe('an alert that ends by itself', () => {
  it('resolves the incident once its run is stopped', async () => {
    const { bench } = await play();
    await bench.receive(ends);
    await bench.settle();
    expect(bench.run()).toMatchObject({ status: 'stopped', reason: expect.stringMatching(/ended by itself/) });
    expect(bench.incident().phase).toBe('resolved');
    await bench.stop();
  });

  it('during the investigation: the answer is kept, no run begins', async () => {
    const slow = gate();
    const world = createWorld();
    const bench = await openBench(world, {
      handlers: {
        investigate: async () => {
          await slow.pass();
          const body = { investigation: investigation(), chosen: 'rollout-bad-image', why: 'it fits.' };
          return [{ type: 'investigation-finished', body }];
        },
      },
    });
    await bench.start();
    await bench.receive();
    await bench.settle();
    await bench.receive(ends);
    await bench.settle();
    expect(bench.incident().phase).toBe('open');
    slow.open();
    await bench.pass(60_000);
    expect(bench.incident()).toMatchObject({ phase: 'resolved', runs: [] });
    expect(bench.incident().investigation?.document.findings).toHaveLength(1);
    await bench.stop();
  });
});

describe('a click and the end of the offer in the same moment', () => {
  it('exactly one of them counts', async () => {
    const world = createWorld();
    const bench = await openBench(world, { maxTtlSeconds: 3 });
    await bench.start();
    await bench.receive();
    await bench.settle();
    const approval = bench.approval() ?? '';
    const answers: unknown[] = [];
    // Both become due at the very instant; whichever is first in the queue wins, and the other is told.
    world.clock.sleep(2_999).then(() => bench.click('approve', { approval }).then((answer) => answers.push(answer)));
    await bench.pass(20_000);
    expect(answers).toHaveLength(1);
    const ended = (await bench.types()).filter((type) => type === 'approval-given' || type === 'approval-expired');
    expect(ended).toHaveLength(1);
    expect(world.cluster.changes).toHaveLength(ended[0] === 'approval-given' ? 1 : 0);
    await bench.stop();
  });

  it('the clock that decides an expiry is overtaken by a yes that is already in the queue', async () => {
    const world = createWorld();
    const bench = await openBench(world, { maxTtlSeconds: 3 });
    await bench.start();
    await bench.receive();
    await bench.settle();
    const approval = bench.approval() ?? '';
    const yes = bench.click('approve', { approval, person: lena });
    world.clock.jump(10_000);
    await yes;
    await bench.pass(20_000);
    const types = await bench.types();
    expect(types.filter((type) => type === 'approval-given' || type === 'approval-expired').length).toBeLessThanOrEqual(
      1,
    );
    expect(bench.run().endedAt).not.toBeNull();
    await bench.stop();
  });
});

describe('an object that another incident is changing', () => {
  it('is not touched, and the person is told by whom', async () => {
    const { world, bench } = await play();
    await bench.receive(alertGroup({ group: 'group-2' }));
    await bench.settle();
    expect(bench.run('INC-2')).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/INC-1 is changing this object/),
    });
    expect(bench.run('INC-1').status).toBe('waiting');
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('is free again after the end of that run', async () => {
    const { world, bench } = await play();
    await bench.click('reject');
    await bench.settle();
    await bench.receive(alertGroup({ group: 'group-2' }));
    await bench.settle();
    await bench.click('approve', { approval: bench.approval('INC-2') ?? '' });
    await bench.pass(30_000);
    expect(bench.run('INC-2').status).toBe('succeeded');
    expect(world.cluster.changes.map(({ incident }) => incident)).toEqual(['INC-2']);
    await bench.stop();
  });

  it('is free although the run that held it was stopped while it claimed', async () => {
    const slow = gate();
    const { bench } = await play(slowChecks(slow, 'plan'));
    await bench.receive(stop);
    await bench.settle();
    expect(bench.run().targetsReleased).toBe(true);
    slow.open();
    await bench.settle();
    await bench.receive(alertGroup({ group: 'group-2' }));
    await bench.settle();
    expect(bench.run('INC-2').status).toBe('waiting');
    await bench.stop();
  });
});
