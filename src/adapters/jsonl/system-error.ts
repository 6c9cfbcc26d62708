/** The code of a system error (`ENOSPC`, `EIO`, …), undefined for any other value: those are broken expectations and must be thrown on. */
export function systemErrorOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return 'syscall' in error || /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}
