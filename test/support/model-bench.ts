import { onTestFinished } from 'vitest';
import { createAnthropicReasoner } from '../../src/adapters/anthropic/anthropic-reasoner.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { BudgetLimits } from '../../src/core/reasoning/budget.ts';
import type { ModelDesk } from '../../src/ports/model-desk.ts';
import { keepModelBudget } from '../../src/workflows/keep-model-budget.ts';
import { type Bench, type BenchOptions, createWorld, openBench, type World } from './copilot-bench.ts';
import { type ModelAnswer, type ModelRequest, type ScriptedModel, startScriptedModel } from './scripted-model.ts';

const testPrices = { inputPerMTok: 3, outputPerMTok: 15, cacheReadPerMTok: 0.3, cacheWritePerMTok: 3.75 };
const testLimits: BudgetLimits = { maxTokensPerIncident: 200_000, maxUsdPerIncident: 5, maxUsdPerDay: 20 };

/** Answers to the explanation, and to nothing else, with what the bench's investigation carries. */
export const goodReading: ModelAnswer = {
  text: JSON.stringify({
    hypothesis: 'f1',
    otherHypotheses: [],
    runbook: 'rollout-bad-image',
    inputs: [],
    explanation: [
      { sentence: 'The image shop/checkout:v2 cannot be pulled, because its tag does not exist.', evidenceIds: ['e1'] },
      { sentence: 'The pods of checkout wait with ErrImagePull.', evidenceIds: ['e1'] },
    ],
  }),
};

export type ModelBench = {
  readonly world: World;
  readonly bench: Bench;
  readonly server: ScriptedModel;
  readonly desk: ModelDesk;
  /** Waits, with real I/O going on, until something holds; time of the bench stands still. */
  until(what: string, holds: () => boolean): Promise<void>;
};

/** A bench with a model: the real client over HTTP to a scripted server; everything else as in `openBench`. */
export async function openModelBench(
  script: (request: ModelRequest, index: number) => ModelAnswer,
  options: Omit<BenchOptions, 'model'> & {
    readonly world?: World;
    readonly limits?: Partial<BudgetLimits>;
    readonly timeoutMs?: number;
  } = {},
): Promise<ModelBench> {
  const { world = createWorld(), limits: given, timeoutMs = 2_000, ...rest } = options;
  const limits = { ...testLimits, ...given };
  const server = await startScriptedModel(script);
  const reasoner = createAnthropicReasoner({
    model: 'test-model',
    baseUrl: server.url,
    clock: createSystemClock(),
    patience: { circuit: { failures: 10, openMs: 60_000 }, attempts: 2, pauseMs: 5 },
  });
  const { journal, clock, ids } = world;
  const budget = await keepModelBudget({
    journal,
    clock,
    ids,
    model: 'test-model',
    limits,
    prices: testPrices,
    onProblem: () => undefined,
  });
  const desk: ModelDesk = { reasoner, budget, limits, timeoutMs, maxOutputTokens: 1_200 };
  const bench = await openBench(world, { ...rest, model: desk });
  onTestFinished(async () => {
    await bench.stop();
    await server.close();
  });
  await bench.start();
  return {
    world,
    bench,
    server,
    desk,
    async until(what, holds) {
      const giveUpAt = Date.now() + 5_000;
      while (!holds()) {
        if (Date.now() > giveUpAt) throw new Error(`waited for ${what}`);
        await bench.settle();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await bench.settle();
    },
  };
}
