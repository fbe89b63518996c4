import { parseRecord } from './parse.ts';
import type { ParsedLine, ParseOptions } from './parse.ts';

const NEWLINE = 0x0a;

/**
 * The longest line a decoder holds on to, in bytes: a 16 MiB frame of nothing but control characters
 * makes a line of 96 MiB.
 */
export const MAX_LINE_BYTES: number = 128 * 1024 * 1024;

/** Where a line stands: `line` counts from 1, `offset` from the first byte pushed; `length` with its newline. */
export interface LinePlace {
  readonly line: number;
  readonly offset: number;
  readonly length: number;
}

export type DecodedLine = (ParsedLine & LinePlace) | { readonly kind: 'need-more' };

/** Bytes after the last newline: what a crash leaves of a line that was being written. */
export interface TornTail {
  readonly line: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Turns chunks of a capture into records. Opens nothing and waits for nothing: push a chunk, then call `next`
 * until it says `need-more`, before the next chunk. Call `finish` at the end of the input.
 */
export interface RecordDecoder {
  /** Records are views into `chunk`: leave its bytes alone while records of it are in use. */
  push(chunk: Uint8Array): void;
  next(): DecodedLine;
  /** What is left when the input has ended, or `undefined` when it ended with a newline. */
  finish(): TornTail | undefined;
}

/**
 * Creates a decoder for the text of one segment.
 *
 * @example
 * const decoder = createRecordDecoder();
 * decoder.push(chunk);
 * for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) handle(line);
 */
export function createRecordDecoder(options: ParseOptions = {}): RecordDecoder {
  let chunk: Uint8Array = new Uint8Array(0);
  let at = 0;
  /** The start of a line that continues in the next chunk. */
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let line = 1;
  let offset = 0;

  function hold(rest: Uint8Array): void {
    if (rest.length === 0) return;
    // Copied, as the caller may fill the same chunk again; and not by `slice`, which a Buffer doesn't copy.
    if (heldBytes <= MAX_LINE_BYTES) held.push(new Uint8Array(rest));
    heldBytes += rest.length;
  }

  /** The line that ends at `end` of the chunk; of a line that is too long only how it starts. */
  function take(end: number): Uint8Array {
    const rest = chunk.subarray(at, end);
    if (heldBytes === 0) return rest;
    const parts = heldBytes <= MAX_LINE_BYTES ? [...held, rest] : held;
    const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
    let to = 0;
    for (const part of parts) {
      whole.set(part, to);
      to += part.length;
    }
    held = [];
    heldBytes = 0;
    return whole;
  }

  return {
    push(next) {
      hold(chunk.subarray(at));
      chunk = next;
      at = 0;
    },

    next() {
      const end = chunk.indexOf(NEWLINE, at);
      if (end < 0) {
        hold(chunk.subarray(at));
        at = chunk.length;
        return { kind: 'need-more' };
      }
      const place: LinePlace = { line, offset, length: heldBytes + end - at + 1 };
      const bytes = take(end);
      at = end + 1;
      line += 1;
      offset += place.length;
      if (place.length > MAX_LINE_BYTES) return { kind: 'corrupt', reason: 'the line is too long', ...place };
      return { ...parseRecord(bytes, options), ...place };
    },

    finish() {
      const bytes = take(chunk.length);
      at = chunk.length;
      return bytes.length === 0 ? undefined : { line, offset, bytes };
    },
  };
}
