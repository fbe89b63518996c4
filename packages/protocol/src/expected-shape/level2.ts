import type { Decimal } from '../decimal.ts';
import { asciiText } from '../json-text.ts';
import type { Level2Event, Level2Update } from '../messages/level2.ts';
import type { FrameSource } from './frame-source.ts';
import { POSITIONS_PER_LEVEL, PRICE_LENGTH, SIZE_LENGTH, type Level2Marks } from './level2-scan.ts';

/**
 * Levels whose values are cut out of one text. Parts of a text may keep all of it alive, and the text of a whole
 * snapshot would not fit the processor's cache.
 */
const LEVELS_PER_TEXT = 512;

/** The event that a scan has marked. `text` reaches from `start` to {@link endOfText}. */
export function level2Event(source: FrameSource, marks: Level2Marks, firstText: string): Level2Event {
  const { type, productFrom, productTo, levels, positions, side } = marks;
  const updates = newArray(levels);
  let text = firstText;
  let start = source.start;
  let textEnds = LEVELS_PER_TEXT;
  let event_time = '';
  for (let level = 0; level < levels; level += 1) {
    const index = level * POSITIONS_PER_LEVEL;
    const timeFrom = positions[index]!;
    const priceFrom = positions[index + 1]!;
    const sizeFrom = positions[index + 2]!;
    if (level === textEnds) {
      start = timeFrom < 0 ? priceFrom : timeFrom;
      text = asciiText(source.bytes, start, endOfText(marks, level));
      textEnds += LEVELS_PER_TEXT;
    }
    if (timeFrom >= 0) event_time = text.slice(timeFrom - start, priceFrom - PRICE_LENGTH - start);
    updates[level] = {
      side: side[level] === 0 ? 'bid' : 'offer',
      event_time,
      price_level: text.slice(priceFrom - start, sizeFrom - SIZE_LENGTH - start) as Decimal,
      new_quantity: text.slice(sizeFrom - start, positions[index + 3]! - start) as Decimal,
    };
  }
  return { type, product_id: firstText.slice(productFrom - source.start, productTo - source.start), updates };
}

/** Where the text for the levels from one on ends. */
export function endOfText({ levels, positions }: Level2Marks, level: number): number {
  return positions[Math.min(level + LEVELS_PER_TEXT, levels) * POSITIONS_PER_LEVEL - 1]!;
}

/** All levels at once: growing an array step by step costs more than an element. */
function newArray(length: number): Level2Update[] {
  // oxlint-disable-next-line unicorn/no-new-array -- Array.from({ length }) would fill it first
  return new Array<Level2Update>(length);
}
