import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, type Sighting } from '../../../src/core/detection/sighting.ts';
import { createWatchList, type Due, type WatchList } from '../../../src/core/detection/watch-list.ts';

const minute = 60_000;
const start = Date.parse('2026-11-21T04:00:00.000Z');
const sighting = (name = 'checkout', more: Partial<Sighting> = {}): Sighting => ({
  rule: 'pod-crash-looping',
  severity: 'warning',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name },
  uid: `u-${name}`,
  related: [],
  summary: 'It ends.',
  since: undefined,
  ...more,
});
const settings = { minAgeMs: 2 * minute, maxEntries: 100, maxOpeningsPerMinute: 30, retellAfterMs: 30 * minute };

/** A list with a clock: looks a minute apart, and tells what is due. */
function bench(more: Partial<typeof settings> = {}) {
  const list = createWatchList({ ...settings, ...more });
  let now = start;
  const told: Due[] = [];
  const held = new Set<string>();
  return {
    list,
    told,
    held,
    now: () => now,
    pass(ms: number) {
      now += ms;
    },
    look(sightings: readonly Sighting[], covers: (namespace: string | undefined) => boolean = () => true) {
      now += minute;
      list.observe({ look: 'pods', source: 'scan', sightings, covers }, now);
      return this.tell();
    },
    tell() {
      const due = list.due(now, (fingerprint) => held.has(fingerprint));
      for (const one of due) {
        list.told(one, now);
        told.push(one);
        if (one.status === 'firing') held.add(one.fingerprint);
        else held.delete(one.fingerprint);
      }
      return due.map(({ status, occurrences }) => `${status} ${occurrences}`);
    },
  };
}
const said = (list: WatchList, now: number) => list.due(now, () => true).map(({ status }) => status);

describe('the list of what is watched', () => {
  it('tells once it is old enough, and not again while it lasts', () => {
    const one = bench();
    expect([1, 2, 3, 4, 5].map(() => one.look([sighting()]))).toEqual([[], [], ['firing 1'], [], []]);
  });

  it('believes the cluster that it is old already, but not one look alone', () => {
    const one = bench();
    const old = sighting('checkout', { since: start - 60 * minute });
    expect([one.look([old]), one.look([old])]).toEqual([[], ['firing 1']]);
    expect(one.told[0]).toMatchObject({ since: new Date(start - 60 * minute).toISOString(), status: 'firing' });
  });

  it.each([
    ['a clock that is ahead', 3_600_000],
    ['a clock of another century', 4_000_000_000_000],
  ])('is not kept waiting by %s', (_what, ahead) => {
    const one = bench();
    const later = sighting('checkout', { since: start + ahead });
    expect([1, 2, 3].map(() => one.look([later]))).toEqual([[], [], ['firing 1']]);
    expect(Date.parse(one.told[0]?.since ?? '')).toBeLessThanOrEqual(one.now());
  });

  it('lets what starts slowly start', () => {
    const one = bench();
    const slow = sighting('checkout', { rule: 'pod-not-ready' });
    expect([1, 2, 3, 4, 5].flatMap(() => one.look([slow]))).toEqual([]);
    expect(one.look([slow])).toEqual(['firing 1']);
  });

  it('forgets what was a moment of a start', () => {
    const one = bench();
    one.look([sighting()]);
    expect([one.look([]), one.list.size()]).toEqual([[], 0]);
    expect([one.look([sighting()]), one.look([sighting()])]).toEqual([[], []]);
  });

  it('ends it once it is gone in two looks', () => {
    const one = bench();
    for (let index = 0; index < 3; index += 1) one.look([sighting()]);
    expect([one.look([]), one.look([]), one.look([])]).toEqual([[], ['resolved 0'], []]);
  });

  it('does not end it by a look that did not see its place', () => {
    const one = bench();
    for (let index = 0; index < 3; index += 1) one.look([sighting()]);
    for (let index = 0; index < 10; index += 1) expect(one.look([], () => false)).toEqual([]);
    one.list.observe({ look: 'nodes', source: 'scan', sightings: [], covers: () => true }, one.now());
    expect(one.tell()).toEqual([]);
  });

  it('is one for all pods of a workload', () => {
    const one = bench();
    for (let index = 0; index < 3; index += 1) one.look(Array.from({ length: 50 }, () => sighting()));
    expect([one.told.length, one.list.size()]).toEqual([1, 1]);
  });

  it('does not believe many pods in one look more than one', () => {
    const one = bench({ minAgeMs: 0 });
    expect(one.look([sighting(), sighting()])).toEqual([]);
  });

  it('tells what flaps ever less often, with the number of times between', () => {
    const one = bench({ minAgeMs: 0 });
    for (let index = 0; index < 60; index += 1) {
      one.look([sighting()]);
      one.look([sighting()]);
      one.look([]);
      one.look([]);
    }
    const firing = one.told.filter(({ status }) => status === 'firing');
    const starts = firing.reduce((sum, { occurrences }) => sum + occurrences, 0);
    expect(one.told.length).toBeLessThan(60);
    expect(starts).toBeGreaterThanOrEqual(58);
    expect(Math.max(...firing.map(({ occurrences }) => occurrences))).toBeGreaterThan(1);
    const gaps = one.told.slice(1).map(({ at }, index) => Date.parse(at) - Date.parse(one.told[index]?.at ?? ''));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(minute);
  });

  it('says the same again until it is told', () => {
    const one = bench({ minAgeMs: 0 });
    one.list.observe({ look: 'pods', source: 'scan', sightings: [sighting()], covers: () => true }, start);
    one.list.observe({ look: 'pods', source: 'scan', sightings: [sighting()], covers: () => true }, start + 1);
    expect([said(one.list, start + 2), said(one.list, start + 3)]).toEqual([['firing'], ['firing']]);
  });

  it('begins no more than so many in a minute, the worst first; the rest follows', () => {
    const one = bench({ minAgeMs: 0, maxOpeningsPerMinute: 10 });
    const many = Array.from({ length: 25 }, (_, index) =>
      sighting(`w-${index}`, index === 24 ? { severity: 'critical' } : {}),
    );
    one.look(many);
    const counts = [one.look(many), one.look(many), one.look(many), one.look(many)].map((due) => due.length);
    expect(counts).toEqual([10, 10, 5, 0]);
    expect(one.told[0]?.severity).toBe('critical');
  });

  it('takes no more than it can hold, says so, and keeps what was told', () => {
    const one = bench({ minAgeMs: 0, maxEntries: 5 });
    const first = [sighting('kept')];
    one.look(first);
    one.look(first);
    const flood = Array.from({ length: 500 }, (_, index) => sighting(`w-${index}`));
    one.look([...first, ...flood]);
    expect(one.list.size()).toBeLessThanOrEqual(5);
    one.look([]);
    one.look([]);
    expect(one.told.find(({ status }) => status === 'resolved')?.object.name).toBe('kept');
  });

  it('goes on after a restart with what an incident holds: no second beginning, and its end', () => {
    const one = bench();
    const { object } = sighting();
    const fingerprint = fingerprintOf(sighting());
    const since = new Date(start - minute).toISOString();
    one.list.resume([{ fingerprint, rule: 'pod-crash-looping', object, source: 'scan', since }], start);
    one.held.add(fingerprint);
    expect([one.look([sighting()]), one.look([sighting()]), one.look([sighting()])]).toEqual([[], [], []]);
    expect([one.look([]), one.look([])]).toEqual([[], ['resolved 0']]);
  });

  it('tells again, after a while, what a person closed though it goes on', () => {
    const one = bench();
    for (let index = 0; index < 90; index += 1) one.look([sighting()]);
    one.held.clear();
    const later = Array.from({ length: 30 }, () => one.look([sighting()])).flat();
    expect(later).toEqual([]);
    expect([one.look([sighting()]), one.look([sighting()])]).toEqual([['firing 0'], []]);
  });

  it('alternates beginnings and ends, whatever it sees', () => {
    const looks = fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.integer({ min: 1, max: 20 })), { maxLength: 80 });
    fc.assert(
      fc.property(looks, (seen) => {
        const one = bench({ minAgeMs: minute });
        for (const [isSeen, isCovered, minutes] of seen) {
          one.pass((minutes - 1) * minute);
          one.look(isSeen ? [sighting()] : [], () => isCovered);
        }
        const statuses = one.told.map(({ status, occurrences }) => `${status} ${occurrences > 0}`);
        expect(statuses[0] ?? 'firing true').toBe('firing true');
        for (const [index, { status, occurrences }] of one.told.entries()) {
          const before = one.told[index - 1]?.status;
          if (status === 'resolved') expect(before).toBe('firing');
          else if (before === 'firing') expect(occurrences).toBeGreaterThan(0);
        }
      }),
    );
  });
});
