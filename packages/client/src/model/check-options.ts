import { ClientError } from './client-error.ts';

const refuse = (option: string, expected: string): never => {
  throw new ClientError('CLIENT_OPTION_INVALID', { option, expected });
};

/** @throws ClientError `CLIENT_OPTION_INVALID` for what is no number, NaN, 0 or less */
export function checkPositive(option: string, value: unknown): void {
  if (!(typeof value === 'number' && value > 0)) refuse(option, 'a number above 0');
}

/** @throws ClientError `CLIENT_OPTION_INVALID` for anything but 1, 2, 3 … and, where it means "no limit", Infinity */
export function checkCount(option: string, value: unknown, unlimited = false): void {
  const isCount = typeof value === 'number' && value >= 1 && Number.isSafeInteger(value);
  if (!isCount && !(unlimited && value === Infinity)) refuse(option, 'a whole number of at least 1');
}

/** @throws ClientError `CLIENT_OPTION_INVALID` */
export function checkOneOf(option: string, value: unknown, values: readonly unknown[]): void {
  if (!values.includes(value)) refuse(option, values.map((each) => JSON.stringify(each)).join(' or '));
}

/** @throws ClientError `CLIENT_OPTION_INVALID` for a name that is none: a typing error would change nothing silently */
export function checkNames(option: string, given: object | undefined, known: object): void {
  for (const name of Object.keys(given ?? {}))
    if (!Object.hasOwn(known, name)) refuse(`${option}.${name}`, `one of ${Object.keys(known).join(', ')}`);
}

/** Defaults and what was given; `undefined` counts as not given. */
export function withDefaults<Options extends object>(
  defaults: Options,
  given: Partial<Options> | undefined,
): Options {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(set) as Partial<Options>) };
}
