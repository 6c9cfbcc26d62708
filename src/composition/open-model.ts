import type { Config } from '../config/config.ts';
import type { Prices } from '../core/reasoning/usage.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Journal } from '../ports/journal.ts';
import type { ModelDesk } from '../ports/model-desk.ts';
import { keepModelBudget } from '../workflows/keep-model-budget.ts';

type Dependencies = {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly onProblem: (sentence: string) => void;
};

// A server of one's own costs nothing by the token.
const free: Prices = { inputPerMTok: 0, outputPerMTok: 0, cacheReadPerMTok: 0, cacheWritePerMTok: 0 };

/** The model of the configuration with its budget, or nothing where none is configured. Its server is not asked: it may be down, and the co-pilot starts all the same. */
export async function openModel(config: Config, dependencies: Dependencies): Promise<ModelDesk | undefined> {
  if (config.model === undefined) return undefined;
  const {
    model,
    baseUrl,
    timeout,
    maxOutputTokens,
    maxTokensPerIncident,
    maxUsdPerIncident,
    maxUsdPerDay,
    prices = free,
  } = config.model;
  const { clock } = dependencies;
  const limits = { maxTokensPerIncident, maxUsdPerIncident, maxUsdPerDay };
  // Its client is large, and most starts need none.
  const { createAnthropicReasoner } = await import('../adapters/anthropic/anthropic-reasoner.ts');
  return {
    reasoner: createAnthropicReasoner({ model, baseUrl, apiKey: config.secrets.anthropicApiKey, clock }),
    budget: await keepModelBudget({ ...dependencies, model, limits, prices }),
    limits,
    timeoutMs: timeout,
    maxOutputTokens,
  };
}
