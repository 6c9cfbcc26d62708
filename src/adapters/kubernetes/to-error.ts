/** What is safe to tell of anything that was thrown: its name and its code (`ECONNREFUSED`), never its text. */
export function toError(thrown: unknown): { readonly name: string; readonly code: string | undefined } {
  if (!(thrown instanceof Error)) return { name: 'unknown error', code: undefined };
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  return { name: thrown.name, code: typeof code === 'string' ? code : undefined };
}
