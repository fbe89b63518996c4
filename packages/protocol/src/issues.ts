import type * as z from 'zod';
import type { Issue } from './decoded.ts';

const MOST_ISSUES = 8;
const LONGEST_MESSAGE = 120;

/** What a schema refuses, shortened: outside text never makes a report long. `undefined` when it fits. */
export function issuesOf(schema: z.ZodType, value: unknown): readonly Issue[] | undefined {
  const result = schema.safeParse(value);
  if (result.success) return undefined;
  return result.error.issues.slice(0, MOST_ISSUES).map(({ path, message }) => ({
    path: pathText(path),
    message: message.slice(0, LONGEST_MESSAGE),
  }));
}

/** `events[0].updates[3].price_level` */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
    .slice(0, LONGEST_MESSAGE);
}
