/** The `code` of a system error, such as `ENOSPC`. */
export function errnoOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}
