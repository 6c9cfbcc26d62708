import type { ReadAction } from '../core/action/action.ts';
import type { ReadOutput } from '../core/action/output/read-output.ts';
import type { Problem, Result } from '../core/result.ts';

/** Carries out one read of a runbook. What comes back is redacted and bounded: it may be shown and journalled. */
export type ActionReader = (action: ReadAction, signal: AbortSignal) => Promise<Result<ReadOutput, Problem>>;
