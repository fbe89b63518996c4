import { parseTimestamp } from './timestamp.ts';

type Check = (value: unknown) => boolean;
/** What each key must hold. Keys beyond these are allowed and kept. */
export type Shape = Readonly<Record<string, Check>>;

export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const isString: Check = (value) => typeof value === 'string';
/** A name that is part of many keys. */
const isName: Check = (value) => typeof value === 'string' && value.length <= 256;
/** A word, such as a reason: nothing a reader could not keep many of. */
const isWord: Check = (value) => typeof value === 'string' && value.length <= 1024;
export const isSha256: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isBoolean: Check = (value) => typeof value === 'boolean';
const isTime: Check = (value) => typeof value === 'string' && parseTimestamp(value) !== undefined;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isOrigin: Check = (value) =>
  hasShape(value, {
    how: isString,
    from: listOf(isString),
    note: orAbsent(isString),
    chosenBy: orAbsent(listOf(isString)),
  });

const stamp = { at: isTime, mono: isCount };

const shapes: ReadonlyMap<string, Shape> = new Map(
  Object.entries({
    header: {
      run: isName,
      segment: isCount,
      previous: orNull(isSha256),
      software: isString,
      url: isString,
      at: isTime,
      mono: (value) => value === undefined || isCount(value),
      fsync: isWord,
      private: isBoolean,
      open: orAbsent(listOf(isCount)),
      origin: orAbsent(isOrigin),
    },
    frame: { connection: isCount, index: isCount, ...stamp },
    sent: { connection: isCount, ...stamp },
    connection: { connection: isCount, event: isWord, ...stamp },
    gap: {
      connection: orNull(isCount),
      why: isWord,
      count: orNull(isCount),
      from: orAbsent(isCount),
      to: orAbsent(isCount),
      ...stamp,
    },
    clock: { offsetMs: Number.isFinite, ...stamp },
    checkpoint: { offset: isCount, lines: isCount, sha256: isSha256 },
    end: { offset: isCount, lines: isCount, frames: isCount, gaps: isCount, sha256: isSha256, why: isWord },
  } satisfies Record<string, Shape>),
);

/** Whether `value` holds what its kind must hold; `undefined` when version 1 has no such kind. */
export function isRecordShape(value: unknown, kind: string): boolean | undefined {
  const shape = shapes.get(kind);
  return shape === undefined ? undefined : hasShape(value, shape);
}

/** Whether `value` is an object that holds what `shape` asks for. */
export function hasShape(value: unknown, shape: Shape): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  for (const key in shape) {
    if (!shape[key]?.(record[key])) return false;
  }
  return true;
}
