import { SCANNER_CODE } from './scanner-code.ts';
import { COMPLETE, INPUT, NO_MATCH, WINDOW } from './scanner-layout.ts';

// Every runtime with a network has these, but the es2023 library does not declare them.
declare const atob: (base64: string) => string;
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
}

interface Scanner {
  /** The part of the frame that is being read; every call overwrites it. */
  readonly window: Uint8Array;
  readonly scan: Read;
  readonly resume: Read;
}

let started: Scanner | 'none' | undefined;

/**
 * Whether the bytes are one complete JSON object on one line, in ASCII and without white space or escapes. False says
 * nothing about them: always the answer if the runtime has no WebAssembly with vectors or forbids compiling it.
 */
export function isPlainObject(bytes: Uint8Array): boolean {
  started ??= startScanner() ?? 'none';
  if (started === 'none') return false;
  const { window, scan } = started;
  if (bytes.length > window.length) return isPlainObjectInWindows(started, bytes);
  window.set(bytes);
  return scan(bytes.length, 1) === COMPLETE;
}

function isPlainObjectInWindows({ window, scan, resume }: Scanner, bytes: Uint8Array): boolean {
  let read = scan;
  for (let from = 0, next = 0; ; from += next) {
    const isLast = bytes.length - from <= window.length;
    window.set(bytes.subarray(from, from + window.length));
    next = isLast ? read(bytes.length - from, 1) : read(window.length, 0);
    if (next === NO_MATCH || next === COMPLETE) return next === COMPLETE;
    read = resume;
  }
}

function startScanner(): Scanner | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const code = Uint8Array.from(atob(SCANNER_CODE), (character) => character.charCodeAt(0));
    // Our own module: a test recompiles it and checks what it accepts.
    const exports = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as ScannerExports;
    const { memory, scan, resume } = exports;
    return { window: new Uint8Array(memory.buffer, INPUT, WINDOW), scan, resume };
  } catch {
    return undefined;
  }
}
