import { ClientError } from './client-error.ts';

/**
 * Refuses what an option may not be, for callers without types: their mistakes would show later, as something else, or
 * never.
 *
 * @param option how the value is called in the error
 * @throws ClientError `CLIENT_OPTION_INVALID`
 */
export type Check = (option: string, value: unknown) => void;

/** A table of checks by option. `undefined` counts as not given. */
export type Checks<Options> = { readonly [Name in keyof Options]-?: Check };

/** The name of what holds the options of a call: they are called by their names alone. */
export const ROOT = 'options';

function refuse(option: string, expected: string, value: unknown): never {
  throw new ClientError('CLIENT_OPTION_INVALID', { option, expected, given: nameOf(value) });
}

/** What a value is, without its content: any option may hold a secret by mistake. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export const must =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (option, value) => {
    if (!holds(value)) refuse(option, expected, value);
  };

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value has these methods, of its own or inherited. */
export const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  names.every((name) => typeof Reflect.get(value, name) === 'function');

export const anObject: Check = must('an object', isObject);
export const aString: Check = must('a string', (value) => typeof value === 'string');
export const aBoolean: Check = must('true or false', (value) => typeof value === 'boolean');
export const aFunction: Check = must('a function', (value) => typeof value === 'function');
export const aPositive: Check = must('a number above 0', (value) => typeof value === 'number' && value > 0);
export const aCount: Check = must('a whole number of at least 1', isCount);
export const aLimit: Check = must(
  'a whole number of at least 1, or Infinity',
  (value) => value === Infinity || isCount(value),
);

export const oneOf = (...values: readonly (string | number)[]): Check =>
  must(values.map((value) => JSON.stringify(value)).join(' or '), (value) =>
    values.some((allowed) => allowed === value),
  );

export const listOf =
  (each: Check): Check =>
  (option, value) => {
    if (!Array.isArray(value)) refuse(option, 'an array', value);
    for (const [index, member] of value.entries()) each(`${option}[${index}]`, member);
  };

/** A string, or several. */
export const strings: Check = (option, value) => {
  if (typeof value === 'string') return;
  if (!Array.isArray(value)) refuse(option, 'a string or an array of strings', value);
  if (value.length === 0) refuse(option, 'at least one string', value);
  listOf(aString)(option, value);
};

/** An object with these options and no others: a typing error would change nothing silently. */
export function optionsOf<Options extends object>(
  checks: Checks<Options>,
  ...required: readonly (keyof Options)[]
): Check {
  const known = new Map<string, Check>(Object.entries(checks));
  return (option, value) => {
    anObject(option, value);
    const called = (name: string): string => (option === ROOT ? name : `${option}.${name}`);
    const given = value as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(given))
      if (!known.has(name)) refuse(called(name), `one of ${[...known.keys()].join(', ')}`, given[name]);
    for (const [name, check] of known)
      if (given[name] !== undefined || (required as readonly string[]).includes(name))
        check(called(name), given[name]);
  };
}

/** Positive numbers, under the names of these. */
export const positives = <Numbers extends object>(numbers: Numbers): Checks<Numbers> =>
  Object.fromEntries(Object.keys(numbers).map((name) => [name, aPositive])) as Checks<Numbers>;

/** Defaults and what was given; `undefined` counts as not given. */
export function withDefaults<Options extends object>(
  defaults: Options,
  given: Partial<Options> | undefined,
): Options {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(set) as Partial<Options>) };
}
