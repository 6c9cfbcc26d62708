import { describe, expect, it } from 'vitest';
import { maxAttempts } from '../../src/core/incident/next.ts';
import { createWorld, diskFull, openBench } from '../support/copilot-bench.ts';
import { alertGroup, investigation } from '../support/incident-facts.ts';

describe('the runner', () => {
  it('tries an effect that throws again, later each time, then goes on without it and says so', async () => {
    const world = createWorld();
    const at: number[] = [];
    const bench = await openBench(world, {
      handlers: {
        investigate: async () => {
          at.push(world.clock.monotonicMs());
          throw new Error('The cluster is down.');
        },
      },
    });
    await bench.start();
    await bench.receive();
    await bench.pass(3_600_000);
    expect(at).toEqual([0, 1_000, 5_000, 20_000]);
    expect(at).toHaveLength(maxAttempts);
    expect(bench.incident().investigation?.document).toMatchObject({
      status: 'inconclusive',
      missing: [{ why: 'The cluster is down.' }],
    });
    expect(await bench.types()).toEqual([
      'incident-opened',
      ...Array(4).fill('effect-failed'),
      'investigation-finished',
    ]);
    await bench.stop();
  });

  it('waits for the time of the next try over a restart too', async () => {
    const world = createWorld();
    let tries = 0;
    const handlers = {
      investigate: async () => {
        tries += 1;
        throw new Error('The cluster is down.');
      },
    };
    const first = await openBench(world, { handlers });
    await first.start();
    await first.receive();
    await first.pass(2_000);
    await first.stop();
    expect(tries).toBe(2);
    const second = await openBench(world, { handlers });
    await second.start();
    await second.pass(2_000);
    expect(tries).toBe(2);
    await second.pass(2_000);
    expect(tries).toBe(3);
    await second.stop();
  });

  it('runs each effect once at a time, however often it is asked', async () => {
    const world = createWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    const bench = await openBench(world, {
      handlers: {
        investigate: async () => {
          running += 1;
          most = Math.max(most, running);
          await promise;
          running -= 1;
          return [
            { type: 'investigation-finished', body: { investigation: investigation(), chosen: null, why: 'none.' } },
          ];
        },
      },
    });
    await bench.start();
    for (let n = 0; n < 5; n += 1) {
      await bench.receive(alertGroup({ truncatedAlerts: n, status: n % 2 === 0 ? 'firing' : 'resolved' }));
      await bench.settle();
    }
    resolve();
    await bench.settle();
    expect(most).toBe(1);
    expect((await bench.types()).filter((type) => type === 'investigation-finished')).toHaveLength(1);
    await bench.stop();
  });

  it('does not spin on what can never be stored: it is told, tried again in time and given up', async () => {
    const world = createWorld();
    let asked = 0;
    const bench = await openBench(world, {
      handlers: {
        investigate: async () => {
          asked += 1;
          const broken = investigation({ missing: [{ source: 'a log line cut in two: \ud83d', why: 'x' }] });
          return [{ type: 'investigation-finished', body: { investigation: broken, chosen: null, why: 'none.' } }];
        },
      },
    });
    await bench.start();
    await bench.receive();
    await bench.pass(3_600_000);
    expect(asked).toBe(maxAttempts);
    expect(bench.incident().investigation?.document.status).toBe('inconclusive');
    await bench.stop();
  });

  it('stops what runs by its signal, stores nothing of it, and takes it up again at the next start', async () => {
    const world = createWorld();
    let aborted = false;
    const bench = await openBench(world, {
      handlers: {
        investigate: (_effect, _state, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(signal.reason);
            });
          }),
      },
    });
    await bench.start();
    await bench.receive();
    await bench.settle();
    await bench.stop();
    expect(aborted).toBe(true);
    expect(await bench.types()).toEqual(['incident-opened']);
    expect(bench.problems).toEqual([]);
    const next = await openBench(world);
    await next.start();
    await next.settle();
    expect(next.run().status).toBe('waiting');
    await next.stop();
    expect(world.clock.sleepers()).toBe(0);
  });

  it('keeps the end of an approval over a restart', async () => {
    const world = createWorld();
    const first = await openBench(world, { maxTtlSeconds: 60 });
    await first.start();
    await first.receive();
    await first.pass(30_000);
    await first.stop();
    const second = await openBench(world);
    await second.start();
    await second.pass(29_000);
    expect(second.run().status).toBe('waiting');
    await second.pass(1_001);
    expect(second.run().status).toBe('stopped');
    await second.stop();
  });

  it('stops although the journal takes nothing', async () => {
    const world = createWorld();
    const bench = await openBench(world);
    await bench.start();
    await bench.receive();
    world.disk = () => diskFull;
    await bench.settle();
    const stopped = bench.stop();
    await world.clock.advance(10_000);
    await stopped;
    expect(world.clock.sleepers()).toBe(0);
  });
});
