import { describe, expect, it } from 'vitest';
import { at, listAt, numberAt, parseTime, stringsAt, textAt } from '../../../src/core/cluster/wire.ts';
import { readWireObject } from '../../../src/core/cluster/wire-object.ts';

describe('at', () => {
  const value = { a: [{ b: 'x' }], n: null, t: 'text' };
  it.each<[path: (string | number)[], found: unknown]>([
    [['a', 0, 'b'], 'x'],
    [['a', 1, 'b'], undefined],
    [['a', 'length'], undefined],
    [['n', 'x'], undefined],
    [['t', 0], undefined],
    [['constructor'], undefined],
    [['__proto__'], undefined],
  ])('finds %j', (path, found) => {
    expect(at(value, ...path)).toBe(found);
  });

  it('narrows to what was asked for, or nothing', () => {
    expect(textAt({ a: 5 }, 'a')).toBeUndefined();
    expect(numberAt({ a: Number.POSITIVE_INFINITY }, 'a')).toBeUndefined();
    expect(listAt({ a: { 0: 'x' } }, 'a')).toEqual([]);
    expect(stringsAt({ a: { x: 'y', z: 1 } }, 'a')).toEqual({ x: 'y' });
  });
});

describe('parseTime', () => {
  it.each([
    ['2026-11-21T10:00:00Z', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21T10:00:00.123456Z', Date.UTC(2026, 10, 21, 10, 0, 0, 123)],
    ['2026-11-21T12:00:00+02:00', Date.UTC(2026, 10, 21, 10)],
  ])('reads %s', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each([
    ['0001-01-01T00:00:00Z'],
    ['yesterday'],
    ['2026-13-45T10:00:00Z'],
    [''],
    [5],
    [null],
    ['+012026-11-21T10:00:00Z'],
  ])('reads nothing from %j', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});

describe('readWireObject', () => {
  const good = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'shop', labels: { a: 'b' }, managedFields: [1] },
    spec: { x: 1 },
  };

  it('hands a well-formed object back untouched', () => {
    expect(readWireObject(good)).toBe(good);
  });

  it('gives members of a list their kind', () => {
    const { metadata, spec } = good;
    expect(readWireObject({ metadata, spec }, { apiVersion: 'v1', kind: 'Pod' })).toEqual(good);
  });

  it('leaves out metadata of a wrong shape, and nothing else', () => {
    const metadata = {
      name: 'p',
      namespace: 7,
      uid: null,
      labels: { a: 'b', c: 1 },
      annotations: 'x',
      generation: '1',
      ownerReferences: [
        null,
        { apiVersion: 'v1', kind: 'K', name: 'n', uid: 'u', controller: 'yes' },
        { apiVersion: 'v1', kind: 'K', name: 'n', uid: 'u' },
      ],
      finalizers: ['f'],
    };
    expect(readWireObject({ ...good, metadata })).toEqual({
      ...good,
      metadata: {
        name: 'p',
        labels: { a: 'b' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'n', uid: 'u' }],
        finalizers: ['f'],
      },
    });
  });

  it.each([
    [null],
    ['pod'],
    [[]],
    [{}],
    [{ kind: 'Pod', apiVersion: 'v1' }],
    [{ kind: 'Pod', apiVersion: 'v1', metadata: { name: '' } }],
    [{ kind: 5, apiVersion: 'v1', metadata: { name: 'x' } }],
  ])('cannot name %j', (raw) => {
    expect(readWireObject(raw)).toBeUndefined();
  });
});
