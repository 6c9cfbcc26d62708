import { describe, expect, it } from 'vitest';
import type { Finding, Investigation } from '../../../src/core/diagnosis/investigation.ts';
import { readExpectation } from '../../../src/core/evaluation/expectation.ts';
import { judge } from '../../../src/core/evaluation/judge.ts';
import { scoresOf } from '../../../src/core/evaluation/scores.ts';

function finding(id: string, code: string, name: string, more: Partial<Finding> = {}): Finding {
  return {
    id,
    code,
    object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name },
    confidence: 'high',
    score: 0.9,
    summary: `${name} is wrong at port 8081`,
    cause: { path: 'spec', observed: 'a', expected: 'b' },
    evidence: ['E1'],
    explains: [],
    ...more,
  };
}

function answer(findings: readonly Finding[], status: Investigation['status'] = 'diagnosed'): Investigation {
  return {
    schema: 'sre-copilot/investigation/v1',
    scope: { cluster: 'c' },
    capturedAt: '2026-11-21T10:00:00.000Z',
    status,
    findings: [...findings],
    evidence: [],
    missing: [],
    runbooks: [],
    elapsedMs: { total: 1 },
  };
}

function expected(document: unknown) {
  const read = readExpectation(document);
  if (!read.ok) throw new Error(read.error.sentence);
  return read.value;
}

const fault = expected({ code: 'service-port-mismatch', object: 'Service shop/checkout', says: ['8081'] });
const right = finding('F1', 'service-port-mismatch', 'checkout');
const other = finding('F2', 'service-selector-mismatch', 'cart', { confidence: 'medium' });

describe('judging an answer', () => {
  it('is right when code and object stand first and nothing else is claimed', () => {
    expect(judge(answer([right]), fault)).toEqual({
      expectsFault: true,
      rank: 1,
      objectRight: true,
      right: true,
      confidence: 'high',
      abstained: false,
      falseFindings: [],
      faults: [],
    });
  });

  it.each([
    ['the fault stands second', [other, right], 'stands at place 2'],
    ['it was not found', [other], 'was not found'],
    ['the object is another', [finding('F1', 'service-port-mismatch', 'cart')], 'was not found'],
    ['nothing was found', [], 'was not found'],
    ['the text lacks what it must say', [{ ...right, summary: 'wrong' }], 'does not say "8081"'],
  ])('is not as expected when %s', (_when, findings, says) => {
    expect(judge(answer(findings), fault).faults.join('; ')).toContain(says);
  });

  it('does not count what the right finding explains, directly or over another, as false', () => {
    const chain = [
      { ...right, explains: ['F2'] },
      { ...other, id: 'F2', explains: ['F3'] },
      finding('F3', 'service-no-ready-endpoints', 'x'),
      finding('F4', 'dns-failing', 'y'),
    ];
    expect(judge(answer(chain), fault).falseFindings).toEqual(['dns-failing Service shop/y (high)']);
  });

  it('wants silence, and its status, where nothing is wrong', () => {
    const healthy = expected({ status: 'healthy' });
    expect(judge(answer([], 'healthy'), healthy)).toMatchObject({ right: true, faults: [], confidence: null });
    expect(judge(answer([], 'inconclusive'), healthy).faults).toEqual(['it is inconclusive, not healthy']);
    expect(judge(answer([right]), healthy)).toMatchObject({ right: false, falseFindings: [expect.any(String)] });
  });

  it('wants both of two faults among the first three, and not what a decoy must not claim', () => {
    const both = expected({
      code: 'service-port-mismatch',
      object: 'Service shop/checkout',
      also: [{ code: 'service-selector-mismatch', object: 'Service shop/cart' }],
    });
    expect(judge(answer([other, right]), both)).toMatchObject({ right: true });
    expect(judge(answer([right]), both).faults.join()).toContain('not among the first three');
    const decoy = expected({ notClaimed: ['service-port-mismatch'], alsoTrue: ['service-port-mismatch'] });
    expect(judge(answer([right]), decoy).faults.join()).toContain('it claims service-port-mismatch');
  });
});

describe('reading what a case expects', () => {
  it.each([
    ['a code without an object', { code: 'x' }],
    ['an object that is no name', { code: 'x', object: 'checkout' }],
    ['an unknown field', { codes: ['x'] }],
    ['a text', 'x'],
  ])('refuses %s and says where', (_what, document) => {
    expect(readExpectation(document)).toMatchObject({ ok: false, error: { code: 'case.malformed' } });
  });
});

describe('scores', () => {
  it('gives precision of high at its coverage, abstentions and silence', () => {
    const judged = (name: string, judgement: ReturnType<typeof judge>, ms = 1) => ({
      name,
      family: 'f',
      ms,
      judgement,
    });
    const healthy = expected({});
    const scores = scoresOf([
      judged('right and high', judge(answer([right]), fault), 5),
      judged('right and medium', judge(answer([{ ...right, confidence: 'medium' }]), fault)),
      judged('wrong and high', judge(answer([{ ...other, confidence: 'high' }]), fault)),
      judged('silent', judge(answer([]), fault)),
      judged('well', judge(answer([]), healthy)),
    ]);
    expect(scores).toMatchObject({
      cases: 5,
      faulty: 4,
      top1: 0.5,
      objectRight: 0.5,
      silent: { cases: 1, silent: 1 },
      high: { answers: 2, right: 1, precision: 0.5, coverage: 0.5 },
      abstentions: 1,
      falseFindings: 1,
      ms: { p50: 1, max: 5 },
    });
  });
});
