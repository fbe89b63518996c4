import { parseTimestamp } from './timestamp.ts';

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isString: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isTime: Check = (value) => typeof value === 'string' && parseTimestamp(value) !== undefined;
const isSha256: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const isCounts: Check = (value) => Array.isArray(value) && value.every(isCount);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const stamp = { at: isTime, mono: isCount };

/** What each kind must hold. Keys beyond these are allowed and kept. */
const shapes: ReadonlyMap<string, Readonly<Record<string, Check>>> = new Map(
  Object.entries({
    header: {
      run: isString,
      segment: isCount,
      previous: orNull(isSha256),
      software: isString,
      url: isString,
      at: isTime,
      mono: (value) => value === undefined || isCount(value),
      fsync: isString,
      private: isBoolean,
      open: orAbsent(isCounts),
    },
    frame: { connection: isCount, index: isCount, ...stamp },
    sent: { connection: isCount, ...stamp },
    connection: { connection: isCount, event: isString, ...stamp },
    gap: { connection: orNull(isCount), why: isString, count: orNull(isCount), ...stamp },
    clock: { offsetMs: Number.isFinite, ...stamp },
    checkpoint: { offset: isCount, lines: isCount, sha256: isSha256 },
    end: { offset: isCount, lines: isCount, frames: isCount, gaps: isCount, sha256: isSha256, why: isString },
  } satisfies Record<string, Record<string, Check>>),
);

/** Whether `value` holds what its kind must hold; `undefined` when version 1 has no such kind. */
export function isRecordShape(value: unknown, kind: string): boolean | undefined {
  const shape = shapes.get(kind);
  if (shape === undefined) return undefined;
  const record = value as Readonly<Record<string, unknown>>;
  for (const key in shape) {
    if (!shape[key]?.(record[key])) return false;
  }
  return true;
}
