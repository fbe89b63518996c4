import type { PayloadEncoding } from '../records.ts';
import type { Timekeeper } from './timekeeper.ts';

/** Longer than any head: three numbers of at most 16 digits, a time, and the keys. */
export const MAX_HEAD_BYTES = 192;

const ZERO = 0x30;
const NS_PER_SECOND = 1_000_000_000;

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const BEFORE_CONNECTION = ascii('{"kind":"frame","connection":');
const BEFORE_INDEX = ascii(',"index":');
const BEFORE_AT = ascii(',"at":"');
const BEFORE_MONO = ascii('Z","mono":');
const BINARY = ascii(',"binary":true');
const KEYS: Readonly<Record<PayloadEncoding, Buffer>> = {
  raw: ascii(',"raw":'),
  text: ascii(',"text":'),
  base64: ascii(',"base64":'),
};

/**
 * Writes a frame's line up to its payload in place, digit by digit: the same bytes as `encodeRecord`, without
 * a string per frame. The text of the second is kept from frame to frame.
 */
export interface FrameHead {
  /** Returns where the payload goes. */
  write(into: Buffer, at: number, frame: HeadFields): number;
}

interface HeadFields {
  readonly connection: number;
  readonly index: number;
  readonly encoding: PayloadEncoding;
  readonly binary: boolean;
}

export function createFrameHead(time: Timekeeper): FrameHead {
  /** `2026-11-22T05:54:12.` of the second in `second`. */
  const secondText = Buffer.alloc(20);
  let second = Number.NaN;

  function setSecond(seconds: number): void {
    second = seconds;
    secondText.write(`${new Date(seconds * 1000).toISOString().slice(0, 19)}.`, 'latin1');
  }

  return {
    write(into, from, { connection, index, encoding, binary }) {
      if (time.seconds !== second) setSecond(time.seconds);
      let at = put(into, from, BEFORE_CONNECTION);
      at = putInteger(into, at, connection);
      at = put(into, at, BEFORE_INDEX);
      at = putInteger(into, at, index);
      at = put(into, at, BEFORE_AT);
      at = put(into, at, secondText);
      at = putDigits(into, at, time.nanoseconds, 9);
      at = put(into, at, BEFORE_MONO);
      at = putInteger(into, at, time.mono);
      if (binary) at = put(into, at, BINARY);
      return put(into, at, KEYS[encoding]);
    },
  };
}

/** A loop: for so few bytes it is cheaper than a call out of JavaScript. */
function put(into: Buffer, at: number, text: Buffer): number {
  for (let n = 0; n < text.length; n += 1) into[at + n] = text[n] as number;
  return at + text.length;
}

/** The decimal digits of a whole number from 0 to 2^53 - 1. */
function putInteger(into: Buffer, at: number, value: number): number {
  if (value < NS_PER_SECOND) return putDigits(into, at, value, digitsOf(value));
  const high = Math.floor(value / NS_PER_SECOND);
  return putDigits(into, putInteger(into, at, high), value - high * NS_PER_SECOND, 9);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits += 1;
  return digits;
}

/** `count` digits of a number below 10^9, with zeros before them. */
function putDigits(into: Buffer, at: number, value: number, count: number): number {
  let left = value | 0;
  for (let to = at + count - 1; to >= at; to -= 1) {
    const next = (left / 10) | 0;
    into[to] = ZERO + left - next * 10;
    left = next;
  }
  return at + count;
}
