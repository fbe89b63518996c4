import { VALUES } from './memory';
import { copyDecimal, copyText, isQuote } from './value';

let end: usize = VALUES;

/** Forgets the values of the last window. */
export function clearValues(): void {
  end = VALUES;
}

/** Where the next value goes. */
@inline export function nextValue(): usize {
  return end;
}

/** Counts values that were put there by hand. */
@inline export function setNextValue(next: usize): void {
  end = next;
}

/** How many bytes have been taken. */
@inline export function valuesLength(): i32 {
  return <i32>(end - VALUES);
}

/** Takes the string that begins at a position; returns its closing quote, or 0 where it is not as expected. */
export function takeText(at: usize): usize {
  const quote = copyText(at, end);
  if (!isQuote(quote)) return 0;
  end += quote - at;
  return quote;
}

/** {@link takeText} for a decimal. */
export function takeDecimal(at: usize): usize {
  const quote = copyDecimal(at, end);
  if (quote == 0) return 0;
  end += quote - at;
  return quote;
}
