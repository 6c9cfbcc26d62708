import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  newReplicaCount,
  oldReplicaCounts,
  rolloutLimits,
} from '../../../src/sandbox/cluster/controllers/rollout-arithmetic.ts';

describe('rolloutLimits', () => {
  it.each<[replicas: number, surge: number | string, unavailable: number | string, expected: object]>([
    [3, '25%', '25%', { surge: 1, unavailable: 0 }],
    [10, '25%', '25%', { surge: 3, unavailable: 2 }],
    [1, '25%', '25%', { surge: 1, unavailable: 0 }],
    [4, 0, 1, { surge: 0, unavailable: 1 }],
    [4, 0, 0, { surge: 0, unavailable: 1 }],
    [4, '0%', '10%', { surge: 0, unavailable: 1 }],
    [2, '100%', 0, { surge: 2, unavailable: 0 }],
  ])('of %i replicas with surge %s and unavailable %s', (replicas, surge, unavailable, expected) => {
    expect(rolloutLimits(replicas, surge, unavailable)).toEqual(expected);
  });
});

describe('newReplicaCount', () => {
  it.each<[why: string, desired: number, current: number, total: number, expected: number]>([
    ['grows by the surge first', 3, 0, 3, 1],
    ['waits while there is no room', 3, 1, 4, 1],
    ['grows when old ones have gone', 3, 1, 3, 2],
    ['never grows beyond what is wanted', 3, 2, 2, 3],
    ['shrinks when fewer are wanted', 2, 5, 5, 2],
  ])('%s', (_why, desired, current, total, expected) => {
    expect(newReplicaCount(desired, current, total, { surge: 1, unavailable: 0 })).toBe(expected);
  });
});

describe('oldReplicaCounts', () => {
  const limits = { surge: 1, unavailable: 0 };
  it.each<
    [
      why: string,
      fresh: { replicas: number; available: number },
      old: [string, number, number][],
      expected: Record<string, number>,
    ]
  >([
    ['keeps all old ones while the new one does not start', { replicas: 1, available: 0 }, [['a', 3, 3]], { a: 3 }],
    ['lets one go for each new one that is available', { replicas: 1, available: 1 }, [['a', 3, 3]], { a: 2 }],
    [
      'takes broken ones first, and the available ones as well as the limit lets it',
      { replicas: 3, available: 3 },
      [
        ['broken', 1, 0],
        ['a', 1, 1],
      ],
      { broken: 0, a: 0 },
    ],
    [
      'takes a broken set away and keeps the serving one',
      { replicas: 1, available: 0 },
      [
        ['broken', 1, 0],
        ['a', 3, 3],
      ],
      { broken: 0, a: 3 },
    ],
  ])('%s', (_why, fresh, old, expected) => {
    const counts = oldReplicaCounts(
      3,
      { name: 'new', ...fresh },
      old.map(([name, replicas, available]) => ({ name, replicas, available })),
      limits,
    );
    expect(Object.fromEntries(counts)).toEqual(expected);
  });

  it('never takes availability below the limit', () => {
    const set = fc
      .nat({ max: 6 })
      .chain((replicas) => fc.record({ replicas: fc.constant(replicas), available: fc.nat({ max: replicas }) }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        set,
        fc.array(set, { maxLength: 3 }),
        fc.nat({ max: 3 }),
        (desired, fresh, sets, unavailable) => {
          const old = sets.map((one, index) => ({ name: String(index), ...one }));
          const counts = oldReplicaCounts(desired, { name: 'new', ...fresh }, old, { surge: 1, unavailable });
          const before = fresh.available + old.reduce((sum, { available }) => sum + available, 0);
          const after =
            fresh.available +
            old.reduce((sum, { available, name }) => sum + Math.min(available, counts.get(name) ?? 0), 0);
          expect(after).toBeGreaterThanOrEqual(Math.min(before, Math.max(0, desired - unavailable)));
          for (const { name, replicas } of old)
            expect(counts.get(name)).toSatisfy((count: number) => count >= 0 && count <= replicas);
        },
      ),
    );
  });
});
