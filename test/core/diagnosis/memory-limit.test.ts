import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../../src/core/cluster/quantity.ts';
import { proposeMemoryLimit } from '../../../src/core/diagnosis/memory-limit.ts';

const Mi = 2 ** 20;
const limitFor = (currentMi: number, more: { peakMi?: number; nodeMi?: number; othersMi?: number } = {}) => {
  const proposal = proposeMemoryLimit({
    currentBytes: currentMi * Mi,
    peakBytes: more.peakMi === undefined ? undefined : more.peakMi * Mi,
    otherContainersBytes: (more.othersMi ?? 0) * Mi,
    largestNodeBytes: more.nodeMi === undefined ? undefined : more.nodeMi * Mi,
  });
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
  ])('%i MiB with %j → %s', (current, more, limit) => {
    expect(parseQuantity(limitFor(current, more))).toBe(parseQuantity(limit));
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
