import {
  INPUT,
  MARKS,
  MARKS_PER_LEVEL,
  PRICES,
  PRICE_DECIMALS,
  SIDES,
  SIZES,
  SIZE_DECIMALS,
  VALUES,
} from '../src/fast-path/scanner-layout';
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
import { storeDecimal } from './scaled-integer';
import { copyDecimal, copyText, isQuote } from './value';
import { nextValue, setNextValue, takeText, valuesLength } from './values';

/** A time and its closing quote are compared as two vectors, which must overlap or touch. */
const VECTOR: usize = 16;
const SHORTEST_TIME: usize = VECTOR - 1;
const LONGEST_TIME: usize = 2 * VECTOR - 1;

/** Whether a level's values are copied as text or stored as numbers. */
export const AS_TEXT: i32 = 0;
export const AS_NUMBERS: i32 = 1;

/** Reads the event up to the product; returns its closing quote, or 0. */
function scanLevel2Head(at: usize): usize {
  const isUpdate = isLevel2Update(at);
  if (!isUpdate && !isLevel2Snapshot(at)) return 0;
  setIsSnapshot(!isUpdate);
  const quote = takeText(isUpdate ? afterLevel2Update(at) : afterLevel2Snapshot(at));
  setProductEnd(valuesLength());
  return quote;
}

/** Reads the event up to the first side of its list; returns where that begins, or 0. */
export function scanLevel2Beginning(at: usize): usize {
  const quote = scanLevel2Head(at);
  return isLevels(quote) ? afterLevels(quote) : 0;
}

/** Reads an event, or its levels up to `stop`; returns the closing quote of the last size read, or 0. */
/* @inline */ export function scanLevel2(at: usize, stop: usize, form: i32): usize {
  const quote = scanLevel2Head(at);
  if (isFirstBid(quote)) return scanLevels(afterFirstBid(quote), false, stop, form);
  return isFirstOffer(quote) ? scanLevels(afterFirstOffer(quote), true, stop, form) : 0;
}

/** {@link scanLevel2} for a window that continues the one before. */
/* @inline */ export function resumeLevel2(stop: usize, form: i32): usize {
  if (isNextBid(INPUT)) return scanLevels(afterNextBid(INPUT), false, stop, form);
  return isNextOffer(INPUT) ? scanLevels(afterNextOffer(INPUT), true, stop, form) : 0;
}

/** Reads levels, starting at the time of the first one. */
/* @inline */ function scanLevels(firstTime: usize, firstIsOffer: bool, stop: usize, form: i32): usize {
  return form === AS_TEXT
    ? scanTexts(firstTime, firstIsOffer, stop)
    : scanNumbers(firstTime, firstIsOffer, stop);
}

function scanTexts(firstTime: usize, firstIsOffer: bool, stop: usize): usize {
  return scanLevelsAs(AS_TEXT, firstTime, firstIsOffer, stop);
}

function scanNumbers(firstTime: usize, firstIsOffer: bool, stop: usize): usize {
  return scanLevelsAs(AS_NUMBERS, firstTime, firstIsOffer, stop);
}

/** The innermost loop: no calls, and only branches that the processor predicts well. */
/* @inline */ function scanLevelsAs(form: i32, firstTime: usize, firstIsOffer: bool, stop: usize): usize {
  let nextTime = firstTime;
  let isOffer = firstIsOffer;
  let count: usize = 0;
  let value = nextValue();
  let time: usize = 0;
  let timeLength: usize = 0;
  let quote: usize = 0;
  for (;;) {
    if (timeLength !== 0 && isSameTime(nextTime, time, timeLength)) {
      quote = nextTime + timeLength;
    } else {
      time = nextTime;
      quote = copyText(time, value);
      // An empty time would be indistinguishable from a repeated one.
      if (quote === time || !isQuote(quote)) return 0;
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
    if (quote === 0) return 0;
    if (form === AS_TEXT) {
      value = sizeValue + quote - size;
      markLevel(count, isOffer, priceValue, sizeValue, value);
    } else {
      store<u8>(SIDES + <i32>count, <u8>isOffer);
      if (!storeNumbers(<i32>count, price, priceEnd, size, quote)) return 0;
    }
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

/** Whether the time at a position, with its closing quote, equals another. */
/* @inline */ function isSameTime(at: usize, time: usize, length: usize): bool {
  const last = length + 1 - VECTOR;
  const first = v128.xor(v128.load(at), v128.load(time));
  return !v128.any_true(v128.or(first, v128.xor(v128.load(at + last), v128.load(time + last))));
}

/* @inline */ function markLevel(
  count: usize,
  isOffer: bool,
  timeEnd: usize,
  priceEnd: usize,
  sizeEnd: usize,
): void {
  const mark = MARKS + 2 * MARKS_PER_LEVEL * <i32>count;
  const ends =
    <u64>(timeEnd - VALUES) | ((<u64>(priceEnd - VALUES)) << 16) | ((<u64>(sizeEnd - VALUES)) << 32);
  store<u64>(mark, ends | ((<u64>isOffer) << 48));
}

/* @inline */ function storeNumbers(
  level: i32,
  price: usize,
  priceEnd: usize,
  size: usize,
  sizeEnd: usize,
): bool {
  return (
    storeDecimal(price, priceEnd, PRICES + 8 * level, PRICE_DECIMALS + level) &&
    storeDecimal(size, sizeEnd, SIZES + 8 * level, SIZE_DECIMALS + level)
  );
}
