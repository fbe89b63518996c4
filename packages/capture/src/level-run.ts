import { endOfString } from './json-string.ts';
import type { Text } from './json-string.ts';
import { encodeUtf8 } from './utf8.ts';

// Nearly all bytes of a feed are the levels of level2 frames, always spelled the same way:
//   {"side":"bid","event_time":"…","price_level":"…","new_quantity":"…"}
// What is constant is compared four bytes at a time. This is only speed: whatever is spelled otherwise is left
// to the caller, and what is passed over here is a run of complete JSON objects.

const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const QUOTE = 0x22;

/** The text as 32-bit words; its length is a multiple of four. */
function wordsOf(text: string): number[] {
  const view = new DataView(encodeUtf8(text).buffer);
  return Array.from({ length: text.length / 4 }, (_, n) => view.getInt32(4 * n, true));
}

type Words4 = [number, number, number, number];
type Words5 = [...Words4, number];

const [SIDE_0, SIDE_1] = wordsOf('{"side":') as [number, number];
const [BID_0, BID_1, BID_2, BID_3, BID_4] = wordsOf('"bid","event_time":"') as Words5;
const [OFFER_0, OFFER_1, OFFER_2, OFFER_3, OFFER_4] = wordsOf('"offer","event_time"') as Words5;
const [PRICE_0, PRICE_1, PRICE_2, PRICE_3] = wordsOf(',"price_level":"') as Words4;
const [QUANTITY_0, QUANTITY_1, QUANTITY_2, QUANTITY_3] = wordsOf(',"new_quantity":') as Words4;
const COLON_QUOTE = 0x223a;

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
  // The shortest level there can be: no comparison before the time reads past the end.
  if (from + 66 > end) return -1;
  let at = endOfSide(text.words, from);
  if (at < 0) return -1;
  at = endOfString(text, at, end);
  if (at < 0 || at + 16 > end || !isPriceKey(text.words, at)) return -1;
  at = endOfString(text, at + 16, end);
  if (at < 0 || at + 17 > end || !isQuantityKey(text.words, at) || text.bytes[at + 16] !== QUOTE) return -1;
  at = endOfString(text, at + 17, end);
  return at > 0 && at < end && text.bytes[at] === CLOSE_BRACE ? at + 1 : -1;
}

/** Past `{"side":"bid","event_time":"`, or the same with `offer`. */
function endOfSide(words: DataView, at: number): number {
  if (words.getInt32(at, true) !== SIDE_0 || words.getInt32(at + 4, true) !== SIDE_1) return -1;
  if (words.getInt32(at + 8, true) === BID_0) {
    const bid =
      words.getInt32(at + 12, true) === BID_1 &&
      words.getInt32(at + 16, true) === BID_2 &&
      words.getInt32(at + 20, true) === BID_3 &&
      words.getInt32(at + 24, true) === BID_4;
    return bid ? at + 28 : -1;
  }
  const offer =
    words.getInt32(at + 8, true) === OFFER_0 &&
    words.getInt32(at + 12, true) === OFFER_1 &&
    words.getInt32(at + 16, true) === OFFER_2 &&
    words.getInt32(at + 20, true) === OFFER_3 &&
    words.getInt32(at + 24, true) === OFFER_4 &&
    words.getUint16(at + 28, true) === COLON_QUOTE;
  return offer ? at + 30 : -1;
}

function isPriceKey(words: DataView, at: number): boolean {
  return (
    words.getInt32(at, true) === PRICE_0 &&
    words.getInt32(at + 4, true) === PRICE_1 &&
    words.getInt32(at + 8, true) === PRICE_2 &&
    words.getInt32(at + 12, true) === PRICE_3
  );
}

function isQuantityKey(words: DataView, at: number): boolean {
  return (
    words.getInt32(at, true) === QUANTITY_0 &&
    words.getInt32(at + 4, true) === QUANTITY_1 &&
    words.getInt32(at + 8, true) === QUANTITY_2 &&
    words.getInt32(at + 12, true) === QUANTITY_3
  );
}
