import { describe, expect, it } from 'vitest';
import { formatBytes, parseQuantity, sayBytes } from '../../../src/core/cluster/quantity.ts';

describe('parseQuantity', () => {
  it.each<[quantity: unknown, value: number]>([
    ['256Mi', 268435456],
    ['1Gi', 1073741824],
    ['1G', 1e9],
    ['500m', 0.5],
    ['0', 0],
    ['1.5Gi', 1610612736],
    ['1e3', 1000],
    ['1E3', 1000],
    ['128974848', 128974848],
    [4096, 4096],
    ['-5', -5],
  ])('reads %j', (quantity, value) => {
    expect(parseQuantity(quantity)).toBe(value);
  });

  it.each([
    ['256MB'],
    ['Mi'],
    [''],
    ['1 Gi'],
    ['1,5Gi'],
    ['constructor'],
    ['1constructor'],
    [null],
    [{}],
    [Number.NaN],
    [`${'9'.repeat(400)}`],
  ])('reads nothing from %j', (quantity) => {
    expect(parseQuantity(quantity)).toBeUndefined();
  });
});

describe('formatBytes', () => {
  it.each([
    [268435456, '256Mi'],
    [2147483648, '2Gi'],
    [1610612736, '1536Mi'],
    [1000, '1000'],
  ])('writes %i as a quantity that reads back', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
    expect(parseQuantity(text)).toBe(bytes);
  });
});

describe('sayBytes', () => {
  it.each([
    [265000000, '253Mi'],
    [1500000000, '1.4Gi'],
    [12, '12 bytes'],
  ])('says %i', (bytes, text) => {
    expect(sayBytes(bytes)).toBe(text);
  });
});
