import { describe, expect, it } from 'vitest';
import { type Bench, createWorld, mortal, openBench, type World } from '../support/copilot-bench.ts';
import type { Meets } from '../support/fake-cluster.ts';
import { alertGroup } from '../support/incident-facts.ts';

/**
 * One incident from its alert to its end, with a process that dies at one point and a second one that takes over: the same journal, the same cluster. What people
 * and Alertmanager do is done again when nobody answered, as they would.
 */
async function playWithDeath(
  world: World,
  dies: (append: number) => 'before' | 'after' | undefined,
): Promise<{ bench: Bench; appends: number; died: boolean }> {
  const first = mortal(world.journal, dies);
  const before = await openBench(world, { journal: first.journal });
  await before.start();
  void before.receive();
  await world.clock.advance(5_000);
  if (!first.isDead()) void before.click();
  await world.clock.advance(120_000);
  const died = first.isDead() || world.cluster.sends() > world.cluster.changes.length;
  first.kill();
  const bench = await openBench(world);
  await bench.start();
  await bench.receive();
  await world.clock.advance(20_000);
  if (bench.incident().runs.at(-1)?.status === 'waiting') await bench.click();
  await world.clock.advance(300_000);
  return { bench, appends: first.appends(), died };
}

/** I3 and I7: what must hold whatever happened. */
async function expectInvariants(world: World, bench: Bench): Promise<void> {
  const { runs, approvals } = bench.incident();
  for (const role of ['action', 'rollback'] as const)
    expect(world.cluster.changes.filter((change) => change.role === role).length).toBeLessThanOrEqual(1);
  const events = await bench.events();
  for (const change of world.cluster.changes) {
    const intent = events.find(({ seq }) => seq === change.intentSeq);
    expect(intent).toMatchObject({ type: 'action-intended', body: { digest: change.digest, role: change.role } });
    if (change.role === 'rollback') continue;
    const approval = approvals[String(intent?.body.approval)];
    expect(approval?.digest).toBe(change.digest);
    expect(approval?.given.map(({ by }) => by.id)).toEqual(['U-LENA']);
    expect(approval?.given.every(({ seq }) => seq < change.intentSeq)).toBe(true);
  }
  expect(runs).toHaveLength(1);
  expect(runs[0]?.endedAt).not.toBeNull();
  expect(runs[0]?.targetsReleased).toBe(true);
  expect(world.journal.streams().filter((stream) => stream.startsWith('incident/'))).toEqual(['incident/INC-1']);
}

describe.each([
  ['heals', true],
  ['does not heal', false],
] as const)('a process that dies while a change %s', async (_what, heals) => {
  const dry = createWorld({ heals });
  const { appends } = await playWithDeath(dry, () => undefined);

  it('writes enough to be worth dying for', () => {
    expect(appends).toBeGreaterThan(15);
  });

  const points = Array.from({ length: appends }, (_, n) => n + 1).flatMap((n) => [
    [n, 'before'] as const,
    [n, 'after'] as const,
  ]);
  it.each(points)('at append %i, %s it is on disk', async (n, moment) => {
    const world = createWorld({ heals });
    const { bench, died } = await playWithDeath(world, (append) => (append === n ? moment : undefined));
    expect(died).toBe(true);
    await expectInvariants(world, bench);
    const { status } = bench.run();
    if (world.cluster.changes.length === 0) expect(status).toBe('failed');
    else expect(status).toBe(heals ? 'succeeded' : 'failed');
    await bench.stop();
  });

  const deaths: [what: string, meets: Meets[], sends: number, made: string[]][] = heals
    ? [
        ['the change is sent', ['dies-before'], 1, []],
        ['the change was stored', ['dies-after'], 1, ['action']],
      ]
    : [
        ['the change is sent', ['dies-before'], 1, []],
        ['the change was stored', ['dies-after'], 2, ['action', 'rollback']],
        ['the rollback is sent', ['works', 'dies-before'], 2, ['action']],
        ['the rollback was stored', ['works', 'dies-after'], 2, ['action', 'rollback']],
      ];
  it.each(deaths)('when %s', async (_what, meets, sends, made) => {
    const world = createWorld({ heals });
    world.cluster.meet(...meets);
    const { bench } = await playWithDeath(world, () => undefined);
    await expectInvariants(world, bench);
    expect([world.cluster.sends(), world.cluster.changes.map(({ role }) => role)]).toEqual([sends, made]);
    expect(bench.run().status).toBe(heals && made.length > 0 ? 'succeeded' : 'failed');
    await bench.stop();
  });
});

describe('a process that was away for long', () => {
  it('does not roll a good change back for the time it was away', async () => {
    const world = createWorld();
    const first = mortal(world.journal, () => undefined);
    const before = await openBench(world, { journal: first.journal });
    await before.start();
    await before.receive();
    await before.settle();
    await before.click();
    await before.settle();
    expect(world.cluster.changes).toHaveLength(1);
    first.kill();
    await world.clock.advance(3_600_000);
    const bench = await openBench(world);
    await bench.start();
    await bench.pass(30_000);
    expect(bench.run().status).toBe('succeeded');
    expect(world.cluster.changes).toHaveLength(1);
    await bench.stop();
  });

  it('T11: finds an approval that ran out meanwhile, and runs nothing', async () => {
    const world = createWorld();
    const first = mortal(world.journal, () => undefined);
    const before = await openBench(world, { journal: first.journal });
    await before.start();
    await before.receive();
    await before.settle();
    const approval = before.approval() ?? '';
    first.kill();
    await world.clock.advance(3_600_000);
    const bench = await openBench(world);
    await bench.start();
    expect(bench.run()).toMatchObject({ status: 'stopped', reason: expect.stringMatching(/ran out/) });
    expect(await bench.click('approve', { approval })).toMatchObject({ code: 'approval.already-decided' });
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('T4: knows a card that an earlier process posted', async () => {
    const world = createWorld();
    const first = mortal(world.journal, () => undefined);
    const before = await openBench(world, { journal: first.journal });
    await before.start();
    await before.receive();
    await before.settle();
    first.kill();
    const bench = await openBench(world);
    await bench.start();
    expect(await bench.click()).toMatchObject({ code: 'approval.granted' });
    await bench.pass(30_000);
    expect(world.cluster.changes).toHaveLength(1);
    await bench.stop();
  });

  it('takes the signals that waited in the inbox, and means what they meant when they came', async () => {
    const world = createWorld();
    const first = await openBench(world);
    await first.receive();
    await first.receive(alertGroup({ group: 'group-2' }));
    await world.clock.advance(7_200_000);
    const bench = await openBench(world);
    await bench.start();
    await bench.settle();
    expect(bench.incidents.all().map(({ reference }) => reference)).toEqual(['INC-1', 'INC-2']);
    expect(bench.incident().openedAt).toBe('2026-11-21T03:04:05.678Z');
    await bench.stop();
  });
});
