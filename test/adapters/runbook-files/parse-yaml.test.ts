import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/adapters/runbook-files/parse-yaml.ts';
import { positionOf } from '../../../src/core/runbook/source-document.ts';

const text = [
  'name: a', // 1
  'list:', // 2
  '  - cmd: "x"', // 3
  '    folded: >-', // 4
  '      one', // 5
  '      two', // 6
  '  - { a: 1, b: [x, ~] }', // 7
  '? key', // 8
  ': value', // 9
  'empty:', // 10
  '"quoted key": 1', // 11
].join('\n');

describe('parseYaml', () => {
  it.each<[path: (string | number)[], at: 'key' | 'value', place: string]>([
    [[], 'value', '1:1'],
    [['name'], 'key', '1:1'],
    [['name'], 'value', '1:7'],
    [['list'], 'key', '2:1'],
    [['list', 0], 'value', '3:5'],
    [['list', 0, 'cmd'], 'key', '3:5'],
    [['list', 0, 'cmd'], 'value', '3:11'],
    [['list', 0, 'folded'], 'key', '4:5'],
    [['list', 0, 'folded'], 'value', '5:1'],
    [['list', 1], 'value', '7:5'],
    [['list', 1, 'b', 1], 'value', '7:20'],
    [['key'], 'value', '9:3'],
    [['empty'], 'value', '10:1'],
    [['quoted key'], 'key', '11:2'],
    [['list', 0, 'not there'], 'value', '3:5'],
    [['nor', 'this'], 'key', '1:1'],
  ])('knows where %j stands (%s)', (path, at, place) => {
    const parsed = parseYaml(text);
    if (!parsed.ok) throw new Error(parsed.error[0]?.message);
    const { line, column } = positionOf(parsed.value, path, at);
    expect(`${line}:${column}`).toBe(place);
  });

  it('counts lines the same with Windows line ends and a byte order mark', () => {
    const parsed = parseYaml(`\uFEFF${text.replaceAll('\n', '\r\n')}`);
    expect(parsed.ok && positionOf(parsed.value, ['quoted key'], 'key')).toEqual({ line: 11, column: 2 });
    expect(parsed.ok && parsed.value.value).toMatchObject({ name: 'a', key: 'value', empty: null });
  });

  it.each<[what: string, text: string, lines: number[]]>([
    ['nothing', '', [1]],
    ['only a comment', '# hello\n', [1]],
    ['all repeated fields', 'a: 1\nb: 1\na: 2\nc: { d: 1, d: 2 }\nb: 3', [3, 4, 5]],
    ['anchors and aliases', 'a: &x [1]\nb: *x\nc: *x', [1, 2, 3]],
    ['a second document', 'a: 1\n---\nb: 1', [1]],
    ['a field name that is a list', 'ok: 1\n? [a, b]\n: 1', [2]],
    ['a field name that is an alias', 'a: &x y\n? *x\n: 1', [1, 2]],
    ['an unknown tag', 'a: 1\nb: !!js/function x', [2]],
    ['a broken list', 'a:\n  - 1\n b: [', [3]],
    ['nesting without end', '['.repeat(500), [1]],
    ['a tab for indentation', 'a:\n\tb: 1', [2]],
  ])('refuses %s at its line', (_what, bad, lines) => {
    const parsed = parseYaml(bad);
    expect(parsed.ok ? 'accepted' : parsed.error.map(({ line }) => line)).toEqual(lines);
  });

  it('keeps dates and words as text', () => {
    const parsed = parseYaml('reviewed: 2026-08-01\nanswer: no\n<<: { a: 1 }');
    expect(parsed.ok && parsed.value.value).toEqual({ reviewed: '2026-08-01', answer: 'no', '<<': { a: 1 } });
  });
});
