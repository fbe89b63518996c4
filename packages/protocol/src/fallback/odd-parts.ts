import type * as z from 'zod';
import type { Oddity } from '../model/decoded.ts';
import { issueOf, pathText, valueAt } from './issues.ts';
import { isPartialList } from '../messages/field-schemas.ts';

const MOST_ODDITIES = 100;

/** The smallest part of a frame that can be omitted without changing the meaning of the rest. */
interface Part {
  readonly path: readonly PropertyKey[];
  readonly kind: 'field' | 'item' | 'list';
}

/**
 * Removes from a parsed frame, in place, what its schema rejects: optional fields, items of lists with independent
 * items, and such lists as a whole, which become empty. `undefined`, with nothing changed, if anything else is rejected
 * or no item is left: the frame then has another shape than its channel.
 */
export function omitOddParts(
  schema: z.ZodType,
  frame: unknown,
  refused: readonly z.core.$ZodIssue[],
): readonly Oddity[] | undefined {
  const parts: Part[] = [];
  for (const { path } of refused) {
    const part = smallestPart(schema, path);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  const lists = itemsToOmit(
    frame,
    parts.filter(({ kind }) => kind === 'item'),
  );
  if (lists.size > 0 && [...lists].every(([list, indices]) => indices.size === list.length)) return undefined;
  const oddities = refused.slice(0, MOST_ODDITIES).map((issue, index) => ({
    ...issueOf(issue, frame),
    omitted: pathText(parts[index]?.path ?? []),
  }));
  for (const { path, kind } of parts) if (kind !== 'item') omitField(frame, path, kind);
  for (const [list, indices] of lists) {
    const kept = list.filter((_, index) => !indices.has(index));
    list.length = 0;
    for (const item of kept) list.push(item);
  }
  return oddities;
}

/** Follows a path through the schema; returns the last part on it that may be omitted. */
function smallestPart(schema: z.ZodType, path: readonly PropertyKey[]): Part | undefined {
  let part: Part | undefined;
  let at = schema;
  for (const [depth, key] of path.entries()) {
    const { type, shape, element } = definitionOf(at);
    const here = path.slice(0, depth + 1);
    if (type === 'object' && shape !== undefined && typeof key === 'string' && Object.hasOwn(shape, key)) {
      const field = shape[key]!;
      const { type: fieldType, innerType } = definitionOf(field);
      if (fieldType === 'optional') part = { path: here, kind: 'field' };
      else if (isPartialList(field) && depth === path.length - 1) part = { path: here, kind: 'list' };
      at = innerType ?? field;
    } else if (type === 'array' && element !== undefined) {
      if (isPartialList(at)) part = { path: here, kind: 'item' };
      at = element;
    } else return part;
  }
  return part;
}

function omitField(frame: unknown, path: readonly PropertyKey[], kind: 'field' | 'list'): void {
  const holder = valueAt(frame, path.slice(0, -1));
  if (typeof holder !== 'object' || holder === null) return;
  const key = path.at(-1)!;
  if (kind === 'list') Reflect.set(holder, key, []);
  else Reflect.deleteProperty(holder, key);
}

/** Lists with odd items, and the indices of those. */
function itemsToOmit(frame: unknown, parts: readonly Part[]): Map<unknown[], Set<PropertyKey>> {
  const omitted = new Map<unknown[], Set<PropertyKey>>();
  for (const { path } of parts) {
    const list = valueAt(frame, path.slice(0, -1));
    if (!Array.isArray(list)) continue;
    const indices = omitted.get(list) ?? new Set();
    omitted.set(list, indices.add(path.at(-1)!));
  }
  return omitted;
}

/** The parts of zod's schema definition that the walk needs. */
interface SchemaDefinition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
}

export function definitionOf(schema: z.ZodType): SchemaDefinition {
  return schema.def;
}
