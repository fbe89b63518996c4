import { setCount, setIsSnapshot, setProductEnd, setResumeAt } from './header';
import {
  afterFirstBid,
  afterFirstOffer,
  afterLevel2Snapshot,
  afterLevel2Update,
  afterLevels,
  afterNewQuantity,
  afterNextBid,
  afterNextOffer,
  afterPriceLevel,
  isFirstBid,
  isFirstOffer,
  isLevel2Snapshot,
  isLevel2Update,
  isLevels,
  isNewQuantity,
  isNextBid,
  isNextOffer,
  isPriceLevel,
} from './literals';
import { INPUT, MARKS, PRICES, PRICE_DECIMALS, SIDES, SIZES, SIZE_DECIMALS, VALUES } from './memory';
import { storeDecimal } from './scaled-integer';
import { copyDecimal, copyText, isQuote } from './value';
import { nextValue, setNextValue, takeText, valuesLength } from './values';

/** A time with its quote is compared as two vectors, which must overlap or meet. */
const VECTOR: usize = 16;
const SHORTEST_TIME: usize = VECTOR - 1;
const LONGEST_TIME: usize = 2 * VECTOR - 1;

/**
 * Four 16-bit integers a level: where its time ends (where that of the level before does, if they are the same), its
 * price and its size; 1 for an offer, 0 for a bid.
 */
const MARKS_PER_LEVEL: usize = 8;

/** What becomes of a level's values. */
export const AS_TEXT: i32 = 0;
export const AS_NUMBERS: i32 = 1;

/** Reads the event's beginning up to the product's closing quote; where that is, or 0. */
export function scanLevel2Head(at: usize): usize {
  const isUpdate = isLevel2Update(at);
  if (!isUpdate && !isLevel2Snapshot(at)) return 0;
  setIsSnapshot(!isUpdate);
  const quote = takeText(isUpdate ? afterLevel2Update(at) : afterLevel2Snapshot(at));
  setProductEnd(valuesLength());
  return quote;
}

/** Reads the event's beginning up to the list's first side; where that is, or 0. */
export function scanLevel2Beginning(at: usize): usize {
  const quote = scanLevel2Head(at);
  return isLevels(quote) ? afterLevels(quote) : 0;
}

/** Reads the event at a position up to the quote that ends its last size before `stop`; where that is, or 0. */
@inline export function scanLevel2(at: usize, stop: usize, form: i32): usize {
  const quote = scanLevel2Head(at);
  if (isFirstBid(quote)) return scanLevels(afterFirstBid(quote), false, stop, form);
  return isFirstOffer(quote) ? scanLevels(afterFirstOffer(quote), true, stop, form) : 0;
}

/** {@link scanLevel2} for a window that begins where the one before had to stop. */
@inline export function resumeLevel2(stop: usize, form: i32): usize {
  if (isNextBid(INPUT)) return scanLevels(afterNextBid(INPUT), false, stop, form);
  return isNextOffer(INPUT) ? scanLevels(afterNextOffer(INPUT), true, stop, form) : 0;
}

/** Reads levels, from the time of the first one on. */
@inline function scanLevels(firstTime: usize, firstIsOffer: bool, stop: usize, form: i32): usize {
  return form == AS_TEXT
    ? scanTexts(firstTime, firstIsOffer, stop)
    : scanNumbers(firstTime, firstIsOffer, stop);
}

function scanTexts(firstTime: usize, firstIsOffer: bool, stop: usize): usize {
  return scanLevelsAs(AS_TEXT, firstTime, firstIsOffer, stop);
}

function scanNumbers(firstTime: usize, firstIsOffer: bool, stop: usize): usize {
  return scanLevelsAs(AS_NUMBERS, firstTime, firstIsOffer, stop);
}

/** The innermost loop: everything in it is without a call, and every decision one that can be guessed. */
@inline function scanLevelsAs(form: i32, firstTime: usize, firstIsOffer: bool, stop: usize): usize {
  let nextTime = firstTime;
  let isOffer = firstIsOffer;
  let count: usize = 0;
  let value = nextValue();
  let time: usize = 0;
  let timeLength: usize = 0;
  let quote: usize = 0;
  for (;;) {
    if (timeLength != 0 && isSameTime(nextTime, time, timeLength)) {
      quote = nextTime + timeLength;
    } else {
      time = nextTime;
      quote = copyText(time, value);
      // An empty time could not be told from that of the level before.
      if (quote == time || !isQuote(quote)) return 0;
      timeLength = quote - time;
      value += timeLength;
      if (timeLength < SHORTEST_TIME || timeLength > LONGEST_TIME) timeLength = 0;
    }
    if (!isPriceLevel(quote)) return 0;
    const price = afterPriceLevel(quote);
    const priceValue = value;
    const priceEnd = copyDecimal(price, priceValue);
    if (!isNewQuantity(priceEnd)) return 0;
    const size = afterNewQuantity(priceEnd);
    const sizeValue = priceValue + priceEnd - price;
    quote = copyDecimal(size, sizeValue);
    if (quote == 0) return 0;
    if (form == AS_TEXT) {
      value = sizeValue + quote - size;
      markLevel(count, isOffer, priceValue, sizeValue, value);
    } else if (!storeLevel(count, isOffer, price, priceEnd, size, quote)) return 0;
    count += 1;
    if (quote >= stop) {
      setResumeAt(<i32>(quote - INPUT));
      break;
    }
    if (isNextBid(quote)) {
      nextTime = afterNextBid(quote);
      isOffer = false;
    } else if (isNextOffer(quote)) {
      nextTime = afterNextOffer(quote);
      isOffer = true;
    } else break;
  }
  setNextValue(value);
  setCount(<i32>count);
  return quote;
}

/** Whether the time at a position, with its closing quote, is the same as another. */
@inline function isSameTime(at: usize, time: usize, length: usize): bool {
  const last = length + 1 - VECTOR;
  const first = v128.xor(v128.load(at), v128.load(time));
  return !v128.any_true(v128.or(first, v128.xor(v128.load(at + last), v128.load(time + last))));
}

@inline function markLevel(count: usize, isOffer: bool, timeEnd: usize, priceEnd: usize, sizeEnd: usize): void {
  const mark = MARKS + count * MARKS_PER_LEVEL;
  const ends = <u64>(timeEnd - VALUES) | (<u64>(priceEnd - VALUES) << 16) | (<u64>(sizeEnd - VALUES) << 32);
  store<u64>(mark, ends | (<u64>isOffer << 48));
}

@inline function storeLevel(
  count: usize,
  isOffer: bool,
  price: usize,
  priceEnd: usize,
  size: usize,
  sizeEnd: usize,
): bool {
  store<u8>(SIDES + count, <u8>isOffer);
  return (
    storeDecimal(price, priceEnd, PRICES + 8 * count, PRICE_DECIMALS + count) &&
    storeDecimal(size, sizeEnd, SIZES + 8 * count, SIZE_DECIMALS + count)
  );
}
