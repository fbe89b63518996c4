import { SCANNER_CODE } from './scanner-code.ts';
import {
  HEADER,
  HEADER_BYTES,
  INPUT,
  MARKS,
  MARKS_BYTES,
  MAX_LEVELS,
  NO_MATCH,
  PRICE_DECIMALS,
  PRICES,
  SIDES,
  SIZE_DECIMALS,
  SIZES,
  WINDOW,
} from './scanner-layout.ts';

// Every runtime with a network has these, but the es2023 library does not declare them.
declare const atob: (base64: string) => string;
declare const TextEncoder: new () => {
  encodeInto(text: string, bytes: Uint8Array): { readonly read: number; readonly written: number };
};
declare const WebAssembly:
  | {
      readonly Module: new (code: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: unknown };
    }
  | undefined;

/** `isLast` is 0 or 1: another value would be converted at every call. */
type Read = (length: number, isLast: number) => number;

interface ScannerExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly scan: Read;
  readonly resume: Read;
  readonly scanNumbers: Read;
  readonly resumeNumbers: Read;
  readonly peek: Read;
}

/** The channels of the fast path by the scanner's numbers; none is 0. */
export const CHANNELS = ['', 'l2_data', 'ticker', 'ticker_batch', 'market_trades', 'heartbeats'] as const;

const utf8 = new TextEncoder();

/** The scanner's functions, and views of its memory, which every call overwrites: see `scanner-layout.ts`. */
export interface Scanner {
  readonly scan: Read;
  readonly resume: Read;
  readonly scanNumbers: Read;
  readonly resumeNumbers: Read;
  readonly peek: Read;
  /** The window. */
  readonly input: Uint8Array;
  /** All memory. */
  readonly bytes: Uint8Array;
  /** The header's integers, and its doubles. */
  readonly header: Int32Array;
  readonly numbers: Float64Array;
  readonly marks: Int32Array;
  readonly shortMarks: Uint16Array;
  readonly sides: Uint8Array;
  readonly prices: Float64Array;
  readonly priceDecimals: Uint8Array;
  readonly sizes: Float64Array;
  readonly sizeDecimals: Uint8Array;
}

let started: Scanner | 'none' | undefined;

/**
 * The scanner of this process, compiled at the first call. `undefined` if the runtime has no WebAssembly with vectors or
 * forbids compiling it (a content security policy, `--jitless`); the fallback then reads every frame.
 */
export function theScanner(): Scanner | undefined {
  started ??= startScanner() ?? 'none';
  return started === 'none' ? undefined : started;
}

function startScanner(): Scanner | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const code = Uint8Array.from(atob(SCANNER_CODE), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
    // Our own module: a test recompiles it and checks every function.
    return scannerOf(exports as ScannerExports);
  } catch {
    return undefined;
  }
}

function scannerOf({ memory, ...functions }: ScannerExports): Scanner {
  const { buffer } = memory;
  return {
    ...functions,
    input: new Uint8Array(buffer, INPUT, WINDOW),
    bytes: new Uint8Array(buffer),
    header: new Int32Array(buffer, HEADER, HEADER_BYTES / 4),
    numbers: new Float64Array(buffer, HEADER, HEADER_BYTES / 8),
    marks: new Int32Array(buffer, MARKS, MARKS_BYTES / 4),
    shortMarks: new Uint16Array(buffer, MARKS, MARKS_BYTES / 2),
    sides: new Uint8Array(buffer, SIDES, MAX_LEVELS),
    prices: new Float64Array(buffer, PRICES, MAX_LEVELS),
    priceDecimals: new Uint8Array(buffer, PRICE_DECIMALS, MAX_LEVELS),
    sizes: new Float64Array(buffer, SIZES, MAX_LEVELS),
    sizeDecimals: new Uint8Array(buffer, SIZE_DECIMALS, MAX_LEVELS),
  };
}

/** Copies a frame, from a position on, into the window and reads it; returns what `read` returns. */
export function readFrom(scanner: Scanner, read: Read, frame: Uint8Array, position: number): number {
  const { input } = scanner;
  const length = frame.length - position;
  const isLast = length <= WINDOW;
  // Almost every frame fits and needs no subarray.
  if (isLast && position === 0) input.set(frame);
  else input.set(frame.subarray(position, position + WINDOW));
  return isLast ? read(length, 1) : read(WINDOW, 0);
}

/** {@link readFrom} for a text; `NO_MATCH` if it does not fit the window. */
export function readText({ input, scan }: Scanner, text: string): number {
  if (text.length > WINDOW) return NO_MATCH;
  const { read, written } = utf8.encodeInto(text, input);
  return read === text.length ? scan(written, 1) : NO_MATCH;
}
