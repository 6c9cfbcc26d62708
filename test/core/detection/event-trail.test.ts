import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { createEventTrail } from '../../../src/core/detection/event-trail.ts';

const event = (name: string, more: object = {}): WireObject =>
  ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.1`, namespace: 'shop' },
    involvedObject: { kind: 'Pod', namespace: 'shop', name, uid: `u-${name}` },
    type: 'Warning',
    reason: 'BackOff',
    message: 'Back-off restarting failed container',
    ...more,
  }) as WireObject;
const trailOf = (maxObjects = 10) => createEventTrail({ maxObjects, forgetAfterMs: 600_000 });

describe('the trail of events', () => {
  it('gives each object once, the latest first, until it is spoken of again', () => {
    const trail = trailOf();
    ['a', 'b', 'a', 'c'].forEach((name, at) => {
      trail.hear(event(name), at);
    });
    expect(trail.take(2, 5).map(({ name, events }) => [name, events])).toEqual([
      ['c', 1],
      ['a', 2],
    ]);
    expect(trail.take(9, 5).map(({ name }) => name)).toEqual(['b']);
    expect(trail.take(9, 5)).toEqual([]);
    trail.hear(event('a'), 6);
    expect(trail.take(9, 6).map(({ name, events }) => [name, events])).toEqual([['a', 3]]);
  });

  it.each<[string, WireObject]>([
    ['a Normal event', event('a', { type: 'Normal' })],
    ['an event without a type', event('a', { type: undefined })],
    ['an event about nothing', event('a', { involvedObject: {} })],
    ['an event about a number', event('a', { involvedObject: 7 })],
    ['an event whose object has no name', event('a', { involvedObject: { kind: 'Pod', name: '' } })],
  ])('passes over %s', (_what, given) => {
    const trail = trailOf();
    trail.hear(given, 0);
    expect([trail.size(), trail.take(9, 0)]).toEqual([0, []]);
  });

  it('forgets what nobody speaks of any more', () => {
    const trail = trailOf();
    trail.hear(event('old'), 0);
    trail.hear(event('new'), 500_000);
    expect(trail.take(9, 600_001).map(({ name }) => name)).toEqual(['new']);
    expect(trail.size()).toBe(1);
  });

  it('keeps a message of any length short', () => {
    const trail = trailOf();
    trail.hear(event('a', { message: 'x'.repeat(1_000_000) }), 0);
    expect(trail.take(1, 0)[0]?.message?.length).toBeLessThanOrEqual(500);
  });

  it('needs no more memory in a storm, and says what it pushed out', () => {
    const trail = trailOf(1_000);
    const started = performance.now();
    for (let index = 0; index < 10_000; index += 1) trail.hear(event(`pod-${index % 4_000}`), index);
    expect([trail.size(), trail.dropped()]).toEqual([1_000, 9_000]);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(trail.take(50, 10_000)).toHaveLength(50);
  });

  it('never loses the object spoken of last, whatever came before', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 4 }), (said, max) => {
        const trail = trailOf(max);
        said.forEach((name, at) => {
          trail.hear(event(name), at);
        });
        const latest = [...new Set(said.toReversed())].slice(0, max);
        expect(trail.take(9, said.length).map(({ name }) => name)).toEqual(latest);
        expect(trail.size()).toBeLessThanOrEqual(max);
      }),
    );
  });
});
