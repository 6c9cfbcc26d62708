/** Which requests a fault concerns: a method, and a path that starts with a text or matches a pattern. Empty means all. */
export type RequestPattern = { readonly method?: string; readonly path?: string | RegExp };

export type FaultPlan =
  | { readonly type: 'delay'; readonly delayMs: number }
  | { readonly type: 'fail'; readonly code: number }
  /** `after`: the request takes effect, and only its answer is lost. */
  | { readonly type: 'cut'; readonly when: 'before' | 'after' };

type Fault = { readonly pattern: RequestPattern; readonly plan: FaultPlan; left: number };

/** Faults waiting to happen. Those with `times` wear off. */
export function createFaultList() {
  let faults: Fault[] = [];
  return {
    add(pattern: RequestPattern, plan: FaultPlan, times = Number.POSITIVE_INFINITY): void {
      faults.push({ pattern, plan, left: times });
    },
    clear(): void {
      faults = [];
    },
    /** The faults that strike this request; each is counted down. */
    strike(method: string, path: string): FaultPlan[] {
      const struck = faults.filter(({ pattern }) => concerns(pattern, method, path));
      for (const fault of struck) fault.left -= 1;
      faults = faults.filter(({ left }) => left > 0);
      return struck.map(({ plan }) => plan);
    },
  };
}

function concerns({ method, path }: RequestPattern, actualMethod: string, actualPath: string): boolean {
  if (method !== undefined && method.toUpperCase() !== actualMethod) return false;
  if (path === undefined) return true;
  return typeof path === 'string'
    ? actualPath.startsWith(path)
    : new RegExp(path.source, path.flags.replace('g', '')).test(actualPath);
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export function injectedFailure(code: number) {
  const reason = reasons[code];
  const retry = code === 429 ? { headers: { 'Retry-After': '1' } } : {};
  return { code, ...(reason === undefined ? {} : { reason }), message: `injected fault ${code}`, ...retry };
}
