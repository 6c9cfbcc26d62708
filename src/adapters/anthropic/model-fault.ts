import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { problem } from '../../core/result.ts';
import type { ModelCode, ModelProblem } from '../../ports/reasoner.ts';

/** A failure of one attempt: whether another one may help, and after how long the server wants it. */
export type ModelFault = {
  readonly problem: ModelProblem;
  readonly retry: boolean;
  readonly retryAfterMs: number | null;
};

const goesOn = 'The rules go on without it.';

/** What the client threw, in our words. The server's own text is not passed on: it can be anything, and quote what was sent. */
export function modelFault(error: unknown): ModelFault {
  if (error instanceof APIUserAbortError || error instanceof APIConnectionTimeoutError) return timedOut();
  if (error instanceof APIConnectionError) {
    return fault('model.unreachable', 'The model server cannot be reached.', { retry: true });
  }
  if (!(error instanceof APIError)) {
    // A stream that ended in the middle, an event that is no JSON: what the client throws for a server that lies.
    return fault('model.bad-answer', 'The answer of the model server could not be read.', { mayHaveCost: true });
  }
  const status: unknown = error.status;
  const retryAfterMs = readRetryAfter(error.headers);
  if (status === 429) {
    return fault('model.rate-limited', 'The model server takes no more requests for now (429).', {
      retry: true,
      retryAfterMs,
    });
  }
  // An error inside a stream has no status of its own; its type says what it is.
  if (status === 529 || error.type === 'overloaded_error')
    return fault('model.overloaded', 'The model server is overloaded.', { retry: true, retryAfterMs });
  if (typeof status === 'number' && status >= 500)
    return fault('model.overloaded', `The model server failed (${status}).`, { retry: true, retryAfterMs });
  if (status === 401 || status === 403)
    return fault('model.unconfigured', `The model server refuses the key (${status}). Check ANTHROPIC_API_KEY.`);
  if (status === 404)
    return fault('model.unconfigured', 'The model server does not know this model (404). Check model.model.');
  if (typeof status === 'number')
    return fault('model.bad-answer', `The model server did not take the request (${status}).`);
  return fault('model.bad-answer', 'The answer of the model server ended with an error.', { mayHaveCost: true });
}

export function timedOut(): ModelFault {
  return fault('model.timeout', 'The model did not answer in time.', { mayHaveCost: true });
}

export function badAnswer(why: string, usage?: ModelProblem['usage']): ModelProblem {
  return {
    ...problem('model.bad-answer', `The answer of the model cannot be used: ${why}. ${goesOn}`),
    mayHaveCost: true,
    ...(usage === undefined ? {} : { usage }),
  };
}

function fault(
  code: ModelCode,
  what: string,
  more: { readonly retry?: boolean; readonly retryAfterMs?: number | null; readonly mayHaveCost?: boolean } = {},
): ModelFault {
  const { retry = false, retryAfterMs = null, mayHaveCost = false } = more;
  return { problem: { ...problem(code, `${what} ${goesOn}`), mayHaveCost }, retry, retryAfterMs };
}

/** `retry-after-ms`, or `retry-after` in seconds. A date needs a clock and is rare; our own pause is as good. */
function readRetryAfter(headers: Headers | undefined): number | null {
  const ms = numberOf(headers?.get('retry-after-ms'));
  const seconds = numberOf(headers?.get('retry-after'));
  return ms ?? (seconds === null ? null : seconds * 1000);
}

function numberOf(text: string | null | undefined): number | null {
  const value = text == null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
