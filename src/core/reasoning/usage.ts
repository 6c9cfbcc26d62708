import { z } from 'zod';

const tokens = z.int().nonnegative();

/** What one or several calls of a model took, in tokens, each counted once: input that came from the cache or was written to it is not in `inputTokens`. */
export const usageSchema = z.strictObject({
  inputTokens: tokens,
  outputTokens: tokens,
  cacheReadTokens: tokens,
  cacheWriteTokens: tokens,
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

/** US dollars for a million tokens of each sort. */
export type Prices = {
  readonly inputPerMTok: number;
  readonly outputPerMTok: number;
  readonly cacheReadPerMTok: number;
  readonly cacheWritePerMTok: number;
};

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  };
}

/** All tokens that a budget counts, cached ones too. */
export function tokensOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}

/** The price of a usage in US dollars, to a millionth. */
export function costUsd(usage: Usage, prices: Prices): number {
  const usd =
    (usage.inputTokens * prices.inputPerMTok +
      usage.outputTokens * prices.outputPerMTok +
      usage.cacheReadTokens * prices.cacheReadPerMTok +
      usage.cacheWriteTokens * prices.cacheWritePerMTok) /
    1_000_000;
  return Math.round(usd * 1_000_000) / 1_000_000;
}

// A token is about four characters of English and fewer of JSON and hashes; two and a half is on the safe side.
const charsPerToken = 2.5;

/** The most that a call can take: its prompt as written to the cache, and all the output that it may give. */
export function worstUsage(promptChars: number, maxOutputTokens: number): Usage {
  return { ...noUsage, cacheWriteTokens: Math.ceil(promptChars / charsPerToken), outputTokens: maxOutputTokens };
}
