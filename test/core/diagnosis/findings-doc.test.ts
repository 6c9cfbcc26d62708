import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findingCodes } from '../../../src/core/diagnosis/codes.ts';

describe('docs/findings.md', () => {
  const text = readFileSync(new URL('../../../docs/findings.md', import.meta.url), 'utf8');

  it('describes every code that a finding can have, once, and no other', () => {
    // A code has a heading of its own, or stands in the first cell of a table whose first column is called `code`.
    const headings = [...text.matchAll(/^###? `([a-z-]+)`$/gm)].map(([, code]) => code);
    const tables = [...text.matchAll(/^\| code +\|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/gm)].map(([, rows = '']) => rows);
    const cells = tables.flatMap((rows) => [...rows.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, code]) => code));
    const described = [...headings, ...cells];
    expect(described.toSorted()).toEqual([...findingCodes].toSorted());
  });
});
