import type { WorkloadRef } from '../core/action/action.ts';
import type { ReadOutput } from '../core/action/output/read-output.ts';
import type { Measurement } from '../core/runbook/condition.ts';
import type { Condition } from '../core/runbook/plan.ts';

/** What a condition may be asked of: the output of a read that was just made, or an object that is read again for each measurement. */
export type Measurable = {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly target?: WorkloadRef;
  readonly output?: ReadOutput;
};

/** Measures a condition once. Never throws for what a source does: what could not be read is `errored`, with why. */
export type ConditionMeter = (condition: Condition, about: Measurable, signal: AbortSignal) => Promise<Measurement>;
