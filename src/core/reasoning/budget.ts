import { z } from 'zod';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';
import { usageSchema } from './usage.ts';

const spentSchema = z.strictObject({ tokens: z.int().nonnegative(), costUsd: z.number().nonnegative() });
export type Spent = Readonly<z.infer<typeof spentSchema>>;
export const nothingSpent: Spent = { tokens: 0, costUsd: 0 };

/** The stream `budget/model`: a call is set aside before it is made, and settled when its usage is known. */
const budgetEventBodies = {
  'call-begun': z.strictObject({
    call: z.string().min(1),
    incident: z.string().min(1),
    purpose: z.string().min(1),
    model: z.string().min(1),
    reserved: spentSchema,
  }),
  'call-ended': z.strictObject({ call: z.string().min(1), usage: usageSchema.nullable(), spent: spentSchema }),
} as const;

export type BudgetLimits = {
  readonly maxTokensPerIncident: number;
  readonly maxUsdPerIncident: number;
  readonly maxUsdPerDay: number;
};

/** What was spent, folded from the events of the stream. A call that was begun and never ended counts with what was set aside for it. */
export type Ledger = {
  /** Takes in one event of the stream. Events that this version does not know change nothing. */
  enter(event: { readonly type: string; readonly occurredAt: string; readonly body: unknown }): void;
  /** Whether a call that can take at most `most` still fits, for its incident and for the day of `at`. */
  afford(
    purchase: { readonly incident: string; readonly most: Spent; readonly at: string },
    limits: BudgetLimits,
  ): Result<undefined, Problem<'model.over-budget'>>;
  spentOn(incident: string): Spent;
  /** `day` as `2026-11-21`, in UTC. */
  spentOnDay(day: string): Spent;
};

/** Keeps totals only, and the calls that have not ended: a journal of years is read in one pass. */
export function createLedger(): Ledger {
  const open = new Map<string, { readonly incident: string; readonly day: string; readonly reserved: Spent }>();
  const incidents = new Map<string, Spent>();
  const days = new Map<string, Spent>();

  function add(incident: string, day: string, spent: Spent): void {
    incidents.set(incident, addSpent(incidents.get(incident) ?? nothingSpent, spent));
    days.set(day, addSpent(days.get(day) ?? nothingSpent, spent));
  }

  const ledger: Ledger = {
    enter({ type, occurredAt, body }) {
      const begun = type === 'call-begun' ? budgetEventBodies['call-begun'].safeParse(body).data : undefined;
      if (begun !== undefined && !open.has(begun.call)) {
        const day = dayOf(occurredAt);
        open.set(begun.call, { incident: begun.incident, day, reserved: begun.reserved });
        add(begun.incident, day, begun.reserved);
      }
      const ended = type === 'call-ended' ? budgetEventBodies['call-ended'].safeParse(body).data : undefined;
      const call = ended === undefined ? undefined : open.get(ended.call);
      if (ended === undefined || call === undefined) return;
      open.delete(ended.call);
      // A call counts for the day on which it began.
      const { tokens, costUsd } = call.reserved;
      add(call.incident, call.day, { tokens: ended.spent.tokens - tokens, costUsd: ended.spent.costUsd - costUsd });
    },
    afford({ incident, most, at }, limits) {
      const own = ledger.spentOn(incident);
      const today = ledger.spentOnDay(dayOf(at));
      if (own.tokens + most.tokens > limits.maxTokensPerIncident)
        return over('this incident', `${own.tokens} tokens`, `${limits.maxTokensPerIncident}`, 'maxTokensPerIncident');
      if (own.costUsd + most.costUsd > limits.maxUsdPerIncident)
        return over('this incident', sayUsd(own.costUsd), sayUsd(limits.maxUsdPerIncident), 'maxUsdPerIncident');
      if (today.costUsd + most.costUsd > limits.maxUsdPerDay)
        return over('today', sayUsd(today.costUsd), sayUsd(limits.maxUsdPerDay), 'maxUsdPerDay');
      return ok(undefined);
    },
    spentOn: (incident) => incidents.get(incident) ?? nothingSpent,
    spentOnDay: (day) => days.get(day) ?? nothingSpent,
  };
  return ledger;
}

function over(what: string, used: string, limit: string, key: string) {
  return fail(
    problem(
      'model.over-budget',
      `The model is not asked: ${what} has used ${used} of ${limit}, and one more call could go beyond. The rules go on without it; model.${key} in the configuration sets the limit.`,
    ),
  );
}

export function addSpent(a: Spent, b: Spent): Spent {
  return { tokens: a.tokens + b.tokens, costUsd: Math.round((a.costUsd + b.costUsd) * 1_000_000) / 1_000_000 };
}

/** `$0.0042`, `$1.20`: two digits after the point, four below a cent. */
export function sayUsd(usd: number): string {
  return usd === 0 || usd >= 0.01 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(4)}`;
}

function dayOf(instant: string): string {
  return instant.slice(0, 10);
}
