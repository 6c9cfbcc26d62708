import { fail, type Problem, problem, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';

export type Deadline = <T, C extends string>(
  read: (signal: AbortSignal) => Promise<Result<T, Problem<C>>>,
) => Promise<Result<T, Problem<C | 'source.timeout'>>>;

/** Gives each read its own time. The caller's abort ends everything; a read that is late is told to stop and not waited for. */
export function createDeadline(dependencies: { clock: Clock; signal: AbortSignal; timeoutMs: number }): Deadline {
  const { clock, signal, timeoutMs } = dependencies;
  return async (read) => {
    signal.throwIfAborted();
    const late = new AbortController();
    const timer = new AbortController();
    const both = AbortSignal.any([signal, late.signal]);
    const timeout = clock.sleep(timeoutMs, AbortSignal.any([signal, timer.signal])).then(
      () => fail(problem('source.timeout', `It did not answer within ${timeoutMs} ms.`)),
      () => new Promise<never>((_resolve, reject) => (signal.aborted ? reject(signal.reason) : undefined)),
    );
    try {
      const answer = await Promise.race([read(both), timeout]);
      // A reader that was aborted may say so as a problem of its own; the caller's abort is not a finding.
      signal.throwIfAborted();
      return answer;
    } finally {
      timer.abort();
      late.abort();
    }
  };
}
