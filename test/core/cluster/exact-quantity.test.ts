import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactQuantity, sameQuantity } from '../../../src/core/cluster/quantity.ts';

const unit = 1_000_000_000n;

describe('exactQuantity', () => {
  it.each<[text: string, nanos: bigint]>([
    ['0', 0n],
    ['1', unit],
    ['100m', unit / 10n],
    ['0.1', unit / 10n],
    ['.5', unit / 2n],
    ['5.', 5n * unit],
    ['1u', 1000n],
    ['1n', 1n],
    ['0.1n', 1n],
    ['1k', 1000n * unit],
    ['1Ki', 1024n * unit],
    ['1.5Gi', 1536n * 1024n * 1024n * unit],
    ['1E', 10n ** 18n * unit],
    ['1Ei', 2n ** 60n * unit],
    ['1e3', 1000n * unit],
    ['1E3', 1000n * unit],
    ['1e-3', unit / 1000n],
    ['12e+2', 1200n * unit],
    ['-1', -unit],
    ['+1', unit],
  ])('reads %s', (text, nanos) => {
    expect(exactQuantity(text)).toBe(nanos);
  });

  it.each([
    '',
    ' ',
    '1 ',
    ' 1',
    'Mi',
    '.',
    '-',
    '1K',
    '1ki',
    '1KI',
    '1mi',
    '1Mi1',
    '1.2.3',
    '0x10',
    '1e',
    '1e1.5',
    '1e999',
    '1e31',
    '1MiB',
    '１',
    'NaN',
    'Infinity',
    '1'.repeat(65),
    1,
    null,
    undefined,
    {},
    ['1'],
  ])('refuses %j', (text) => {
    expect(exactQuantity(text)).toBeNull();
  });

  it('is exact where a floating number is not', () => {
    expect(sameQuantity('9007199254740993', '9007199254740992')).toBe(false);
    expect(sameQuantity('0.1', '100m')).toBe(true);
  });

  it('scales by its suffix for every amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (amount) => {
        expect(exactQuantity(`${amount}Ki`)).toBe(exactQuantity(String(amount * 1024n)));
        expect(exactQuantity(`${amount}k`)).toBe(exactQuantity(`${amount}e3`));
        expect(exactQuantity(`${amount}m`)).toBe(exactQuantity(`${amount}e-3`));
      }),
    );
  });
});

describe('sameQuantity', () => {
  it.each<[a: unknown, b: unknown, same: boolean]>([
    ['1Gi', '1024Mi', true],
    ['1G', '1Gi', false],
    ['1', '1000m', true],
    ['many', 'many', true],
    ['many', '1', false],
    [undefined, undefined, true],
    [undefined, '0', false],
  ])('%s and %s: %s', (a, b, same) => {
    expect(sameQuantity(a, b)).toBe(same);
  });
});
