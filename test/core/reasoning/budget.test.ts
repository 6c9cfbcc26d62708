import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLedger, type Ledger, sayUsd } from '../../../src/core/reasoning/budget.ts';
import { addUsage, costUsd, noUsage, tokensOf, worstUsage } from '../../../src/core/reasoning/usage.ts';

const limits = { maxTokensPerIncident: 1_000, maxUsdPerIncident: 0.1, maxUsdPerDay: 0.15 };
const begun = (call: string, incident: string, tokens: number, usd: number, at = '2026-11-21T10:00:00.000Z') => ({
  type: 'call-begun',
  occurredAt: at,
  body: { call, incident, purpose: 'explain', model: 'm', reserved: { tokens, costUsd: usd } },
});
const ended = (call: string, tokens: number, usd: number) => ({
  type: 'call-ended',
  occurredAt: '2026-11-22T10:00:00.000Z',
  body: { call, usage: null, spent: { tokens, costUsd: usd } },
});
const ledgerOf = (...events: Parameters<Ledger['enter']>[0][]): Ledger => {
  const ledger = createLedger();
  events.forEach(ledger.enter);
  return ledger;
};
const fits = (ledger: Ledger, tokens: number, usd: number, incident = 'INC-1', at = '2026-11-21T11:00:00.000Z') =>
  ledger.afford({ incident, most: { tokens, costUsd: usd }, at }, limits);

describe('the budget', () => {
  it.each<[why: string, ledger: Ledger, tokens: number, usd: number, ok: boolean]>([
    ['nothing was spent', ledgerOf(), 1_000, 0.1, true],
    ['a call alone is beyond the tokens', ledgerOf(), 1_001, 0, false],
    ['a call alone is beyond the money', ledgerOf(), 1, 0.11, false],
    ['a call that runs holds what is set aside', ledgerOf(begun('a', 'INC-1', 600, 0.01)), 401, 0, false],
    [
      'a call that ended holds what it took',
      ledgerOf(begun('a', 'INC-1', 600, 0.01), ended('a', 100, 0.01)),
      900,
      0,
      true,
    ],
    ['others have spent the day', ledgerOf(begun('a', 'INC-2', 1, 0.06), begun('b', 'INC-3', 1, 0.06)), 1, 0.04, false],
    ['others spent it yesterday', ledgerOf(begun('a', 'INC-2', 1, 0.14, '2026-11-20T23:59:59.999Z')), 1, 0.04, true],
  ])('when %s', (_why, ledger, tokens, usd, able) => {
    const answer = fits(ledger, tokens, usd);
    expect(answer.ok).toBe(able);
    if (!answer.ok)
      expect(answer.error).toMatchObject({ code: 'model.over-budget', sentence: expect.stringMatching(/rules go on/) });
  });

  it('counts a call for the day on which it began', () => {
    const ledger = ledgerOf(begun('a', 'INC-1', 600, 0.05), ended('a', 10, 0.02));
    expect(ledger.spentOnDay('2026-11-21')).toEqual({ tokens: 10, costUsd: 0.02 });
    expect(ledger.spentOnDay('2026-11-22')).toEqual({ tokens: 0, costUsd: 0 });
    expect(ledger.spentOn('INC-1')).toEqual({ tokens: 10, costUsd: 0.02 });
  });

  it('reads what it does not know as nothing', () => {
    const odd = [
      { type: 'limit-raised', occurredAt: 'x', body: {} },
      { type: 'call-begun', occurredAt: 'x', body: { call: 7 } },
      ended('never-begun', 5, 5),
    ];
    const ledger = ledgerOf(...odd);
    expect([ledger.spentOn('INC-1'), ledger.spentOnDay('x')]).toEqual([
      { tokens: 0, costUsd: 0 },
      { tokens: 0, costUsd: 0 },
    ]);
  });

  it('is never exceeded by calls that were afforded and took at most what was set aside', () => {
    const call = fc.record({
      tokens: fc.nat(600),
      usd: fc.nat(50_000),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 30 }), (calls) => {
        const ledger = createLedger();
        for (const [at, { tokens, usd, share }] of calls.entries()) {
          if (!fits(ledger, tokens, usd / 1e6).ok) continue;
          ledger.enter(begun(`c${at}`, 'INC-1', tokens, usd / 1e6));
          if (share > 0.2) ledger.enter(ended(`c${at}`, Math.floor(tokens * share), Math.floor(usd * share) / 1e6));
        }
        const { tokens, costUsd: usd } = ledger.spentOn('INC-1');
        expect(tokens).toBeLessThanOrEqual(limits.maxTokensPerIncident);
        expect(usd).toBeLessThanOrEqual(limits.maxUsdPerIncident + 1e-9);
      }),
    );
  });
});

describe('a usage', () => {
  const prices = { inputPerMTok: 3, outputPerMTok: 15, cacheReadPerMTok: 0.3, cacheWritePerMTok: 3.75 };
  it('costs what its tokens cost, to a millionth', () => {
    const usage = { inputTokens: 1_000, outputTokens: 200, cacheReadTokens: 2_000, cacheWriteTokens: 400 };
    expect(costUsd(usage, prices)).toBe(0.0081);
    expect(tokensOf(usage)).toBe(3_600);
    expect(addUsage(usage, noUsage)).toEqual(usage);
  });

  it('is at worst all of a prompt and all of its output', () => {
    expect(worstUsage(2_500, 100)).toEqual({ ...noUsage, cacheWriteTokens: 1_000, outputTokens: 100 });
  });

  it.each([
    [0, '$0.00'],
    [0.0042, '$0.0042'],
    [0.012, '$0.01'],
    [1.2, '$1.20'],
  ])('of %d dollars reads %s', (usd, said) => expect(sayUsd(usd)).toBe(said));
});
