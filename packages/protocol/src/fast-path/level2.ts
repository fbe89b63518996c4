import type { Decimal } from '../values/decimal.ts';
import type { Level2Event, Level2Update } from '../messages/level2.ts';
import { newArray } from './new-array.ts';
import { readFrom, type Scanner } from './scanner.ts';
import {
  COUNT,
  IS_SNAPSHOT,
  MARKS_PER_LEVEL,
  NO_MATCH,
  PRODUCT_END,
  RESUME_AT,
  TIMESTAMP_END,
} from './scanner-layout.ts';
import { textOfValues } from './values.ts';

/** The event of a frame; `undefined` if a later window does not match. */
export function level2Event(
  scanner: Scanner,
  text: string,
  frame: Uint8Array | string,
): Level2Event | undefined {
  const { header } = scanner;
  const productEnd = header[PRODUCT_END]!;
  const resumeAt = header[RESUME_AT]!;
  const type = header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot';
  const product_id = text.slice(header[TIMESTAMP_END], productEnd);
  const levels = levelsOf(scanner, text, productEnd);
  // A frame given as a string always fits the window.
  const isWhole = resumeAt === 0 || typeof frame === 'string';
  const updates = isWhole ? levels : allLevels(scanner, levels, frame, resumeAt);
  return updates === undefined ? undefined : { type, product_id, updates };
}

/** The levels of all windows. */
function allLevels(
  scanner: Scanner,
  first: Level2Update[],
  frame: Uint8Array,
  resumeAt: number,
): Level2Update[] | undefined {
  const following: Level2Update[][] = [];
  for (let position = resumeAt, next = resumeAt; next > 0; position += next) {
    if (readFrom(scanner, scanner.resume, frame, position) === NO_MATCH) return undefined;
    next = scanner.header[RESUME_AT]!;
    following.push(levelsOf(scanner, textOfValues(scanner), 0, first[0]?.event_time));
  }
  return first.concat(...following);
}

/** `known`: a time that these levels may share; reusing its string keeps the text of this window collectable. */
function levelsOf(
  { header, shortMarks: marks }: Scanner,
  text: string,
  from: number,
  known = '',
): Level2Update[] {
  const count = header[COUNT]!;
  const updates = newArray<Level2Update>(count);
  let at = from;
  let event_time = known;
  for (let level = 0, mark = 0; level < count; level = (level + 1) | 0) {
    const timeEnd = marks[mark]!;
    const priceEnd = marks[(mark + 1) | 0]!;
    const sizeEnd = marks[(mark + 2) | 0]!;
    const side = marks[(mark + 3) | 0] === 0 ? 'bid' : 'offer';
    mark = (mark + MARKS_PER_LEVEL) | 0;
    // No time of its own: that of the level before.
    if (timeEnd !== at) {
      const time = text.slice(at, timeEnd);
      if (time !== event_time) event_time = time;
    }
    updates[level] = {
      side,
      event_time,
      price_level: text.slice(timeEnd, priceEnd) as Decimal,
      new_quantity: text.slice(priceEnd, sizeEnd) as Decimal,
    };
    at = sizeEnd;
  }
  return updates;
}
