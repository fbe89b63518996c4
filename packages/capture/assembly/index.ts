// The scanner: accepts a frame that is one complete JSON object on one line, in ASCII and without white space or
// escapes. `src/json/is-one-line-object.ts` accepts the same frames and more, but takes longer. Compiled to WebAssembly
// for vectors of 16 bytes.
import { COMPLETE, INPUT, NO_MATCH } from '../src/json/scanner-layout';
import { beginsObject, isOpen, scanItems } from './items';

/**
 * In every window but the last, reading stops at the first item that begins within this many bytes of the end. A longer
 * item may reach the end of the window and then does not match.
 */
const LONGEST_ITEM: usize = 1_024;
const NO_STOP: usize = usize.MAX_VALUE;

/** Reads the first window of a frame: `length` bytes, the whole frame if it `isLast`. */
export function scan(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return beginsObject(INPUT) ? read(INPUT + 1, length, isLast) : NO_MATCH;
}

/** Reads the next window, which begins where the one before stopped. */
export function resume(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return read(INPUT, length, isLast);
}

/* @inline */ function beginWindow(length: i32): void {
  // No read passes a zero byte, so the rest of an earlier frame is never seen.
  v128.store(INPUT + length, i8x16.splat(0));
}

function read(from: usize, length: i32, isLast: bool): i32 {
  const end = INPUT + length;
  const at = scanItems(from, isLast ? NO_STOP : end - LONGEST_ITEM);
  if (at === 0) return NO_MATCH;
  if (isOpen()) return <i32>(at - INPUT);
  return isLast && at === end ? COMPLETE : NO_MATCH;
}
