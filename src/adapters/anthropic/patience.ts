import {
  admit,
  type Circuit,
  type CircuitSettings,
  closedCircuit,
  settle,
} from '../../core/reasoning/circuit-breaker.ts';
import { fail, problem, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCode, ModelProblem } from '../../ports/reasoner.ts';
import { type ModelFault, timedOut } from './model-fault.ts';

export type PatienceSettings = {
  readonly circuit: CircuitSettings;
  /** Attempts for one call, the first included. */
  readonly attempts: number;
  /** Pause after the first failure when the server names none; doubled each time. */
  readonly pauseMs: number;
};

const defaultPatience: PatienceSettings = {
  circuit: { failures: 3, openMs: 60_000 },
  attempts: 3,
  pauseMs: 500,
};

/** One attempt: its own outcome as a value, or what went wrong with it. `signal` ends it at the deadline. */
export type Attempt<T> = (signal: AbortSignal, remainingMs: number) => Promise<Result<T, ModelFault>>;

export type Patience = <T>(
  attempt: Attempt<T>,
  deadlineMs: number,
  signal: AbortSignal,
) => Promise<Result<T, ModelProblem>>;

// The server answered, and asking it is not in vain: what is wrong is with this one question.
const ofTheQuestion: readonly ModelCode[] = ['model.refused', 'model.bad-answer', 'model.over-budget'];

/**
 * Tries a call a few times within one deadline, as long as the server says that it is busy or cannot be reached, and stops asking a server that keeps failing. A pause that
 * would reach beyond the deadline is not begun. Rejects only when `signal` is aborted.
 */
export function createPatience(
  { clock }: { readonly clock: Clock },
  settings: PatienceSettings = defaultPatience,
): Patience {
  let circuit: Circuit = closedCircuit;

  async function tryAll<T>(
    attempt: Attempt<T>,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Result<T, ModelFault>> {
    const endsAt = clock.monotonicMs() + deadlineMs;
    let last: ModelFault = timedOut();
    for (let count = 0; count < settings.attempts; count += 1) {
      const remainingMs = endsAt - clock.monotonicMs();
      if (remainingMs <= 0) break;
      const outcome = await once(attempt, remainingMs, signal);
      signal.throwIfAborted();
      if (outcome.ok) return outcome;
      last = outcome.error;
      const pauseMs = last.retryAfterMs ?? settings.pauseMs * 2 ** count;
      const isLast = count + 1 >= settings.attempts;
      if (!last.retry || isLast || clock.monotonicMs() + pauseMs >= endsAt) break;
      await clock.sleep(pauseMs, signal);
    }
    return fail(last);
  }

  async function once<T>(attempt: Attempt<T>, ms: number, signal: AbortSignal): Promise<Result<T, ModelFault>> {
    const late = new AbortController();
    const done = new AbortController();
    const timer = clock.sleep(ms, AbortSignal.any([done.signal, signal])).then(
      (): Result<T, ModelFault> => {
        late.abort(new Error('the deadline of the model'));
        return fail(timedOut());
      },
      () => new Promise<never>((_resolve, reject) => (signal.aborted ? reject(signal.reason) : undefined)),
    );
    try {
      // Raced, so that a client that does not heed its signal cannot hold the call.
      return await Promise.race([attempt(AbortSignal.any([signal, late.signal]), ms), timer]);
    } finally {
      done.abort();
    }
  }

  return async (attempt, deadlineMs, signal) => {
    signal.throwIfAborted();
    const asked = admit(circuit, clock.monotonicMs(), settings.circuit);
    circuit = asked.circuit;
    if (!asked.admitted) {
      return fail({
        ...problem(
          'model.circuit-open',
          'The model failed several times in a row and is left alone for a minute. The rules go on without it.',
        ),
        mayHaveCost: false,
      });
    }
    const outcome = await tryAll(attempt, deadlineMs, signal);
    const worked = outcome.ok || ofTheQuestion.includes(outcome.error.problem.code);
    circuit = settle(circuit, worked, clock.monotonicMs(), settings.circuit);
    return outcome.ok ? outcome : fail(outcome.error.problem);
  };
}
