import { SCANNER_CODE } from './scanner-code.ts';

// Part of every runtime that has a network, but not of the library es2023.
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

interface Constant {
  readonly value: number;
}

/** `isLast` is 0 or 1: another value would be converted at every call. */
type Read = (length: number, isLast: number) => number;

interface ScannerExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly scan: Read;
  readonly resume: Read;
  readonly scanNumbers: Read;
  readonly resumeNumbers: Read;
  readonly peek: Read;
  readonly WINDOW: Constant;
  readonly INPUT: Constant;
  readonly VALUES: Constant;
  readonly MARKS: Constant;
  readonly HEADER: Constant;
  readonly SIDES: Constant;
  readonly PRICES: Constant;
  readonly PRICE_DECIMALS: Constant;
  readonly SIZES: Constant;
  readonly SIZE_DECIMALS: Constant;
}

// What the scanner calls the channels, and a frame of another shape.
export const UNEXPECTED = 0;
export const LEVEL2 = 1;
export const MARKET_TRADES = 4;
export const HEARTBEATS = 5;

/** The channels whose frames have an expected shape, by the scanner's numbers; none is 0. */
export const CHANNELS = ['', 'l2_data', 'ticker', 'ticker_batch', 'market_trades', 'heartbeats'] as const;

// Where in the header, counted in 32-bit integers, or in doubles.
export const VALUES_END = 0;
export const CLIENT_ID_END = 1;
export const TIMESTAMP_END = 2;
export const PRODUCT_END = 3;
export const COUNT = 4;
export const IS_SNAPSHOT = 5;
export const FORM = 6;
export const RESUME_AT = 7;
export const SEQUENCE = 4;
export const HEARTBEAT_COUNTER = 5;

const utf8 = new TextEncoder();

/** The scanner's functions and views of its memory, which every call overwrites. `scanner/` says what is where. */
export interface Scanner {
  readonly windowLength: number;
  readonly scan: Read;
  readonly resume: Read;
  readonly scanNumbers: Read;
  readonly resumeNumbers: Read;
  readonly peek: Read;
  /** The window. */
  readonly input: Uint8Array;
  /** All memory, and where the values begin in it. */
  readonly bytes: Uint8Array;
  readonly valuesFrom: number;
  /** What is said once a frame. The doubles lie behind the integers. */
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
 * The scanner of this process, made at the first call; `undefined` where the runtime has no WebAssembly with vectors or
 * does not let us compile it (a content security policy, `--jitless`). Frames are then read the plain way.
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
    // The module is ours: a test compiles it anew and looks at every function.
    return scannerOf(exports as ScannerExports);
  } catch {
    return undefined;
  }
}

function scannerOf(exports: ScannerExports): Scanner {
  const { memory, WINDOW, INPUT, VALUES, MARKS, HEADER } = exports;
  const { scan, resume, scanNumbers, resumeNumbers, peek } = exports;
  const { buffer } = memory;
  const levels = (exports.SIZES.value - exports.PRICES.value) / 8;
  return {
    windowLength: WINDOW.value,
    scan,
    resume,
    scanNumbers,
    resumeNumbers,
    peek,
    input: new Uint8Array(buffer, INPUT.value, WINDOW.value),
    bytes: new Uint8Array(buffer),
    valuesFrom: VALUES.value,
    header: new Int32Array(buffer, HEADER.value, 16),
    numbers: new Float64Array(buffer, HEADER.value, 8),
    marks: new Int32Array(buffer, MARKS.value, (exports.PRICES.value - MARKS.value) / 4),
    shortMarks: new Uint16Array(buffer, MARKS.value, (exports.PRICES.value - MARKS.value) / 2),
    sides: new Uint8Array(buffer, exports.SIDES.value, levels),
    prices: new Float64Array(buffer, exports.PRICES.value, levels),
    priceDecimals: new Uint8Array(buffer, exports.PRICE_DECIMALS.value, levels),
    sizes: new Float64Array(buffer, exports.SIZES.value, levels),
    sizeDecimals: new Uint8Array(buffer, exports.SIZE_DECIMALS.value, levels),
  };
}

/** Reads a frame from a position on, as far as the window goes; what `read` returns. */
export function readFrom(scanner: Scanner, read: Read, frame: Uint8Array, position: number): number {
  const { input, windowLength } = scanner;
  const length = frame.length - position;
  const isLast = length <= windowLength;
  // Nearly all frames fit, and need no view of their own.
  if (isLast && position === 0) input.set(frame);
  else input.set(frame.subarray(position, position + windowLength));
  return isLast ? read(length, 1) : read(windowLength, 0);
}

/** Reads a text, if it fits the window; what `scan` returns. */
export function readText({ input, windowLength, scan }: Scanner, text: string): number {
  if (text.length > windowLength) return UNEXPECTED;
  const { read, written } = utf8.encodeInto(text, input);
  return read === text.length ? scan(written, 1) : UNEXPECTED;
}
