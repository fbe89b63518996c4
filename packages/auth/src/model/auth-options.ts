import { AuthError } from './auth-error.ts';

/** What an option may be. */
interface Check {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

export const aString: Check = { expected: 'a string', holds: (value) => typeof value === 'string' };
export const aFunction: Check = { expected: 'a function', holds: isFunction };
export const aFiniteNumber: Check = { expected: 'a finite number', holds: Number.isFinite };
export const aFiniteNumberOrFunction: Check = {
  expected: 'a finite number or a function',
  holds: (value) => Number.isFinite(value) || isFunction(value),
};
// `AbortSignal.timeout` accepts no more.
const MOST_TIMEOUT_MS = 4_294_967_295;
export const aTimeout: Check = {
  expected: `a whole number of milliseconds from 1 to ${MOST_TIMEOUT_MS}`,
  holds: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_TIMEOUT_MS,
};
export const aUrl: Check = {
  expected: 'a URL',
  holds: (value) => typeof value === 'string' && URL.canParse(value),
};
export const aSignal: Check = { expected: 'an AbortSignal', holds: (value) => value instanceof AbortSignal };

/**
 * Refuses options that are no object, unknown names and values that do not pass their check. `undefined` counts as not
 * given.
 * @throws {AuthError} AUTH_OPTION_INVALID
 */
export function checkOptions<Options extends object>(
  options: Options,
  checks: { readonly [Name in keyof Options]-?: Check },
): void {
  // As the callers without types may give it.
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('options', 'an object', given);
  }
  const known = new Map<string, Check>(Object.entries(checks));
  for (const [name, value] of Object.entries(given)) {
    const check = known.get(name);
    if (check === undefined) throw invalid(printable(name), `one of ${[...known.keys()].join(', ')}`, value);
    if (value !== undefined && !check.holds(value)) throw invalid(name, check.expected, value);
  }
}

const invalid = (option: string, expected: string, value: unknown): AuthError =>
  new AuthError('AUTH_OPTION_INVALID', { option, expected, given: kindOf(value) });

/** A name that is short and has only letters is no secret. */
const printable = (name: string): string => (/^[A-Za-z]{1,32}$/.test(name) ? name : 'an unknown option');

/** What a value is, without its content: any option may hold a secret by mistake. */
function kindOf(value: unknown): string {
  if (value === null || typeof value === 'undefined') return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
