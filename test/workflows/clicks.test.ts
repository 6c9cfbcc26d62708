import { describe, expect, it } from 'vitest';
import { benchAtTheCard, createWorld, diskFull, openBench } from '../support/copilot-bench.ts';
import { fakePolicy } from '../support/fake-policy.ts';
import { allow, ann, askFor } from '../support/incident-facts.ts';

describe('clicks on an approval card', () => {
  it('T3: of 50 at the same time exactly one decides, all are answered and all are in the journal', async () => {
    const { world, bench } = await benchAtTheCard();
    world.groups['sre-leads'] = Array.from({ length: 50 }, (_, n) => `U-${n}`);
    const approval = bench.approval() ?? '';
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => {
        const person = { id: `U-${n}`, name: `Person ${n}` };
        return bench.click(n % 2 === 0 ? 'approve' : 'reject', { approval, person });
      }),
    );
    const codes = answers.map(({ code }) => code);
    expect(codes.filter((code) => code === 'approval.granted' || code === 'approval.rejected')).toHaveLength(1);
    expect(codes.filter((code) => code === 'approval.already-decided')).toHaveLength(49);
    await bench.pass(30_000);
    const types = await bench.types();
    expect(types.filter((type) => type === 'approval-refused')).toHaveLength(49);
    expect(types.filter((type) => type === 'approval-given' || type === 'approval-rejected')).toHaveLength(1);
    expect(world.cluster.sends()).toBe(codes.includes('approval.granted') ? 1 : 0);
    await bench.stop();
  });

  it('T3: a double click of one person counts once', async () => {
    const { world, bench } = await benchAtTheCard();
    const approval = bench.approval() ?? '';
    const codes = await Promise.all([1, 2].map(async () => (await bench.click('approve', { approval })).code));
    expect(codes.sort()).toEqual(['approval.already-decided', 'approval.granted']);
    await bench.pass(30_000);
    expect(world.cluster.changes).toHaveLength(1);
    await bench.stop();
  });

  it('T3: two processes on one journal decide once between them', async () => {
    const { world, bench } = await benchAtTheCard();
    const other = await openBench(world);
    const approval = bench.approval() ?? '';
    const codes = await Promise.all([bench, other].map(async (one) => (await one.click('approve', { approval })).code));
    expect(codes.sort()).toEqual(['approval.already-decided', 'approval.granted']);
    await bench.stop();
  });

  it('T4: an id that nobody knows is answered, and nothing is stored', async () => {
    const { bench } = await benchAtTheCard();
    const before = (await bench.types()).length;
    for (const approval of ['f'.repeat(32), '__proto__', 'constructor'])
      expect(await bench.click('approve', { approval })).toMatchObject({ code: 'approval.unknown' });
    expect(await bench.types()).toHaveLength(before);
    await bench.stop();
  });

  it('T8: who left the group after the card was posted cannot decide', async () => {
    const { world, bench } = await benchAtTheCard();
    world.groups['sre-leads'] = ['U-LUKAS'];
    expect(await bench.click()).toMatchObject({ code: 'approval.not-allowed' });
    expect(bench.run().status).toBe('waiting');
    await bench.stop();
  });

  it('T8: nobody decides while a group cannot be read, and everybody does again afterwards', async () => {
    const { world, bench } = await benchAtTheCard();
    const members = world.groups['sre-leads'];
    world.groups['sre-leads'] = undefined;
    for (const decision of ['approve', 'reject'] as const)
      expect(await bench.click(decision)).toMatchObject({ code: 'approval.groups-unreadable' });
    expect(bench.run().status).toBe('waiting');
    world.groups['sre-leads'] = members;
    expect(await bench.click()).toMatchObject({ code: 'approval.granted' });
    await bench.stop();
  });

  it('T8: an empty group is nobody', async () => {
    const { world, bench } = await benchAtTheCard();
    world.groups['sre-leads'] = [];
    expect(await bench.click()).toMatchObject({ code: 'approval.not-allowed' });
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('T7: the requester is not one of two', async () => {
    const policy = fakePolicy(({ action }) =>
      action.class === 'write' ? askFor([{ group: 'sre-leads', count: 2 }]) : allow,
    );
    const world = createWorld();
    const bench = await openBench(world, { policy });
    await bench.start();
    await bench.command('investigate', 'Deployment/shop/checkout');
    await bench.settle();
    await bench.command('run', 'rollout-bad-image', { incident: 'INC-1' });
    await bench.settle();
    expect(bench.run().requester).toEqual(ann);
    expect(await bench.click('approve', { person: ann })).toMatchObject({ code: 'approval.own-request' });
    expect(await bench.click()).toMatchObject({ code: 'approval.counted' });
    await bench.pass(30_000);
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('tells when a decision could not be stored, and leaves the card open', async () => {
    const { world, bench } = await benchAtTheCard();
    world.disk = () => diskFull;
    await expect(bench.click()).rejects.toThrow(/disk is full/);
    world.disk = () => undefined;
    expect(await bench.click()).toMatchObject({ code: 'approval.granted' });
    await bench.stop();
  });

  it('records who decided by id and name, and why', async () => {
    const { bench } = await benchAtTheCard();
    await bench.click('reject', { reason: 'wait for the owners' });
    const event = (await bench.events()).find(({ type }) => type === 'approval-rejected');
    expect(event).toMatchObject({
      actor: { kind: 'user', id: 'U-LENA', name: 'Lena' },
      body: { by: { id: 'U-LENA', name: 'Lena' }, reason: 'wait for the owners' },
    });
    await bench.stop();
  });
});
