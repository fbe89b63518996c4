import { url } from 'node:inspector';
import { AuthError } from '../model/auth-error.ts';

/**
 * Throws if Node's debugger is open; call it before reading a key. Anyone who connects to a debugger can read every key
 * of the process. Node opens one on SIGUSR1, so the programs handle that signal first of all.
 * @throws {AuthError} AUTH_DEBUGGER_OPEN
 */
export function refuseDebugger(): void {
  if (url() !== undefined) throw new AuthError('AUTH_DEBUGGER_OPEN', { found: "Node's debugger listening" });
}
