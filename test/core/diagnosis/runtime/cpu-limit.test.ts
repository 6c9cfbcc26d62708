import { describe, expect, it } from 'vitest';
import { proposeCpuLimit } from '../../../../src/core/diagnosis/runtime/cpu-limit.ts';

const base = { peakCores: undefined, otherContainersCores: 0, largestNodeCores: 8 };

describe('proposeCpuLimit', () => {
  it.each<[why: string, input: Parameters<typeof proposeCpuLimit>[0], limit: string]>([
    ['doubles what it has', { ...base, currentCores: 0.1 }, '200m'],
    ['follows a higher measured peak', { ...base, currentCores: 0.5, peakCores: 1.1 }, '1500m'],
    ['rounds up to a step', { ...base, currentCores: 0.33 }, '700m'],
    ['is cut to what the largest node can give', { ...base, currentCores: 5, otherContainersCores: 1 }, '7'],
    ['is not bounded where no node was read', { ...base, currentCores: 16, largestNodeCores: undefined }, '32'],
  ])('%s', (_why, input, limit) => {
    expect(proposeCpuLimit(input)).toMatchObject({ ok: true, limit });
  });

  it('proposes nothing where no node can give more', () => {
    expect(proposeCpuLimit({ ...base, currentCores: 8 })).toMatchObject({ ok: false });
  });
});
