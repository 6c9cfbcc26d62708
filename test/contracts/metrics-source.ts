import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricsSource } from '../../src/ports/metrics-source.ts';

/** What a run of the contract is given. */
export type MetricsSourceUnderTest = {
  readonly source: MetricsSource;
  /** A query that gives exactly one sample of value 1, with the label `reader="contract"`. */
  readonly one: string;
  /** A query that is understood and gives no sample. */
  readonly none: string;
  /** A query that cannot be answered, and the code with which that is told. */
  readonly refused: { readonly query: string; readonly code: string };
  close(): Promise<void>;
};

/** What ports/metrics-source.ts promises. */
export function metricsSourceContract(name: string, connect: () => Promise<MetricsSourceUnderTest>): void {
  describe(`MetricsSource: ${name}`, () => {
    let under: MetricsSourceUnderTest;
    beforeAll(async () => {
      under = await connect();
    }, 60_000);
    afterAll(async () => under?.close());

    it('gives samples with labels, value and instant', async () => {
      expect(await under.source.query(under.one)).toEqual({
        ok: true,
        value: [
          {
            labels: expect.objectContaining({ reader: 'contract' }),
            value: 1,
            at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          },
        ],
      });
    });

    it('takes an empty result for an answer', async () => {
      expect(await under.source.query(under.none)).toEqual({ ok: true, value: [] });
    });

    it('gives a problem with a sentence for what cannot be answered', async () => {
      expect(await under.source.query(under.refused.query)).toMatchObject({
        ok: false,
        error: { code: under.refused.code, sentence: expect.stringMatching(/^[A-Z].*\.$/s) },
      });
    });
  });
}
