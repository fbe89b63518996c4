import { inspect } from 'node:util';
import { type AnyAuthError, isAuthError } from '@feedtape/auth';

/** The AuthError that an action throws; anything else that happens is a failure of the test. */
export function authErrorOf(action: () => unknown): AnyAuthError {
  try {
    action();
  } catch (error) {
    if (isAuthError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Everything of an error that a log could show. */
export function everythingShownOf(error: Error): string {
  return [
    error.message,
    error.stack,
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true }),
    String(error),
  ].join('\n');
}
