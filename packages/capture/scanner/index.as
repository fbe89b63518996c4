// The scanner: finds out whether a frame is one complete JSON object on one line, written without white space, escapes
// and anything but ASCII. Of such a frame `src/json/is-one-line-object.ts` says the same, only more slowly; of every other
// frame this says nothing. Compiled to WebAssembly for its vectors of 16 bytes.
import { beginsObject, isOpen, scanItems } from './items';
import { INPUT } from './memory';

export { INPUT, WINDOW } from './memory';

// What a scan returns, besides where in the window reading has to go on in the next one.
const UNEXPECTED: i32 = 0;
const COMPLETE: i32 = -1;

/**
 * A window that is not the last is left at the first item that begins so many bytes before its end, or later. A longer
 * item may meet the end of the window, and is then unexpected.
 */
const LONGEST_ITEM: usize = 1_024;
const NO_STOP: usize = usize.MAX_VALUE;

/** Reads a frame of which `length` bytes are in the window, and the rest too where this `isLast`. */
export function scan(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return beginsObject(INPUT) ? read(INPUT + 1, length, isLast) : UNEXPECTED;
}

/** Reads on in the next window, which begins where the one before had to stop. */
export function resume(length: i32, isLast: bool): i32 {
  beginWindow(length);
  return read(INPUT, length, isLast);
}

@inline function beginWindow(length: i32): void {
  // Nothing is read past a zero byte: what the last frame has left is never seen.
  v128.store(INPUT + length, i8x16.splat(0));
}

function read(from: usize, length: i32, isLast: bool): i32 {
  const end = INPUT + length;
  const at = scanItems(from, isLast ? NO_STOP : end - LONGEST_ITEM);
  if (at == 0) return UNEXPECTED;
  if (isOpen()) return <i32>(at - INPUT);
  return isLast && at == end ? COMPLETE : UNEXPECTED;
}
