import { CaptureError } from '../../format/error.ts';

/** Accepted values of an option. `undefined` counts as not given. */
export interface Rule {
  /** As it stands in an error: `must be …`. */
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
  readonly required?: true;
  /** The options within an object, when it is one. */
  readonly members?: Rules<object>;
}

export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule };

export const rule = (expected: string, holds: (value: unknown) => boolean): Rule => ({ expected, holds });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const aString: Rule = rule('a string', (value) => typeof value === 'string');
export const aBoolean: Rule = rule('true or false', (value) => typeof value === 'boolean');
export const aFunction: Rule = rule('a function', (value) => typeof value === 'function');
export const aPositive: Rule = rule('a number above 0', (value) => typeof value === 'number' && value > 0);
export const aSize: Rule = rule('a number of at least 0', (value) => typeof value === 'number' && value >= 0);

/** An object with these methods, of the caller's own making. */
export const withMethods = (...names: readonly string[]): Rule =>
  rule(
    `an object${names.length === 0 ? '' : ` with the methods ${names.join(', ')}`}`,
    (value) => isObject(value) && names.every((name) => typeof value[name] === 'function'),
  );

/** An object with these options and no others. */
export const group = <Options extends object>(members: Rules<Options>): Rule => ({
  expected: 'an object',
  holds: isObject,
  members,
});

export function refuse(option: string, reason: string): never {
  throw new CaptureError('CAPTURE_OPTION', { option, reason });
}

/** @throws CaptureError `CAPTURE_OPTION` for an option of the wrong type, and for a name that no option has */
export function checkRules(rules: Rules<object>, options: unknown, prefix = ''): void {
  if (!isObject(options)) refuse('options', 'must be an object');
  const known = new Map<string, Rule>(Object.entries(rules));
  for (const name of Object.keys(options))
    if (!known.has(name)) refuse(`${prefix}${name}`, `must be one of ${[...known.keys()].join(', ')}`);
  for (const [name, { expected, holds, required, members }] of known) {
    const value = options[name];
    if (value === undefined && required === undefined) continue;
    if (!holds(value)) refuse(`${prefix}${name}`, `must be ${expected}`);
    if (members !== undefined && isObject(value)) checkRules(members, value, `${prefix}${name}.`);
  }
}
