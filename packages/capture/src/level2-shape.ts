import { endOfFixed, fixedText } from './fixed-text.ts';
import type { FixedText } from './fixed-text.ts';
import { endOfString } from './json-string.ts';
import type { Text } from './json-string.ts';

// Nearly all bytes of a feed are level2 frames, always spelled the same way:
//   {"channel":"…","timestamp":"…","sequence_num":1,"events":[{"type":"…","product_id":"…","updates":[
//     {"side":"bid","event_time":"…","price_level":"…","new_quantity":"…"}, …
// What is constant is compared four bytes at a time. This is only speed: what is passed over here is what the
// general check would pass over, and whatever is spelled otherwise is left to it.

const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const ZERO = 0x30;
const NINE = 0x39;

const CHANNEL = fixedText('{"channel":"');
const TIMESTAMP = fixedText(',"timestamp":"');
const SEQUENCE = fixedText(',"sequence_num":');
const EVENTS = fixedText(',"events":[{"type":"');
const PRODUCT = fixedText(',"product_id":"');
const UPDATES = fixedText(',"updates":[{');

/** How deep {@link endOfOpening} leads: into an array in an object in an array in an object. */
export const OPENING_DEPTH = 4;

/** From the start of a level2 frame to its first level, or -1 when it starts otherwise. */
export function endOfOpening(text: Text, from: number, end: number): number {
  const { bytes, words } = text;
  let at = endOfStringAfter(text, from, end, CHANNEL);
  at = endOfStringAfter(text, at, end, TIMESTAMP);
  at = at < 0 ? -1 : endOfFixed(words, at, end, SEQUENCE);
  // A zero before other digits is not JSON: leave it to the check that knows.
  if (at < 0 || at >= end || bytes[at] === ZERO) return -1;
  const digits = at;
  while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at += 1;
  if (at === digits) return -1;
  at = endOfStringAfter(text, at, end, EVENTS);
  at = endOfStringAfter(text, at, end, PRODUCT);
  at = at < 0 ? -1 : endOfFixed(words, at, end, UPDATES);
  return at < 0 ? -1 : at - 1;
}

const BID = fixedText('{"side":"bid","event_time":"');
const OFFER = fixedText('{"side":"offer","event_time":"');
const PRICE = fixedText(',"price_level":"');
const QUANTITY = fixedText(',"new_quantity":"');
const CLOSE_BRACE = 0x7d;

/**
 * Past as many regular levels as follow each other from `from`, with commas between them: the end of the
 * last one, or -1 when there is none. Only an array may hold more than one value, so call it only there.
 */
export function endOfLevels(text: Text, from: number, end: number): number {
  const { bytes } = text;
  let last = endOfLevel(text, from, end);
  while (last > 0 && last + 1 < end && bytes[last] === COMMA && bytes[last + 1] === OPEN_BRACE) {
    const next = endOfLevel(text, last + 1, end);
    if (next < 0) break;
    last = next;
  }
  return last;
}

/** Where one regular level ends, or -1. */
function endOfLevel(text: Text, from: number, end: number): number {
  let at = endOfStringAfter(text, from, end, BID);
  if (at < 0) at = endOfStringAfter(text, from, end, OFFER);
  at = endOfStringAfter(text, at, end, PRICE);
  at = endOfStringAfter(text, at, end, QUANTITY);
  return at > 0 && at < end && text.bytes[at] === CLOSE_BRACE ? at + 1 : -1;
}

/** Past a fixed text that ends with the opening quote of a string, and that string; -1 also for a start of -1. */
function endOfStringAfter(text: Text, from: number, end: number, before: FixedText): number {
  const at = from < 0 ? -1 : endOfFixed(text.words, from, end, before);
  return at < 0 ? -1 : endOfString(text, at, end);
}
