import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../../src/sandbox/cluster/api/json-patch.ts';

describe('applyJsonPatch', () => {
  it.each<[what: string, document: unknown, patch: unknown, expected: unknown]>([
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds over a member', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['inserts into an array', ['x', 'z'], [{ op: 'add', path: '/1', value: 'y' }], ['x', 'y', 'z']],
    ['appends to an array', ['x'], [{ op: 'add', path: '/-', value: 'y' }], ['x', 'y']],
    ['adds null', {}, [{ op: 'add', path: '/a', value: null }], { a: null }],
    ['replaces the whole document', { a: 1 }, [{ op: 'replace', path: '', value: [1] }], [1]],
    ['replaces in an array', [1, 2], [{ op: 'replace', path: '/1', value: 3 }], [1, 3]],
    ['removes a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['removes from an array', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
    ['moves a member', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    ['moves inside an array', [1, 2, 3], [{ op: 'move', from: '/0', path: '/2' }], [2, 3, 1]],
    [
      'copies a value, not a reference',
      { a: [1] },
      [
        { op: 'copy', from: '/a', path: '/b' },
        { op: 'add', path: '/b/-', value: 2 },
      ],
      { a: [1], b: [1, 2] },
    ],
    [
      'tests regardless of the order of members',
      { a: { x: 1, y: 2 } },
      [{ op: 'test', path: '/a', value: { y: 2, x: 1 } }],
      { a: { x: 1, y: 2 } },
    ],
    [
      'reads ~1 and ~0 in a pointer',
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/m~0n' },
      ],
      {},
    ],
    ['reads an empty member name', { '': 1 }, [{ op: 'replace', path: '/', value: 2 }], { '': 2 }],
    ['ignores members it does not know', {}, [{ op: 'add', path: '/a', value: 1, comment: 'why' }], { a: 1 }],
  ])('%s', (_what, document, patch, expected) => {
    expect(applyJsonPatch(document, patch)).toEqual({ ok: true, value: expected });
  });

  it.each<[what: string, document: unknown, operation: object]>([
    ['a test of another value', { a: 1 }, { op: 'test', path: '/a', value: '1' }],
    ['a test of what is missing', {}, { op: 'test', path: '/a', value: null }],
    ['a replacement of what is missing', {}, { op: 'replace', path: '/a', value: 1 }],
    ['a removal of what is missing', {}, { op: 'remove', path: '/a' }],
    ['an addition below what is missing', {}, { op: 'add', path: '/a/b', value: 1 }],
    ['an addition beyond the end', [1], { op: 'add', path: '/2', value: 1 }],
    ['an index with a leading zero', [1, 2], { op: 'replace', path: '/01', value: 1 }],
    ['the end of an array outside add', [1], { op: 'remove', path: '/-' }],
    ['a path through a scalar', { a: 1 }, { op: 'add', path: '/a/b', value: 1 }],
    ['a move into its own child', { a: { b: 1 } }, { op: 'move', from: '/a', path: '/a/b/c' }],
    ['an inherited member', {}, { op: 'test', path: '/constructor', value: 1 }],
  ])('refuses %s', (_what, document, operation) => {
    expect(applyJsonPatch(document, [operation])).toMatchObject({ ok: false, error: { kind: 'refused' } });
  });

  it.each<[what: string, patch: unknown]>([
    ['an object', { op: 'add', path: '/a', value: 1 }],
    ['nothing', null],
    ['an unknown operation', [{ op: 'merge', path: '/a', value: 1 }]],
    ['an addition without a value', [{ op: 'add', path: '/a' }]],
    ['a pointer without a slash', [{ op: 'remove', path: 'a' }]],
    ['a pointer with a bad escape', [{ op: 'remove', path: '/~2' }]],
    ['a move from nowhere', [{ op: 'move', path: '/a' }]],
    ['a list of numbers', [1]],
  ])('calls %s malformed', (_what, patch) => {
    expect(applyJsonPatch({}, patch)).toMatchObject({ ok: false, error: { kind: 'malformed' } });
  });

  it('changes nothing when a later operation is refused', () => {
    const document = { a: 1 };
    const refused = applyJsonPatch(document, [
      { op: 'add', path: '/b', value: 2 },
      { op: 'test', path: '/a', value: 9 },
    ]);
    expect(refused.ok).toBe(false);
    expect(document).toEqual({ a: 1 });
  });

  it('does not reach the prototype', () => {
    const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);
    expect(patched.ok && Object.getPrototypeOf(patched.value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  const member = fc.string({ maxLength: 6 }).filter((name) => name !== '__proto__');
  const pointerTo = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const documents = fc.dictionary(member, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true });

  it('adds, tests and removes any member and comes back to where it was', () => {
    fc.assert(
      fc.property(documents, member, fc.jsonValue(), (document, name, value) => {
        fc.pre(!Object.hasOwn(document, name));
        const json = JSON.parse(JSON.stringify({ document, value }));
        const path = pointerTo(name);
        const there = [
          { op: 'add', path, value: json.value },
          { op: 'test', path, value: json.value },
          { op: 'remove', path },
        ];
        expect(applyJsonPatch(json.document, there)).toEqual({ ok: true, value: json.document });
      }),
    );
  });

  it('never changes its input and never throws, whatever the patch', () => {
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'test', 'move', 'copy', 'none'),
        path: fc.oneof(fc.constantFrom('', '/a', '/a/0', '/b/-', '/b/1'), fc.string()),
        from: fc.constantFrom('', '/a', '/b'),
        value: fc.jsonValue(),
      },
      { requiredKeys: ['op'] },
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(operation, fc.jsonValue())), (patch) => {
        const document = { a: [1, { c: 2 }], b: [] };
        const before = structuredClone(document);
        applyJsonPatch(document, patch);
        expect(document).toEqual(before);
      }),
    );
  });
});
