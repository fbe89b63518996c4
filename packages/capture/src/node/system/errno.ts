import { constants } from 'node:os';

/** The `code` of a system error, such as `ENOSPC`. Node has no name for a full quota (`Unknown system error -122`). */
export function errnoOf(error: unknown): string {
  const { code, errno } = (error ?? {}) as { readonly code?: unknown; readonly errno?: unknown };
  if (errno === -constants.errno.EDQUOT) return 'EDQUOT';
  return typeof code === 'string' ? code : 'unknown';
}
