import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../../src/core/cluster/quantity.ts';
import { proposeMemoryLimit } from '../../../src/core/diagnosis/memory-limit.ts';

const Mi = 2 ** 20;
const proposalFor = (
  currentMi: number,
  more: { peakMi?: number; nodeMi?: number; othersMi?: number; previous?: string; ran?: boolean } = {},
) => {
  return proposeMemoryLimit({
    currentBytes: currentMi * Mi,
    peakBytes: more.peakMi === undefined ? undefined : more.peakMi * Mi,
    otherContainersBytes: (more.othersMi ?? 0) * Mi,
    largestNodeBytes: more.nodeMi === undefined ? undefined : more.nodeMi * Mi,
    previous:
      more.previous === undefined
        ? undefined
        : { revision: 3, limit: more.previous, bytes: parseQuantity(more.previous) ?? 0, ran: more.ran ?? true },
  });
};
const limitFor = (...given: Parameters<typeof proposalFor>) => {
  const proposal = proposalFor(...given);
  return proposal.ok ? proposal.limit : proposal.why;
};

describe('proposeMemoryLimit', () => {
  it.each<[current: number, more: Parameters<typeof limitFor>[1], limit: string]>([
    [20, {}, '48Mi'],
    [100, {}, '256Mi'],
    [256, {}, '512Mi'],
    [256, { peakMi: 600 }, '768Mi'],
    [1000, {}, '2Gi'],
    [3000, {}, '6144Mi'],
    [6000, {}, '12Gi'],
    [256, { nodeMi: 16384 }, '512Mi'],
    [256, { nodeMi: 500, othersMi: 50 }, '448Mi'],
    [64, { previous: '256Mi' }, '256Mi'],
    [64, { previous: '300M' }, '300M'],
    [64, { previous: '256Mi', peakMi: 180 }, '256Mi'],
    [64, { previous: '256Mi', peakMi: 250 }, '320Mi'],
    [64, { previous: '100Mi' }, '128Mi'],
    [64, { previous: '256Mi', ran: false }, '128Mi'],
    [64, { previous: '8Gi', nodeMi: 2048 }, '2Gi'],
    [64, { previous: '300Mi', nodeMi: 310 }, '300Mi'],
  ])('%i MiB with %j → %s', (current, more, limit) => {
    expect(parseQuantity(limitFor(current, more))).toBe(parseQuantity(limit));
  });

  it.each<[more: Parameters<typeof limitFor>[1], how: string]>([
    [{ previous: '256Mi' }, 'revision 3 ran with 256Mi'],
    [{ previous: '256Mi', peakMi: 180 }, 'revision 3 ran with 256Mi, observed peak 180Mi'],
    [
      { previous: '100Mi' },
      'twice the current limit of 64Mi (no measured use to go by), rounded up; revision 3 ran with 100Mi',
    ],
    [
      { previous: '256Mi', ran: false },
      'twice the current limit of 64Mi (no measured use to go by), rounded up; revision 3 had 256Mi, but nothing that was read shows that it ran',
    ],
    [{ peakMi: 180 }, 'the observed peak of 180Mi plus 25 %, rounded up'],
  ])('says for %j where the limit comes from', (more, how) => {
    expect(proposalFor(64, { nodeMi: 8192, ...more })).toMatchObject({ ok: true, how });
  });

  it('proposes nothing that does not help', () => {
    expect(limitFor(512, { nodeMi: 600, othersMi: 200 })).toContain('no node can give more');
  });

  it('never proposes less than there is, nor more than a node has', () => {
    const mebibytes = fc.integer({ min: 1, max: 200_000 });
    fc.assert(
      fc.property(mebibytes, fc.option(mebibytes, { nil: undefined }), mebibytes, (currentMi, peakMi, nodeMi) => {
        const proposal = proposeMemoryLimit({
          currentBytes: currentMi * Mi,
          peakBytes: peakMi === undefined ? undefined : peakMi * Mi,
          otherContainersBytes: 0,
          largestNodeBytes: nodeMi * Mi,
        });
        if (!proposal.ok) return;
        const bytes = parseQuantity(proposal.limit) ?? 0;
        expect(bytes).toBeGreaterThan(currentMi * Mi);
        expect(bytes).toBeLessThanOrEqual(nodeMi * Mi);
      }),
    );
  });
});
