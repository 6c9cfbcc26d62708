import { describe, expect, it } from 'vitest';
import { createReceiveSignal } from '../../src/workflows/receive-signal.ts';
import { createWorld, diskFull, openBench } from '../support/copilot-bench.ts';
import { alert, alertGroup, ann } from '../support/incident-facts.ts';

const actor = { kind: 'signal', name: 'Alertmanager' } as const;
const inboxOf = async (world: ReturnType<typeof createWorld>) =>
  (await world.journal.read('inbox')).map(({ type }) => type);

describe('receiving signals', () => {
  it('is durable before it is answered', async () => {
    const world = createWorld();
    const receive = await createReceiveSignal(world);
    const answered = await receive(alertGroup(), actor);
    expect(answered).toMatchObject({ ok: true, value: { repeated: false } });
    expect(await inboxOf(world)).toEqual(['signal-received']);
  });

  it('I2: of 100 identical notifications at once one is stored, and all are answered with its id', async () => {
    const world = createWorld();
    const receive = await createReceiveSignal(world);
    const answers = await Promise.all(Array.from({ length: 100 }, () => receive(alertGroup(), actor)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(new Set(answers.map((answer) => (answer.ok ? answer.value.signalId : ''))).size).toBe(1);
    expect(answers.filter((answer) => answer.ok && !answer.value.repeated)).toHaveLength(1);
    expect(await inboxOf(world)).toHaveLength(1);
  });

  it('T18: a notification sent again after a restart is recognised', async () => {
    const world = createWorld();
    await (await createReceiveSignal(world))(alertGroup(), actor);
    const again = await (await createReceiveSignal(world))(alertGroup(), actor);
    expect(again).toMatchObject({ ok: true, value: { repeated: true } });
    expect(await inboxOf(world)).toHaveLength(1);
  });

  it('a group that fires, ends and fires again is news each time, even while the disk is busy', async () => {
    const world = createWorld();
    const receive = await createReceiveSignal(world);
    const ends = alertGroup({ status: 'resolved' });
    const answers = await Promise.all([alertGroup(), ends, alertGroup(), ends, ends].map((it) => receive(it, actor)));
    expect(answers.map((answer) => answer.ok && answer.value.repeated)).toEqual([false, false, false, false, true]);
    expect(await inboxOf(world)).toHaveLength(4);
  });

  it('keeps the order in which signals came, in few appends', async () => {
    const world = createWorld();
    const receive = await createReceiveSignal(world);
    const groups = Array.from({ length: 200 }, (_, n) => `group-${n}`);
    await Promise.all(groups.map((group) => receive(alertGroup({ group }), actor)));
    const stored = await world.journal.read('inbox');
    expect(stored.map(({ body }) => (body.signal as { group: string }).group)).toEqual(groups);
  });

  it('a full disk is told to all who wait, nothing is remembered, and the next try is stored', async () => {
    const world = createWorld();
    const receive = await createReceiveSignal(world);
    world.disk = () => diskFull;
    const refused = await Promise.all([1, 2, 3].map(() => receive(alertGroup(), actor)));
    for (const answer of refused) expect(answer).toMatchObject({ ok: false, error: { code: 'journal.unavailable' } });
    world.disk = () => undefined;
    expect(await receive(alertGroup(), actor)).toMatchObject({ ok: true, value: { repeated: false } });
    expect(await inboxOf(world)).toHaveLength(1);
  });

  it('one signal that cannot be journalled takes no other with it', async () => {
    const world = createWorld();
    const receive = await createReceiveSignal(world);
    const broken = alertGroup({ group: 'broken', externalUrl: '\ud800' });
    const answers = await Promise.allSettled([
      receive(alertGroup({ group: 'a' }), actor),
      receive(broken, actor),
      receive(alertGroup({ group: 'b' }), actor),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await receive(alertGroup({ group: 'c' }), actor)).toMatchObject({ ok: true });
    expect(await inboxOf(world)).toHaveLength(3);
  });

  it('two writers of the inbox do not lose each other’s signals', async () => {
    const world = createWorld();
    const [one, two] = [await createReceiveSignal(world), await createReceiveSignal(world)];
    await Promise.all([
      ...Array.from({ length: 20 }, (_, n) => one(alertGroup({ group: `one-${n}` }), actor)),
      ...Array.from({ length: 20 }, (_, n) => two(alertGroup({ group: `two-${n}` }), actor)),
    ]);
    expect(await inboxOf(world)).toHaveLength(40);
  });
});

describe('taking signals', () => {
  it('I2: the same notification from two Alertmanagers, 100 times, is one incident', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    await Promise.all(Array.from({ length: 100 }, () => bench.receive()));
    await bench.settle();
    expect(bench.incidents.all()).toHaveLength(1);
    expect((await bench.types()).filter((type) => type === 'plan-made')).toHaveLength(1);
    await bench.stop();
  });

  it('50 ends and beginnings of one group are one incident', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    for (let n = 0; n < 50; n += 1) {
      await bench.receive(alertGroup({ status: 'resolved' }));
      await bench.receive(alertGroup());
      await bench.settle();
    }
    expect(bench.incidents.all()).toHaveLength(1);
    expect(bench.incident().runs.filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('opens a second incident when the group comes back after the time to reopen', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    await bench.receive();
    await bench.settle();
    await bench.receive(alertGroup({ status: 'resolved' }));
    await bench.settle();
    await bench.pass(1_800_001);
    await bench.receive();
    await bench.settle();
    expect(bench.incidents.all().map(({ reference, opened }) => [reference, opened.previous])).toEqual([
      ['INC-1', null],
      ['INC-2', 'INC-1'],
    ]);
    await bench.stop();
  });

  it('notes what it ignores, and does not look at it again', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    const labels = { alertname: 'Watchdog' };
    await bench.receive(alertGroup({ groupLabels: labels, commonLabels: labels, alerts: [alert({ labels })] }));
    await bench.settle();
    expect(await inboxOf(world)).toEqual(['signal-received', 'signal-ignored']);
    await bench.stop();
    const again = await openBench(world);
    await again.start();
    await again.settle();
    expect(await inboxOf(world)).toHaveLength(2);
    await again.stop();
  });

  it('I1: nothing that is in the inbox is lost when the disk refuses for a while', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    await Promise.all([1, 2, 3].map((n) => bench.receive(alertGroup({ group: `group-${n}` }))));
    world.disk = (stream) => (stream.startsWith('incident/') ? diskFull : undefined);
    await bench.pass(10_000);
    expect(bench.problems.join(' ')).toMatch(/waits in the inbox/);
    world.disk = () => undefined;
    await bench.pass(10_000);
    expect(bench.incidents.all().map(({ group }) => group)).toEqual(['group-1', 'group-2', 'group-3']);
    await bench.stop();
  });

  it('reopens by when a signal came, not by when it was taken', async () => {
    const world = createWorld();
    const first = await openBench(world);
    await first.start();
    await first.receive();
    await first.settle();
    await first.receive(alertGroup({ status: 'resolved' }));
    await first.settle();
    expect(first.incident().phase).toBe('resolved');
    await first.stop();
    await world.clock.advance(60_000);
    await first.receive();
    await world.clock.advance(7_200_000);
    const second = await openBench(world);
    await second.start();
    await second.settle();
    expect(second.incidents.all().map(({ reference, phase }) => [reference, phase])).toEqual([['INC-1', 'open']]);
    await second.stop();
  });

  it('takes what was not yet taken when the process ended, once', async () => {
    const world = createWorld();
    const first = await openBench(world);
    await first.receive(alertGroup({ group: 'a' }));
    await first.receive(alertGroup({ group: 'b' }));
    for (let start = 0; start < 3; start += 1) {
      const bench = await openBench(world);
      await bench.start();
      await bench.stop();
    }
    expect(world.journal.streams().filter((stream) => stream.startsWith('incident/'))).toHaveLength(2);
  });

  it('a signal that no incident can hold is noted, told and left behind: the next one is taken', async () => {
    const world = createWorld();
    const settings = {
      routeOf: (labels: Readonly<Record<string, string>>) => ({
        channel: labels.channel ?? 'C-OPS',
        approvers: [],
        autonomy: 'assist' as const,
      }),
    };
    const bench = await openBench(world, { settings });
    await bench.start();
    const labels = { alertname: 'Odd', namespace: 'shop', channel: '' };
    await bench.receive(alertGroup({ group: 'odd', commonLabels: labels, alerts: [alert({ labels })] }));
    await bench.receive();
    await bench.settle();
    expect(await inboxOf(world)).toEqual(['signal-received', 'signal-received', 'signal-ignored']);
    expect(bench.problems.join(' ')).toMatch(/could not be taken/);
    expect(bench.incidents.all()).toHaveLength(1);
    await bench.stop();
    const next = await openBench(world);
    await next.start();
    expect(next.incidents.all()).toHaveLength(1);
    await next.stop();
  });

  it.each([
    ['an empty severity', { severity: '' }],
    ['an empty name', { alertname: '' }],
    ['an empty namespace', { namespace: '' }],
    ['an empty object', { deployment: '', pod: '' }],
    ['nothing at all', {}],
    ['odd names', { __proto__x: 'x', constructor: 'y', 'a/b': '\u202e' }],
  ])('an alert with %s opens an incident that a restart can read', async (_what, labels) => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    await bench.receive(alertGroup({ groupLabels: {}, commonLabels: labels, alerts: [alert({ labels })] }));
    await bench.settle();
    expect(bench.incidents.all()).toHaveLength(1);
    await bench.stop();
    const again = await openBench(world);
    expect(again.incidents.all()).toHaveLength(1);
  });

  it('a stop for nothing and a run of nothing are noted, not lost', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    await bench.command('stop', '');
    await bench.command('run', 'rollout-bad-image', { incident: 'INC-9', person: ann });
    await bench.settle();
    const notes = (await world.journal.read('inbox')).filter(({ type }) => type === 'signal-ignored');
    expect(notes.map(({ body }) => body.why)).toEqual([
      'no run is under way',
      'there is no open incident to run it in',
    ]);
    await bench.stop();
  });
});
