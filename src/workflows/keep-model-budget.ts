import { type BudgetLimits, createLedger, nothingSpent, type Spent } from '../core/reasoning/budget.ts';
import { costUsd, type Prices, tokensOf, type Usage, worstUsage } from '../core/reasoning/usage.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Journal } from '../ports/journal.ts';
import type { Bought, ModelBudget, Purchase } from '../ports/model-budget.ts';
import type { ModelProblem } from '../ports/reasoner.ts';

const stream = 'budget/model';

type Dependencies = {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly model: string;
  readonly limits: BudgetLimits;
  readonly prices: Prices;
  readonly onProblem: (sentence: string) => void;
};

/** The budget over the journal's stream `budget/model`, read once. Purchases are decided one after the other; the calls themselves run beside each other. */
export async function keepModelBudget(dependencies: Dependencies): Promise<ModelBudget> {
  const { journal, clock, ids, model, limits, prices, onProblem } = dependencies;
  const ledger = createLedger();
  let seq = 0;
  let turn: Promise<unknown> = Promise.resolve();
  for (const event of await journal.read(stream)) take(event);

  function take(event: {
    readonly seq: number;
    readonly type: string;
    readonly occurredAt: string;
    readonly body: unknown;
  }) {
    ledger.enter(event);
    seq = event.seq;
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work, work);
    turn = done.catch(() => undefined);
    return done;
  }

  async function append(type: string, cause: string, body: Readonly<Record<string, unknown>>) {
    const occurredAt = clock.now().toISOString();
    for (;;) {
      const stored = await journal.append(stream, seq, [{ type, actor: { kind: 'bot' }, cause, occurredAt, body }]);
      if (stored.ok) {
        stored.value.forEach(take);
        return ok(undefined);
      }
      if (stored.error.code === 'journal.unavailable') return fail(stored.error);
      for (const event of await journal.read(stream, seq + 1)) take(event);
    }
  }

  const spentFor = (usage: Usage): Spent => ({ tokens: tokensOf(usage), costUsd: costUsd(usage, prices) });

  function begin(call: string, purchase: Purchase): Promise<Result<Spent, Problem<'model.over-budget'>>> {
    return inTurn(async () => {
      const { incident, purpose, promptChars, maxOutputTokens } = purchase;
      const reserved = spentFor(worstUsage(promptChars, maxOutputTokens));
      const able = ledger.afford({ incident, most: reserved, at: clock.now().toISOString() }, limits);
      if (!able.ok) return able;
      const stored = await append('call-begun', incident, { call, incident, purpose, model, reserved });
      if (stored.ok) return ok(reserved);
      return fail(
        problem(
          'model.over-budget',
          `The model is not asked, because what it costs could not be written down. ${stored.error.sentence} The rules go on without it.`,
        ),
      );
    });
  }

  // What is not known is counted at its most: a server that answers nothing may have worked all the same.
  function bill<T extends { readonly usage: Usage }>(result: Result<T, ModelProblem>, reserved: Spent) {
    if (result.ok) return { usage: result.value.usage, spent: spentFor(result.value.usage) };
    const { usage, mayHaveCost = false } = result.error;
    if (usage !== undefined) return { usage, spent: spentFor(usage) };
    return { usage: null, spent: mayHaveCost ? reserved : nothingSpent };
  }

  return {
    async buy<T extends { readonly usage: Usage }>(
      purchase: Purchase,
      make: () => Promise<Result<T, ModelProblem>>,
    ): Promise<Bought<T>> {
      const call = ids.next();
      const begun = await begin(call, purchase);
      if (!begun.ok) return { result: begun, spent: nothingSpent };
      // A throw (the co-pilot is stopping) leaves what was set aside as spent.
      const result = await make();
      const { usage, spent } = bill(result, begun.value);
      const stored = await inTurn(() => append('call-ended', purchase.incident, { call, usage, spent }));
      if (!stored.ok)
        onProblem(`${purchase.incident}: what a call of the model cost was not stored. ${stored.error.sentence}`);
      return { result, spent };
    },
    spentOn: (incident) => ledger.spentOn(incident),
  };
}
