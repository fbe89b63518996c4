import type * as z from 'zod';
import type { Issue } from '../model/decoded.ts';

const MOST_ISSUES = 8;
const LONGEST_TEXT = 120;
const LONGEST_VALUE = 200;

/** The issues of a schema, at most eight, with external text cut. */
export function issuesOf(refused: readonly z.core.$ZodIssue[], value: unknown): readonly Issue[] {
  return refused.slice(0, MOST_ISSUES).map((issue) => issueOf(issue, value));
}

/** One issue of a schema, with the value found. */
export function issueOf({ path, message }: z.core.$ZodIssue, value: unknown): Issue {
  const refused = valueAt(value, path);
  return {
    path: pathText(path),
    message: refused === undefined ? 'missing' : message.slice(0, LONGEST_TEXT),
    ...(refused !== undefined && { value: shortJson(refused) }),
  };
}

/** `events[0].updates[3].price_level` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
    .slice(0, LONGEST_TEXT);
}

/** An external value as JSON of at most 200 characters. */
export function shortJson(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, LONGEST_VALUE);
  } catch {
    // Nested too deeply for JSON.stringify, which recurses.
    return '(nested too deeply to show)';
  }
}

/** The value at a path of a result of `JSON.parse`. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
