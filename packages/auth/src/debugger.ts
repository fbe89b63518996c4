import { url } from 'node:inspector';
import { AuthError } from './auth-error.ts';

/**
 * Call before a key is read. Whoever can connect to Node's debugger can read every key of the process, and on
 * SIGUSR1 Node opens one: the programs take that signal for themselves before anything else.
 * @throws {AuthError} AUTH_DEBUGGER_OPEN
 */
export function refuseDebugger(): void {
  if (url() !== undefined) throw new AuthError('AUTH_DEBUGGER_OPEN', { found: "Node's debugger listening" });
}
