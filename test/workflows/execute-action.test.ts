import { describe, expect, it } from 'vitest';
import { maxSuperseded } from '../../src/core/incident/next.ts';
import { problem } from '../../src/core/result.ts';
import { benchAtTheCard, createWorld, diskFull, openBench } from '../support/copilot-bench.ts';
import type { Meets } from '../support/fake-cluster.ts';
import { fakePolicy } from '../support/fake-policy.ts';
import { allow, askFor, denial } from '../support/incident-facts.ts';

const writes = (verdict: typeof denial) => fakePolicy(({ action }) => (action.class === 'write' ? verdict : allow));

describe('what the API server answers to a change', () => {
  it('T10: a refused guard sends it back to people: superseded, with what differs, and a new approval', async () => {
    const { world, bench } = await benchAtTheCard();
    const first = bench.approval() ?? '';
    world.cluster.onSend(() => {
      world.cluster.onSend(undefined);
      world.cluster.setMode('debug');
    });
    await bench.click();
    await bench.settle();
    expect(world.cluster.changes).toEqual([]);
    expect(bench.incident().approvals[first]).toMatchObject({
      status: 'superseded',
      why: expect.stringMatching(/\/spec\/template changed: it was .* it is now /),
    });
    expect(bench.run().status).toBe('waiting');
    const second = bench.approval() ?? '';
    expect(second).not.toBe(first);
    expect(await bench.click('approve', { approval: first })).toMatchObject({
      code: 'approval.already-decided',
      sentence: expect.stringMatching(/newer card/),
    });
    expect(world.cluster.changes).toEqual([]);
    await bench.click('approve', { approval: second });
    await bench.settle();
    expect(world.cluster.changes).toHaveLength(1);
    await bench.stop();
  });

  it('a rejection ends the run: nothing was changed, nothing is sent again', async () => {
    const { world, bench } = await benchAtTheCard();
    world.cluster.meet('write.rejected');
    await bench.click();
    await bench.pass(600_000);
    expect([world.cluster.sends(), world.cluster.changes]).toEqual([1, []]);
    expect(bench.run().status).toBe('failed');
    await bench.stop();
  });

  it.each<[meets: Meets[], sends: number, status: string]>([
    [['write.not-sent'], 2, 'succeeded'],
    [['write.not-sent', 'write.not-sent'], 3, 'succeeded'],
    [['write.not-sent', 'write.not-sent', 'write.not-sent'], 3, 'failed'],
  ])(
    'what certainly did not arrive (%j) is sent again at most twice, under the same intent',
    async (meets, sends, status) => {
      const { world, bench } = await benchAtTheCard();
      world.cluster.meet(...meets);
      await bench.click();
      await bench.pass(60_000);
      expect(world.cluster.sends()).toBe(sends);
      expect(bench.run().status).toBe(status);
      expect((await bench.types()).filter((type) => type === 'action-intended')).toHaveLength(1);
      expect(world.cluster.changes.length).toBe(status === 'succeeded' ? 1 : 0);
      await bench.stop();
    },
  );

  it.each<[meets: Meets, changes: number, status: string]>([
    ['lost-after', 1, 'succeeded'],
    ['lost-before', 0, 'failed'],
  ])('a lost answer (%s) is looked after, and never sent again', async (meets, changes, status) => {
    const { world, bench } = await benchAtTheCard();
    world.cluster.meet(meets);
    await bench.click();
    await bench.pass(60_000);
    expect([world.cluster.sends(), world.cluster.changes.length]).toEqual([1, changes]);
    expect(bench.run().status).toBe(status);
    const observed = (await bench.events()).find(
      ({ type, body }) => type === 'action-executed' && body.observed === true,
    );
    expect(observed !== undefined).toBe(changes === 1);
    await bench.stop();
  });

  it('I7: an answer that was lost, on an object that is neither as before nor as after, is unknown, and a person decides', async () => {
    const { world, bench } = await benchAtTheCard();
    world.cluster.meet('lost-before');
    world.cluster.onSend(() => world.cluster.setImage('shop/checkout:v9'));
    await bench.click();
    await bench.pass(60_000);
    expect(bench.run()).toMatchObject({ status: 'unknown', reason: expect.stringMatching(/cannot be told/) });
    expect(world.cluster.sends()).toBe(1);
    await bench.stop();
  });

  it('a cluster that is gone after a lost answer is waited for, then the end is unknown', async () => {
    const { world, bench } = await benchAtTheCard();
    world.cluster.meet('lost-after');
    world.cluster.onSend(() => world.cluster.breakReads(problem('cluster.unreachable', 'No route.')));
    await bench.click();
    await bench.pass(50_000);
    expect(bench.run().status).toBe('running');
    await bench.pass(20_000);
    expect(bench.run().status).toBe('unknown');
    expect(world.cluster.sends()).toBe(1);
    await bench.stop();
  });
});

describe('a rollback', () => {
  it.each<[meets: Meets, status: string, reason: RegExp]>([
    ['write.guard-refused', 'failed', /The rollback failed/],
    ['write.rejected', 'failed', /The rollback failed/],
    ['lost-after', 'failed', /It was rolled back/],
    ['lost-before', 'failed', /The rollback failed/],
  ])('that meets %s ends the run, and is told', async (meets, status, reason) => {
    const { world, bench } = await benchAtTheCard({ heals: false });
    world.cluster.meet('works', meets);
    await bench.click();
    await bench.pass(120_000);
    expect(bench.run()).toMatchObject({ status, reason: expect.stringMatching(reason) });
    expect(world.cluster.sends()).toBe(2);
    await bench.stop();
  });

  it('is not sent over what somebody changed meanwhile', async () => {
    const { world, bench } = await benchAtTheCard({ heals: false });
    await bench.click();
    await bench.settle();
    world.cluster.setImage('shop/checkout:v7');
    await bench.pass(300_000);
    expect(world.cluster.sends()).toBe(1);
    expect(world.cluster.image()).toBe('shop/checkout:v7');
    expect(bench.run()).toMatchObject({ status: 'failed', reason: expect.stringMatching(/The rollback failed/) });
    await bench.stop();
  });

  it('T10: is not sent to another object of the same name', async () => {
    const { world, bench } = await benchAtTheCard({ heals: false });
    await bench.click();
    await bench.settle();
    world.cluster.recreate();
    await bench.pass(300_000);
    expect(world.cluster.changes.map(({ role }) => role)).toEqual(['action']);
    expect(bench.run()).toMatchObject({ status: 'failed', reason: expect.stringMatching(/The rollback failed/) });
    expect(bench.run().targetsReleased).toBe(true);
    await bench.stop();
  });

  it('is not sent when policy denies it now', async () => {
    let verdict: typeof denial = askFor();
    const policy = fakePolicy(({ action }) => (action.class === 'write' ? verdict : allow));
    const { world, bench } = await benchAtTheCard({ heals: false, policy });
    await bench.click();
    await bench.settle();
    verdict = denial;
    await bench.pass(300_000);
    expect(world.cluster.changes.map(({ role }) => role)).toEqual(['action']);
    expect(bench.run()).toMatchObject({ status: 'failed', reason: expect.stringMatching(/The rollback failed/) });
    await bench.stop();
  });
});

describe('no write without its verdict', () => {
  it('none when policy denies', async () => {
    const { world, bench } = await benchAtTheCard({ policy: writes(denial) });
    await bench.pass(10_000);
    expect(bench.run()).toMatchObject({ status: 'stopped', reason: expect.stringMatching(/protected/) });
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('none when policy throws', async () => {
    const policy = fakePolicy(({ action }) => {
      if (action.class === 'write') throw new Error('the wasm trapped');
      return allow;
    });
    const { world, bench } = await benchAtTheCard({ policy });
    await bench.pass(120_000);
    expect(bench.run()).toMatchObject({ status: 'failed', reason: expect.stringMatching(/the wasm trapped/) });
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('T16: none when policy denies after the yes', async () => {
    let verdict: typeof denial = askFor();
    const policy = fakePolicy(({ action }) => (action.class === 'write' ? verdict : allow));
    const { world, bench } = await benchAtTheCard({ policy });
    const approval = bench.approval() ?? '';
    verdict = denial;
    await bench.click();
    await bench.settle();
    expect(bench.run()).toMatchObject({ status: 'stopped', reason: expect.stringMatching(/protected/) });
    expect(bench.incident().approvals[approval]?.status).toBe('revoked');
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('T16: a policy that wants one more asks again, with a new card', async () => {
    let count = 1;
    const policy = fakePolicy(({ action }) =>
      action.class === 'write' ? askFor([{ group: 'sre-leads', count }]) : allow,
    );
    const { world, bench } = await benchAtTheCard({ policy });
    count = 2;
    await bench.click();
    await bench.settle();
    expect(world.cluster.sends()).toBe(0);
    expect(bench.run().status).toBe('waiting');
    expect(Object.values(bench.incident().approvals).map(({ status }) => status)).toEqual(['superseded', 'pending']);
    await bench.stop();
  });

  it('T16: another policy bundle asks again, whatever it says', async () => {
    const policy = {
      ...fakePolicy(({ action }) => (action.class === 'write' ? askFor() : allow)),
      digest: '1'.repeat(64),
    };
    const { world, bench } = await benchAtTheCard({ policy });
    Object.assign(policy, { digest: '2'.repeat(64) });
    await bench.click();
    await bench.settle();
    expect(world.cluster.sends()).toBe(0);
    expect(Object.values(bench.incident().approvals).map(({ why }) => why)).toEqual(['The policy was changed.', null]);
    await bench.stop();
  });

  it('none when the dry run is refused at execution', async () => {
    const { world, bench } = await benchAtTheCard();
    world.cluster.meetRehearsal('write.rejected', 'write.rejected');
    await bench.click();
    await bench.pass(10_000);
    expect(world.cluster.sends()).toBe(0);
    expect(bench.run().status).toBe('failed');
    await bench.stop();
  });
});

describe('T10: a target that changed while people thought', () => {
  it('deleted and created again: void, and asked anew', async () => {
    const { world, bench } = await benchAtTheCard();
    world.cluster.recreate();
    await bench.click();
    await bench.settle();
    expect(world.cluster.sends()).toBe(0);
    expect(Object.values(bench.incident().approvals)[0]).toMatchObject({
      status: 'superseded',
      why: expect.stringMatching(/created again/),
    });
    expect(bench.run().status).toBe('waiting');
    await bench.stop();
  });

  it('mended by somebody else: the yes to the undo does not cover undoing that', async () => {
    const { world, bench } = await benchAtTheCard();
    const approval = bench.approval() ?? '';
    world.cluster.setImage('shop/checkout:v1');
    await bench.click();
    await bench.pass(10_000);
    expect(world.cluster.sends()).toBe(0);
    expect(bench.incident().approvals[approval]?.status).toBe('superseded');
    // And nobody is asked to go back to the bad image: what the runbook is for is gone.
    expect(bench.run()).toMatchObject({ status: 'failed', reason: expect.stringMatching(/inputs\.image/) });
    expect(Object.keys(bench.incident().approvals)).toEqual([approval]);
    await bench.stop();
  });

  it(`changed more than ${maxSuperseded} times: a person takes over`, async () => {
    const { world, bench } = await benchAtTheCard();
    for (let time = 0; time <= maxSuperseded; time += 1) {
      expect(bench.run().status).toBe('waiting');
      world.cluster.setMode(`debug-${time}`);
      await bench.click();
      await bench.settle();
    }
    expect(bench.run()).toMatchObject({ status: 'stopped', reason: expect.stringMatching(/kept changing/) });
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });
});

describe('a journal that takes nothing', () => {
  it('no change without a durable intent, and it goes on when the disk is back', async () => {
    const { world, bench } = await benchAtTheCard();
    await bench.click();
    world.disk = () => diskFull;
    await bench.pass(30_000);
    expect(world.cluster.sends()).toBe(0);
    expect(bench.problems.join(' ')).toContain('The disk is full');
    world.disk = () => undefined;
    await bench.pass(60_000);
    expect(world.cluster.changes).toHaveLength(1);
    expect(bench.run().status).toBe('succeeded');
    await bench.stop();
  });

  it('the outcome of a change is kept until the journal takes it', async () => {
    const { world, bench } = await benchAtTheCard();
    world.cluster.onSend(() => {
      world.disk = () => diskFull;
    });
    await bench.click();
    await bench.pass(30_000);
    expect(world.cluster.changes).toHaveLength(1);
    expect((await bench.types()).at(-1)).toBe('action-intended');
    world.disk = () => undefined;
    await bench.pass(30_000);
    expect(world.cluster.sends()).toBe(1);
    expect(bench.run().status).toBe('succeeded');
    await bench.stop();
  });

  it.each(Array.from({ length: 22 }, (_, n) => n + 1))(
    'that refuses append %i once loses nothing and doubles nothing',
    async (n) => {
      const world = createWorld();
      let appends = 0;
      world.disk = () => {
        appends += 1;
        return appends === n ? diskFull : undefined;
      };
      const bench = await openBench(world);
      await bench.start();
      if (!(await bench.receive()).ok) await bench.receive();
      await bench.pass(30_000);
      await bench.click().catch(() => bench.click());
      await bench.pass(60_000);
      expect(world.cluster.changes).toHaveLength(1);
      expect(bench.run().status).toBe('succeeded');
      await bench.pass(30_000);
      expect(bench.run().targetsReleased).toBe(true);
      await bench.stop();
    },
  );
});
