import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/core/signal/command-line.ts';

describe('parseCommandLine', () => {
  it.each<[line: string, expected: object | null]>([
    ['', { verb: 'help', text: '', reference: null }],
    ['   ', { verb: 'help' }],
    ['help', { verb: 'help' }],
    ['STATUS inc-7', { verb: 'status', text: '', reference: 'INC-7' }],
    ['investigate  Deployment/shop/checkout', { verb: 'investigate', text: 'Deployment/shop/checkout' }],
    ['run rollout-bad-image INC-12 a=b', { verb: 'run', text: 'rollout-bad-image a=b', reference: 'INC-12' }],
    ['timeline', { verb: 'timeline' }],
    ['stop\tINC-1', { verb: 'stop', reference: 'INC-1' }],
    ['approve everything', null],
    ['kubectl delete pod', null],
    ['stop\u202eINC-1', { verb: 'stop', reference: 'INC-1' }],
    ['stop INC-1234567890', { verb: 'stop', text: 'INC-1234567890', reference: null }],
  ])('%j', (line, expected) => {
    if (expected === null) expect(parseCommandLine(line)).toBeNull();
    else expect(parseCommandLine(line)).toMatchObject(expected);
  });

  it('gives nothing that cannot be stored or that hides', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
            fc.constantFrom('\ud800', '\udc00', '\u202e', '\u0000'),
          ),
        }),
        (words) => {
          const { text = '' } = parseCommandLine(`run ${words}`) ?? {};
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        },
      ),
    );
  });

  it('cuts a line that is too long, never within a character', () => {
    for (const length of [990, 994, 995, 996]) {
      const { text = '' } = parseCommandLine(`run ${'x'.repeat(length)}🔥`) ?? {};
      expect(text.isWellFormed()).toBe(true);
      expect(text.length).toBeLessThanOrEqual(1_000);
    }
  });
});
