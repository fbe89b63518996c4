import type { Decimal } from '../decimal.ts';
import type { DecodedMessage } from '../decoded.ts';
import { asciiText } from '../json-text.ts';
import type { Level2Event, Level2Message, Level2Update } from '../messages/level2.ts';
import type { ScannedEnvelope } from './envelope.ts';
import type { FrameSource } from './frame-source.ts';
import { POSITIONS_PER_LEVEL, PRICE_LENGTH, SIZE_LENGTH, type Level2Marks } from './level2-scan.ts';

/**
 * Levels whose values are cut out of one text. Parts of a text may keep all of it alive, and the text of a whole
 * snapshot would not fit the processor's cache.
 */
const LEVELS_PER_TEXT = 512;

/** The frame that a scan has marked. */
export function level2Message(
  source: FrameSource,
  envelope: ScannedEnvelope,
  marks: Level2Marks,
): DecodedMessage {
  const { bytes, start } = source;
  const text = asciiText(bytes, start, endOfText(marks, 0));
  const { clientIdFrom, sequence } = envelope;
  const timestamp = text.slice((envelope.timestampFrom - start) | 0, (envelope.timestampTo - start) | 0);
  const product_id = text.slice((marks.productFrom - start) | 0, (marks.productTo - start) | 0);
  const events: Level2Event[] = [{ type: marks.type, product_id, updates: updatesOf(source, marks, text) }];
  const message: Level2Message =
    clientIdFrom < 0
      ? { channel: 'l2_data', timestamp, sequence_num: sequence, events }
      : {
          channel: 'l2_data',
          client_id: text.slice(clientIdFrom - start, envelope.clientIdTo - start),
          timestamp,
          sequence_num: sequence,
          events,
        };
  return { kind: 'message', channel: 'l2_data', sequence, message };
}

function updatesOf(
  { bytes, start: frameStart }: FrameSource,
  marks: Level2Marks,
  firstText: string,
): Level2Update[] {
  const { levels, positions, side } = marks;
  const updates = newArray(levels);
  let text = firstText;
  let start = frameStart;
  let textEnds = LEVELS_PER_TEXT;
  let event_time = '';
  for (let level = 0, index = 0; level < levels; level = (level + 1) | 0) {
    const timeFrom = positions[index]!;
    const priceFrom = positions[(index + 1) | 0]!;
    const sizeFrom = positions[(index + 2) | 0]!;
    const sizeTo = positions[(index + 3) | 0]!;
    index = (index + POSITIONS_PER_LEVEL) | 0;
    if (level === textEnds) {
      start = timeFrom < 0 ? priceFrom : timeFrom;
      text = asciiText(bytes, start, endOfText(marks, level));
      textEnds = (textEnds + LEVELS_PER_TEXT) | 0;
    }
    if (timeFrom >= 0) {
      event_time = text.slice((timeFrom - start) | 0, (priceFrom - PRICE_LENGTH - start) | 0);
    }
    updates[level] = {
      side: side[level] === 0 ? 'bid' : 'offer',
      event_time,
      price_level: text.slice((priceFrom - start) | 0, (sizeFrom - SIZE_LENGTH - start) | 0) as Decimal,
      new_quantity: text.slice((sizeFrom - start) | 0, (sizeTo - start) | 0) as Decimal,
    };
  }
  return updates;
}

/** Where the text for the levels from one on ends. */
function endOfText({ levels, positions }: Level2Marks, level: number): number {
  return positions[Math.min(level + LEVELS_PER_TEXT, levels) * POSITIONS_PER_LEVEL - 1]!;
}

/** All levels at once: growing an array step by step costs more than an element. */
function newArray(length: number): Level2Update[] {
  // oxlint-disable-next-line unicorn/no-new-array -- Array.from({ length }) would fill it first
  return new Array<Level2Update>(length);
}
