import type { StampClock } from './stamp-clock.ts';

/** More than any head needs: three numbers of at most 16 digits, a time and the keys; and the end of the line. */
export const MAX_HEAD_BYTES = 160;

const ZERO = 0x30;
const NS_PER_SECOND = 1_000_000_000;
const SECOND_LENGTH = '2026-11-22T05:54:12'.length;
/** A run that reconnects for ever must not collect heads for ever. */
const MAX_KEPT = 64;

/** The head of a connection's last frame, and where its numbers stand. */
interface KeptHead {
  readonly bytes: Buffer;
  readonly indexDigits: number;
  readonly monoDigits: number;
  readonly second: number;
}

/**
 * Writes a raw frame's line up to its payload: the same bytes as `encodeRecord`, without a string per frame.
 * From one frame of a connection to the next only some digits change, so the last head is kept, its digits
 * are written over in place, and it is copied as a whole.
 */
export class FrameHead {
  readonly #time: StampClock;
  readonly #kept = new Map<number, KeptHead>();
  #connection = -1;
  #head: KeptHead = { bytes: Buffer.alloc(0), indexDigits: 0, monoDigits: 0, second: Number.NaN };

  constructor(time: StampClock) {
    this.#time = time;
  }

  /** Writes the head at `at`, with the time of the timekeeper's last stamp. Returns where the payload goes. */
  write(into: Buffer, at: number, connection: number, index: number): number {
    const { seconds, nanoseconds, mono } = this.#time;
    const indexDigits = digitsOf(index);
    const monoDigits = digitsOf(mono);
    let head = this.#headOf(connection);
    if (head.indexDigits !== indexDigits || head.monoDigits !== monoDigits || head.second !== seconds) {
      head = this.#renew(connection, index);
    }
    const { bytes } = head;
    const monoEnd = bytes.length - ',"raw":'.length;
    const secondEnd = monoEnd - monoDigits - 'Z","mono":'.length;
    const indexEnd = secondEnd - SECOND_LENGTH - '.123456789'.length - ',"at":"'.length;
    putDigits(bytes, indexEnd, index, indexDigits);
    putDigits(bytes, secondEnd, nanoseconds, 9);
    putDigits(bytes, monoEnd, mono, monoDigits);
    into.set(bytes, at);
    return at + bytes.length;
  }

  #headOf(connection: number): KeptHead {
    if (connection === this.#connection) return this.#head;
    this.#connection = connection;
    this.#head = this.#kept.get(connection) ?? this.#renew(connection, 0);
    return this.#head;
  }

  #renew(connection: number, index: number): KeptHead {
    const { at, mono, seconds } = this.#time;
    const text = `{"kind":"frame","connection":${connection},"index":${index},"at":"${at}","mono":${mono},"raw":`;
    const head = {
      bytes: Buffer.from(text, 'latin1'),
      indexDigits: digitsOf(index),
      monoDigits: digitsOf(mono),
      second: seconds,
    };
    if (this.#kept.size === MAX_KEPT) this.#kept.clear();
    this.#kept.set(connection, head);
    this.#head = head;
    return head;
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits += 1;
  return digits;
}

/** The last `count` digits of a whole number up to 2^53 - 1, ending before `end`; zeros stand before a shorter one. */
function putDigits(into: Buffer, end: number, value: number, count: number): void {
  if (count <= 9) {
    putShort(into, end, value, count);
    return;
  }
  const high = Math.floor(value / NS_PER_SECOND);
  putShort(into, end, value - high * NS_PER_SECOND, 9);
  putShort(into, end - 9, high, count - 9);
}

/** The same for a number below 10^9, where whole division is cheap. */
function putShort(into: Buffer, end: number, value: number, count: number): void {
  let left = value | 0;
  for (let to = end - 1; to >= end - count; to -= 1) {
    const next = (left / 10) | 0;
    into[to] = ZERO + left - next * 10;
    left = next;
  }
}
