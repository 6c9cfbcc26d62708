import type { Judgement } from './judge.ts';

export type JudgedCase = {
  readonly name: string;
  readonly family: string;
  readonly ms: number;
  readonly judgement: Judgement;
};

/** Shares are 0 to 1, null where there is nothing to share; times in milliseconds. */
export type Scores = {
  readonly cases: number;
  readonly faulty: number;
  /** Of the faulty cases: the expected fault stands first, among the first three; the first finding names the right object. */
  readonly top1: number | null;
  readonly top3: number | null;
  readonly objectRight: number | null;
  /** Cases in which nothing is wrong and nothing was found. */
  readonly silent: { readonly cases: number; readonly silent: number };
  /** Answers whose first finding is `high`, over all cases: how many are right, and which share of all right answers they are. */
  readonly high: {
    readonly answers: number;
    readonly right: number;
    readonly precision: number | null;
    readonly coverage: number | null;
  };
  /** Faulty cases without any finding. */
  readonly abstentions: number;
  readonly falseFindings: number;
  readonly ms: { readonly p50: number; readonly p95: number; readonly max: number };
};

/** Sums judgements up. Precision of high and its coverage: src/core/diagnosis/confidence.ts says what high should mean. */
export function scoresOf(cases: readonly JudgedCase[]): Scores {
  const faulty = cases.filter(({ judgement }) => judgement.expectsFault);
  const well = cases.filter(({ judgement }) => !judgement.expectsFault);
  const ofFaulty = (holds: (judgement: Judgement) => boolean) =>
    share(faulty.filter(({ judgement }) => holds(judgement)).length, faulty.length);
  const high = cases.filter(({ judgement }) => judgement.confidence === 'high');
  const rightHigh = high.filter(({ judgement }) => judgement.right).length;
  const right = faulty.filter(({ judgement }) => judgement.right).length;
  const times = cases.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    cases: cases.length,
    faulty: faulty.length,
    top1: ofFaulty(({ right: isRight }) => isRight),
    top3: ofFaulty(({ rank }) => rank !== null && rank <= 3),
    objectRight: ofFaulty(({ objectRight }) => objectRight),
    silent: { cases: well.length, silent: well.filter(({ judgement }) => judgement.right).length },
    high: {
      answers: high.length,
      right: rightHigh,
      precision: share(rightHigh, high.length),
      coverage: share(rightHigh, right),
    },
    abstentions: faulty.filter(({ judgement }) => judgement.abstained).length,
    falseFindings: cases.reduce((sum, { judgement }) => sum + judgement.falseFindings.length, 0),
    ms: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), max: times.at(-1) ?? 0 },
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1000) / 1000;
}

/** Nearest rank: the smallest value that at least that share of all values does not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
