import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { CaptureError } from '../capture-error.ts';
import { MAX_LINE_BYTES } from '../record-decoder.ts';
import { openBytes } from './byte-source.ts';
import type { CaptureFile } from './capture-files.ts';

const BLOCK_BYTES = 256 * 1024;
/** As long as this the event loop may wait for its turn. */
const TURN_MS = 4;
const NEWLINE = 0x0a;

/** Whole lines of a segment. */
export interface LineBlock {
  readonly bytes: Buffer;
  /** Of the first byte, in the segment's text. */
  readonly offset: number;
  /** False only in the last block of a text that doesn't end with a newline: it holds the rest, one line. */
  readonly whole: boolean;
}

export interface LineBlockOptions {
  /** The byte to start at, which starts a line; plain text only. */
  readonly from?: number;
  /** Read into the same memory again: a block is then valid until the next one is asked for. */
  readonly reuse?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * A segment's text in blocks of whole lines, at constant memory: a block is 256 KiB, or one longer line.
 * Lets the event loop turn every few ms, so that a timer or a signal can end a long reading.
 */
export async function* readLineBlocks(
  file: CaptureFile,
  { from = 0, reuse = false, signal }: LineBlockOptions = {},
): AsyncGenerator<LineBlock, void, undefined> {
  const source = openBytes(file, from);
  try {
    // One byte more than a small file has, to see its end without a larger buffer.
    let buffer: Buffer = Buffer.allocUnsafeSlow(Math.min(source.size + 1, BLOCK_BYTES));
    let held = 0;
    let offset = from;
    for (let turnedMs = performance.now(); ;) {
      const read = await source.read(buffer, held);
      const end = held + read;
      if (read === 0) {
        if (held > 0) yield { bytes: buffer.subarray(0, held), offset, whole: false };
        return;
      }
      const whole = held + buffer.subarray(held, end).lastIndexOf(NEWLINE) + 1;
      const lines = whole > held ? whole : 0;
      if (lines > 0) yield { bytes: buffer.subarray(0, lines), offset, whole: true };
      offset += lines;
      held = end - lines;
      if (lines > 0 || held === buffer.length) {
        const next = nextBuffer(file, buffer, held, reuse);
        buffer.copy(next, 0, lines, end);
        buffer = next;
      }
      if (performance.now() - turnedMs > TURN_MS) {
        await turnOfTheEventLoop();
        turnedMs = performance.now();
      }
      signal?.throwIfAborted();
    }
  } finally {
    source.close();
  }
}

/** Twice as large when one line has filled the last one. */
function nextBuffer({ path }: CaptureFile, buffer: Buffer, held: number, reuse: boolean): Buffer {
  if (held > MAX_LINE_BYTES) {
    throw new CaptureError('CAPTURE_CORRUPT', {
      file: path,
      line: 0,
      offset: 0,
      reason: 'a line is too long',
    });
  }
  const size =
    held === buffer.length ? buffer.length * 2 : held < BLOCK_BYTES / 2 ? BLOCK_BYTES : buffer.length;
  return reuse && size === buffer.length ? buffer : Buffer.allocUnsafeSlow(size);
}
