import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/adapters/http/incident-api.ts';
import { rules } from '../../src/core/detection/sighting.ts';
import { plain, readPage, root, tableOf } from './markdown.ts';

describe('docs/http-api.md', () => {
  const page = readPage('docs/http-api.md');

  it('has every path that is served, and no other', () => {
    const told = tableOf(page, ['method', 'path', 'answers']).map(([method, path = '']) => `${method} ${plain(path)}`);
    expect(told.sort()).toEqual(apiRoutes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('has every code that the API itself gives, with its status', () => {
    const source = readFileSync(join(root, 'src/adapters/http/incident-api.ts'), 'utf8');
    const given = [...source.matchAll(/problemDetails\(\s*context,\s*(\d{3}),\s*'([a-z.-]+)'/g)].map(
      ([, status, code]) => `${status} ${code}`,
    );
    expect(given.length).toBeGreaterThan(6);
    const told = tableOf(page, ['status', 'code', 'when']).flatMap(([status, codes = '']) =>
      codes.split(', ').map((code) => `${status} ${plain(code)}`),
    );
    expect(told).toContain('503 journal.unavailable');
    expect(told.filter((one) => one !== '503 journal.unavailable').sort()).toEqual([...new Set(given)].sort());
  });

  it('has every filter of the list', () => {
    expect(tableOf(page, ['query', 'meaning']).map(([query = '']) => plain(query))).toEqual([
      'phase',
      'limit',
      'before',
    ]);
  });
});

describe('docs/watching.md', () => {
  it('has every rule with its look and its meaning', () => {
    const told = tableOf(readPage('docs/watching.md'), ['rule', 'look', 'seen when']).map(
      ([rule = '', look, meaning]) => ({
        rule: plain(rule),
        look,
        meaning,
      }),
    );
    expect(told).toEqual(Object.entries(rules).map(([rule, { look, meaning }]) => ({ rule, look, meaning })));
  });
});
