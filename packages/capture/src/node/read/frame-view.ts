import { frameBytes } from '../../format/payload.ts';
import type { FrameRecord } from '../../format/records.ts';

/** Of a stamp: `2026-11-22T05:54:12.123456789Z`. */
export const AT_LENGTH = 30;

/**
 * A frame of a capture, as received. It is a view into a block of the file and keeps the block (256 KiB) in memory: copy
 * the bytes (`new Uint8Array(frame.bytes)`) to keep a few frames of many.
 */
export interface CapturedFrame {
  readonly run: string;
  readonly connection: number;
  /** Counts the frames of the connection from 0. */
  readonly index: number;
  /** Receive time on the wall clock: RFC 3339 in UTC with nanoseconds. */
  readonly at: string;
  /** Receive time in monotonic nanoseconds since the start of the run. */
  readonly mono: number;
  /** Exactly what was received. */
  readonly bytes: Uint8Array;
  /** The length of `bytes`. */
  readonly byteLength: number;
  /** It arrived in a binary WebSocket frame. */
  readonly binary: boolean;
  /** Decodes the bytes as UTF-8, with U+FFFD for invalid ones. */
  text(): string;
  /** @throws SyntaxError when the frame is not JSON */
  json(): unknown;
}

/** Properties that the frames of one segment share. */
export interface FrameOrigin {
  readonly run: string;
  /** The segment's zero of `mono`, after the run's. */
  readonly zero: number;
}

/** Where the parts of a frame stand in a block; `from` to `to` are its own bytes. */
export interface FrameCut {
  connection: number;
  index: number;
  mono: number;
  at: number;
  from: number;
  to: number;
  binary: boolean;
}

/** The private fields keep the block out of what a debugger or an assertion prints. */
class FrameView implements CapturedFrame {
  readonly connection: number;
  readonly index: number;
  readonly mono: number;
  readonly binary: boolean;
  readonly #origin: FrameOrigin;
  readonly #block: Buffer;
  readonly #at: number;
  readonly #from: number;
  readonly #to: number;

  constructor(origin: FrameOrigin, block: Buffer, cut: FrameCut) {
    this.connection = cut.connection;
    this.index = cut.index;
    this.mono = origin.zero + cut.mono;
    this.binary = cut.binary;
    this.#origin = origin;
    this.#block = block;
    this.#at = cut.at;
    this.#from = cut.from;
    this.#to = cut.to;
  }

  get run(): string {
    return this.#origin.run;
  }

  get at(): string {
    return this.#block.toString('latin1', this.#at, this.#at + AT_LENGTH);
  }

  get bytes(): Uint8Array {
    return this.#block.subarray(this.#from, this.#to);
  }

  get byteLength(): number {
    return this.#to - this.#from;
  }

  text(): string {
    return this.#block.toString('utf8', this.#from, this.#to);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }
}

/** A frame as a view of `block`; what `cut` says is copied. */
export function viewFrame(origin: FrameOrigin, block: Buffer, cut: FrameCut): CapturedFrame {
  return new FrameView(origin, block, cut);
}

/** A frame out of a record, whose payload may have to be decoded. */
export function frameOf(record: FrameRecord, origin: FrameOrigin): CapturedFrame {
  const { at, connection, index, mono, binary = false } = record;
  const bytes = frameBytes(record);
  const block = Buffer.allocUnsafeSlow(AT_LENGTH + bytes.length);
  block.write(at, 'latin1');
  block.set(bytes, AT_LENGTH);
  return new FrameView(origin, block, {
    connection,
    index,
    mono,
    at: 0,
    from: AT_LENGTH,
    to: block.length,
    binary,
  });
}
