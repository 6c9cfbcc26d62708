import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logPatternsOf, maskLine } from '../../../src/core/evidence/log-patterns.ts';

describe('maskLine', () => {
  it.each([
    ['2026-11-21T10:00:00.123Z ERROR cannot connect to 10.1.2.3:5432', '<time> ERROR cannot connect to <address>'],
    ['2026/11/21 10:00:00 [error] 17#17: *4 upstream timed out', '<time> [error] <n>#<n>: *<n> upstream timed out'],
    ['Nov 21 10:00:00 host app: ready', '<time> host app: ready'],
    ['request 8f14e45f-ceea-467f-a0c1-3a2c8b1f9d21 took 12.5ms', 'request <id> took <n>ms'],
    ['commit 9fceb02d0ae598e95dc970b74767f19372d61af8', 'commit <hex>'],
    ['fault at 0x7ffee4', 'fault at <hex>'],
    ['all defaced facades', 'all defaced facades'],
  ])('%s', (line, masked) => {
    expect(maskLine(line)).toBe(masked);
  });
});

describe('logPatternsOf', () => {
  it('counts lines that say the same, the most frequent first, and shows the newest of each', () => {
    const text = 'start\nretry 1 of 5\nretry 2 of 5\nfatal: gone\nretry 3 of 5\n\n';
    expect(logPatternsOf(text)).toEqual([
      { pattern: 'retry <n> of <n>', count: 3, sample: 'retry 3 of 5', last: 4 },
      { pattern: 'fatal: gone', count: 1, sample: 'fatal: gone', last: 3 },
      { pattern: 'start', count: 1, sample: 'start', last: 0 },
    ]);
  });

  it('says nothing of an empty log', () => {
    expect(logPatternsOf('\n \n')).toEqual([]);
  });

  it('is bounded over very many lines that all differ', () => {
    const letters = (index: number) => [...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    const text = Array.from({ length: 30_000 }, (_, index) => `word ${letters(index)}`).join('\n');
    const patterns = logPatternsOf(text);
    expect(patterns.length).toBeLessThanOrEqual(1001);
    expect(patterns.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
  });

  it('takes no longer than its text for lines made to be slow', () => {
    const hostile = ['0'.repeat(100_000), 'a1'.repeat(50_000), '1.'.repeat(50_000), '2026-11-21T'.repeat(10_000)].join(
      '\n',
    );
    const started = performance.now();
    logPatternsOf(Array.from({ length: 50 }, () => hostile).join('\n'));
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('loses no line', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ maxLength: 60 }).map((line) => line.replaceAll('\n', ' ')),
          { maxLength: 50 },
        ),
        (lines) => {
          const counted = logPatternsOf(lines.join('\n')).reduce((sum, { count }) => sum + count, 0);
          expect(counted).toBe(lines.filter((line) => line.trim() !== '').length);
        },
      ),
    );
  });
});
