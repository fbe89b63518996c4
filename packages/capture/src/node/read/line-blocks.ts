import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { CaptureError } from '../../format/error.ts';
import { MAX_LINE_BYTES } from '../../format/decode-stream.ts';
import { openBytes } from './byte-source.ts';
import type { OpenedSource } from './byte-source.ts';
import type { CaptureFile } from '../folder/capture-file.ts';

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
  /** The byte to start at, which starts a line. */
  readonly from?: number;
  /** Read into the same memory again: a block is then valid until the next one is asked for. */
  readonly reuse?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the file that is read, which need not be the one that was asked for: it may be sealed meanwhile. */
  readonly onOpen?: (source: OpenedSource) => void;
  /** Asked at the end of a file that may grow: resolves when to look again; `true` says for the last time. */
  readonly untilGrown?: (file: CaptureFile) => Promise<boolean>;
}

/**
 * A segment's text in blocks of whole lines, at constant memory: a block is 256 KiB, or one longer line.
 * Lets the event loop turn every few ms, so that a timer or a signal can end a long reading.
 */
export async function* readLineBlocks(
  file: CaptureFile,
  { from = 0, reuse = false, signal, onOpen, untilGrown }: LineBlockOptions = {},
): AsyncGenerator<LineBlock, void, undefined> {
  const source = openBytes(file, { from, growing: untilGrown !== undefined, signal });
  const tail = untilGrown && createTail(source, untilGrown);
  try {
    onOpen?.(source);
    // One byte more than a small file has, to see its end without a larger buffer.
    let buffer: Buffer = Buffer.allocUnsafeSlow(Math.min(source.size + 1, BLOCK_BYTES));
    /** Where in the buffer the line starts that is not whole yet, and how much is in it. */
    let start = 0;
    let end = 0;
    let offset = from;
    for (let turnedMs = performance.now(); ;) {
      const read = await source.read(buffer, end);
      if (read === 0) {
        if ((await tail?.mayGrow(offset)) === true) {
          end = start;
          continue;
        }
        if (end > start) yield { bytes: buffer.subarray(start, end), offset, whole: false };
        return;
      }
      const whole = end + buffer.subarray(end, end + read).lastIndexOf(NEWLINE) + 1;
      const lines = whole > end ? whole - start : 0;
      end += read;
      if (lines > 0) yield { bytes: buffer.subarray(start, start + lines), offset, whole: true };
      offset += lines;
      start += lines;
      const [held, full] = [end - start, end === buffer.length];
      if (tail?.forget(offset) === true) {
        end = start;
        if (lines === 0 && !full) await tail.mayGrow(offset);
      }
      if (full || (reuse && lines > 0)) {
        const next = nextBuffer(file, buffer, held, reuse);
        buffer.copy(next, 0, start, end);
        buffer = next;
        end -= start;
        start = 0;
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

/**
 * The end of a file that is being written. A line that is not whole may be taken back there, and another written at any
 * time: only what one read has brought is a line.
 */
interface Tail {
  /** Leaves what comes after the last whole line to be read again. False for a file that does not grow. */
  forget(offset: number): boolean;
  /** At the end: resolves when to read on, from the last whole line; false when all was read. */
  mayGrow(offset: number): Promise<boolean>;
}

function createTail(source: OpenedSource, untilGrown: (file: CaptureFile) => Promise<boolean>): Tail {
  let complete = source.file.form !== 'partial';
  return {
    forget(offset) {
      if (!complete) source.seek(offset);
      return !complete;
    },
    async mayGrow(offset) {
      if (complete) return false;
      complete = await untilGrown(source.file);
      source.seek(offset);
      return true;
    },
  };
}

/** Twice as large when one line has filled the last one. */
function nextBuffer({ path }: CaptureFile, buffer: Buffer, held: number, reuse: boolean): Buffer {
  if (held >= MAX_LINE_BYTES) {
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
