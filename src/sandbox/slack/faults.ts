/**
 * A failure to come. Without `status` and `error` only the delay happens. With `retryAfterSeconds` the answer is a 429.
 * `afterProcessing`: the call takes effect and only its answer is lost, the case in which a retry posts twice.
 * `reset`: the connection is cut instead of answered.
 */
export type Fault = {
  readonly times?: number;
  readonly status?: number;
  readonly error?: string;
  readonly retryAfterSeconds?: number;
  readonly delayMs?: number;
  readonly afterProcessing?: boolean;
  readonly reset?: boolean;
};

export type FaultPlan = {
  /** Arms a fault for a Web API method, for `response_url`, for `upload`, or for every call (`*`). */
  fail(method: string, fault: Fault): void;
  /** Takes the next armed fault for this method, if any. */
  next(method: string): Fault | undefined;
};

/** Armed faults, used up first in, first out; a method's own go before those for every call. */
export function createFaultPlan(): FaultPlan {
  const armed: { readonly method: string; readonly fault: Fault; left: number }[] = [];
  return {
    fail(method, fault) {
      armed.push({ method, fault, left: fault.times ?? 1 });
    },
    next(method) {
      const found =
        armed.find((one) => one.left > 0 && one.method === method) ??
        armed.find((one) => one.left > 0 && one.method === '*');
      if (found === undefined) return undefined;
      found.left -= 1;
      return found.fault;
    },
  };
}

/** The HTTP answer of a fault; undefined when it only delays. */
export function faultAnswer(fault: Fault): { status: number; body: string; retryAfterSeconds?: number } | undefined {
  if (fault.retryAfterSeconds !== undefined) {
    const body = JSON.stringify({ ok: false, error: fault.error ?? 'ratelimited' });
    return { status: fault.status ?? 429, body, retryAfterSeconds: fault.retryAfterSeconds };
  }
  if (fault.error !== undefined)
    return { status: fault.status ?? 200, body: JSON.stringify({ ok: false, error: fault.error }) };
  if (fault.status !== undefined)
    return { status: fault.status, body: 'This failure was injected by the local workspace.' };
  return undefined;
}
