import { VALUES } from '../src/fast-path/scanner-layout';
import { copyDecimal, copyText, isQuote } from './value';

let end: usize = VALUES;

/** Discards the values of the last window. */
export function clearValues(): void {
  end = VALUES;
}

/** Where the next value goes. */
/* @inline */ export function nextValue(): usize {
  return end;
}

/** Accounts for values that the caller has stored itself. */
/* @inline */ export function setNextValue(next: usize): void {
  end = next;
}

/** How many bytes the values take. */
/* @inline */ export function valuesLength(): i32 {
  return <i32>(end - VALUES);
}

/** Copies the string that begins at a position to the values; returns its closing quote, or 0. */
export function takeText(at: usize): usize {
  const quote = copyText(at, end);
  if (!isQuote(quote)) return 0;
  end += quote - at;
  return quote;
}

/** {@link takeText} for a decimal. */
export function takeDecimal(at: usize): usize {
  const quote = copyDecimal(at, end);
  if (quote === 0) return 0;
  end += quote - at;
  return quote;
}
