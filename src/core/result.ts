/** An expected outcome as a value: callers must look before they use it. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** What went wrong, for programs (`code`, stable, dotted) and for people (`sentence`: what happened, what was not done, what to do next). */
export type Problem<C extends string = string> = { readonly code: C; readonly sentence: string };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

export function problem<C extends string>(code: C, sentence: string): Problem<C> {
  return { code, sentence };
}
