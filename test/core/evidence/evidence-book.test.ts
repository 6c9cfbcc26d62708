import { describe, expect, it } from 'vitest';
import type { EvidenceDraft } from '../../../src/core/evidence/draft.ts';
import { createEvidenceBook } from '../../../src/core/evidence/evidence-book.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';

const redactor = createRedactor({ key: 'test' });
const at = Date.parse('2026-11-21T10:00:00Z');
const fact = (summary: string, from: unknown = { summary }): EvidenceDraft => ({
  kind: 'object',
  source: 'Pod shop/p',
  at,
  summary,
  from,
});
const budget = { maxItems: 2, maxChars: 1000, maxSummaryChars: 40 };

describe('EvidenceBook', () => {
  it('numbers facts in order, and gives the same fact the same number', () => {
    const book = createEvidenceBook({ redactor });
    expect([book.add(fact('a'), true), book.add(fact('b'), true), book.add(fact('a'), true)]).toEqual([
      'E1',
      'E2',
      'E1',
    ]);
    expect(book.items()).toMatchObject([{ id: 'E1', at: '2026-11-21T10:00:00.000Z' }, { id: 'E2' }]);
  });

  it('keeps to its budget, except for what a finding cannot do without', () => {
    const book = createEvidenceBook({ redactor, budget });
    expect(['a', 'b', 'c'].map((text) => book.add(fact(text), false))).toEqual(['E1', 'E2', undefined]);
    expect(book.add(fact('needed'), true)).toBe('E3');
    expect(book.dropped()).toBe(1);
    const small = createEvidenceBook({ redactor, budget: { ...budget, maxChars: 3 } });
    expect(['abc', 'd'].map((text) => small.add(fact(text), false))).toEqual(['E1', undefined]);
  });

  it('masks before it cuts, so that half a secret never stays', () => {
    const book = createEvidenceBook({ redactor, budget });
    book.add(fact(`${'x'.repeat(25)} ghp_${'aB3dE5gH7jK9mN1p'.repeat(3)}`), true);
    expect(book.items()[0]?.summary).not.toContain('ghp_');
    expect(book.items()[0]?.summary.length).toBeLessThanOrEqual(40);
  });

  it('cuts no character in two, and never says nothing', () => {
    const book = createEvidenceBook({ redactor, budget });
    book.add(fact('😀'.repeat(40)), true);
    book.add(fact('\u200b'), true);
    expect(book.items()[0]?.summary.isWellFormed()).toBe(true);
    expect(book.items()[1]?.summary).toBe('(empty)');
  });

  it('keeps a digest of the source, whatever that is', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    const book = createEvidenceBook({ redactor });
    for (const [index, from] of [{ b: 1, a: 2 }, { a: 2, b: 1 }, 'text', { a: '\ud800' }, deep].entries())
      book.add(fact(String(index), from), true);
    const digests = book.items().map(({ digest }) => digest);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digests[0]).toBe(digests[1]);
    expect(new Set(digests).size).toBe(4);
  });
});
