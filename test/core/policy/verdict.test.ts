import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStricter, joinVerdicts, parseVerdict, type Verdict } from '../../../src/core/policy/verdict.ts';

const allow: Verdict = { effect: 'allow', rule: 'reads', reasons: ['Reads are free.'] };
const denial: Verdict = { effect: 'deny', rule: 'freeze', reasons: ['The namespace is frozen.'] };
const approvalBy = (
  group: string,
  count: number,
  more: { ttlSeconds?: number; typedConfirmation?: boolean } = {},
): Verdict => ({
  effect: 'needs-approval',
  rule: 'assist',
  reasons: ['Every change is asked for.'],
  require: [{ group, count }],
  ttlSeconds: 900,
  ...more,
});

describe('parseVerdict', () => {
  it.each([allow, denial, approvalBy('sre', 2), approvalBy('sre', 1, { typedConfirmation: true })])(
    'reads $effect as written',
    (verdict) => {
      expect(parseVerdict(verdict)).toEqual(verdict);
    },
  );

  it.each<[why: string, raw: unknown]>([
    ['a misspelt effect', { ...allow, effect: 'alow' }],
    ['an effect in other letters', { ...allow, effect: 'ALLOW' }],
    ['a bare text', 'allow'],
    ['a boolean policy', { allow: true }],
    ['an allowance without a reason', { ...allow, reasons: [] }],
    ['an allowance without a rule', { ...allow, rule: '' }],
    ['an allowance with a stray field', { ...allow, count: 2 }],
    ['an approval with a stray field', { ...approvalBy('sre', 1), cuont: 2 }],
    ['an approval by nobody', approvalBy('sre', 0)],
    ['an approval by half a person', approvalBy('sre', 1.5)],
    ['an approval of no group', { ...approvalBy('sre', 1), require: [] }],
    ['an approval that never ends', approvalBy('sre', 1, { ttlSeconds: Number.POSITIVE_INFINITY })],
    ['an approval that has ended', approvalBy('sre', 1, { ttlSeconds: 0 })],
    ['a confirmation as text', { ...approvalBy('sre', 1), typedConfirmation: 'false' }],
    ['a denial with an empty reason', { ...denial, reasons: [''] }],
    ['a result set nobody unwrapped', [{ result: allow }]],
    ['nothing', undefined],
    ['null', null],
  ])('denies %s', (_why, raw) => {
    expect(parseVerdict(raw)).toMatchObject({ effect: 'deny', rule: 'unusable-verdict' });
  });

  it('allows nothing among near misses', () => {
    const fields = {
      effect: fc.constantFrom('allow', 'needs-approval', 'deny', 'Allow'),
      rule: fc.jsonValue(),
      reasons: fc.jsonValue(),
      require: fc.jsonValue(),
    };
    fc.assert(
      fc.property(fc.record(fields, { requiredKeys: [] }), (raw) => {
        const { effect, rule, reasons, ...stray } = raw;
        const isText = (value: unknown) => typeof value === 'string' && value !== '';
        const isExact = Array.isArray(reasons) && reasons.length > 0 && reasons.every(isText) && isText(rule);
        expect(parseVerdict(raw).effect === 'allow').toBe(
          effect === 'allow' && isExact && Object.keys(stray).length === 0,
        );
      }),
    );
  });

  it('keeps the offending value out of the reasons', () => {
    expect(JSON.stringify(parseVerdict({ effect: 'xoxb-secret' }))).not.toContain('xoxb');
  });
});

describe('joinVerdicts', () => {
  it.each<[why: string, verdicts: Verdict[], expected: object]>([
    ['denies when one denies', [approvalBy('sre', 9), denial, allow], { effect: 'deny' }],
    ['denies when no policy spoke', [], { effect: 'deny', rule: 'no-policy' }],
    [
      'asks every group',
      [approvalBy('sre', 2), approvalBy('db', 1)],
      {
        require: [
          { group: 'sre', count: 2 },
          { group: 'db', count: 1 },
        ],
      },
    ],
    [
      'takes the larger count of a group',
      [approvalBy('sre', 1), allow, approvalBy('sre', 2)],
      { require: [{ group: 'sre', count: 2 }] },
    ],
    [
      'takes the shortest time to live',
      [approvalBy('sre', 1), approvalBy('sre', 1, { ttlSeconds: 60 })],
      { ttlSeconds: 60 },
    ],
    [
      'keeps a typed confirmation',
      [approvalBy('sre', 1, { typedConfirmation: true }), approvalBy('sre', 1)],
      { typedConfirmation: true },
    ],
    [
      'allows only when all allow, and says each reason once',
      [allow, allow],
      { effect: 'allow', reasons: ['Reads are free.'] },
    ],
    [
      'keeps the reasons of all',
      [allow, denial],
      { reasons: ['Reads are free.', 'The namespace is frozen.'], rule: 'reads, freeze' },
    ],
  ])('%s', (_why, verdicts, expected) => {
    expect(joinVerdicts(verdicts)).toMatchObject(expected);
  });

  it('is never less strict than any of them', () => {
    const any = fc.constantFrom(allow, denial, approvalBy('sre', 1), approvalBy('sre', 2), approvalBy('db', 1));
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 5 }), (verdicts) => {
        const joined = joinVerdicts(verdicts);
        for (const verdict of verdicts) expect(isStricter(verdict, joined)).toBe(false);
      }),
    );
  });
});

describe('isStricter', () => {
  it.each<[why: string, later: Verdict, earlier: Verdict, stricter: boolean]>([
    ['a denial after an allowance', denial, allow, true],
    ['a denial after a question', denial, approvalBy('sre', 1), true],
    ['a denial after a denial', denial, denial, false],
    ['a question after an allowance', approvalBy('sre', 1), allow, true],
    ['a question after a denial', approvalBy('sre', 1), denial, false],
    ['an allowance after a question', allow, approvalBy('sre', 1), false],
    ['the same question', approvalBy('sre', 1), approvalBy('sre', 1), false],
    ['more of the same group', approvalBy('sre', 2), approvalBy('sre', 1), true],
    ['another group', approvalBy('db', 1), approvalBy('sre', 1), true],
    ['fewer of the same group', approvalBy('sre', 1), approvalBy('sre', 2), false],
    ['a typed confirmation', approvalBy('sre', 1, { typedConfirmation: true }), approvalBy('sre', 1), true],
  ])('%s: %s', (_why, later, earlier, stricter) => {
    expect(isStricter(later, earlier)).toBe(stricter);
  });
});
