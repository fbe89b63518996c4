import { createRecordDecoder } from '../../format/decode-stream.ts';
import { encodeRecord } from '../../format/encode.ts';
import type { CaptureRecord, Stamp } from '../../format/records.ts';
import { encodeUtf8 } from '../../json/utf8.ts';

/** Counts that a block, or a part of one, adds to its segment. */
export interface Tally {
  readonly bytes: number;
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
}

const NEWLINE = 0x0a;
const FRAME = encodeUtf8('{"kind":"frame"');
const GAP = encodeUtf8('{"kind":"gap"');

/** Whole lines in one piece of memory, on their way to the disk. `from` to `end` is what is still to be written. */
export interface Block {
  readonly bytes: Buffer;
  from: number;
  end: number;
  lines: number;
  frames: number;
  gaps: number;
  /** Connections whose end is recorded in here. */
  ends: number[];
}

export function createBlock(size: number): Block {
  return { bytes: Buffer.allocUnsafeSlow(size), from: 0, end: 0, lines: 0, frames: 0, gaps: 0, ends: [] };
}

export function pendingBytes(block: Block): number {
  return block.end - block.from;
}

/** Returns the unwritten part of a block. */
export function pendingOf({ bytes, from, end }: Block): Buffer {
  return bytes.subarray(from, end);
}

/** Removes written bytes, which are whole lines, from the front of blocks. */
export function takeWritten(blocks: readonly Block[], bytes: number): void {
  let left = bytes;
  for (const block of blocks) {
    const size = pendingBytes(block);
    // A whole block need not be counted.
    const tally = size <= left ? tallyOf([block]) : tallyLines(pendingOf(block).subarray(0, left));
    block.from += tally.bytes;
    block.lines -= tally.lines;
    block.frames -= tally.frames;
    block.gaps -= tally.gaps;
    left -= tally.bytes;
  }
}

/** Sums the counts of blocks. */
export function tallyOf(blocks: readonly Block[]): Tally {
  const sum = { bytes: 0, lines: 0, frames: 0, gaps: 0 };
  for (const { from, end, lines, frames, gaps } of blocks) {
    sum.bytes += end - from;
    sum.lines += lines;
    sum.frames += frames;
    sum.gaps += gaps;
  }
  return sum;
}

/** Counts the whole lines in `bytes`, without a torn last line. */
export function tallyLines(bytes: Buffer): Tally {
  let at = 0;
  let lines = 0;
  let frames = 0;
  let gaps = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
    if (bytes.subarray(at, at + FRAME.length).equals(FRAME)) frames += 1;
    if (bytes.subarray(at, at + GAP.length).equals(GAP)) gaps += 1;
    lines += 1;
    at = end + 1;
  }
  return { bytes: at, lines, frames, gaps };
}

/** Records, other than frames, as one block. */
export function blockOfRecords(records: readonly CaptureRecord[]): Block {
  const lines = records.map((record) => encodeRecord(record));
  const block = createBlock(lines.reduce((total, line) => total + line.length, 0));
  for (const line of lines) {
    block.bytes.set(line, block.end);
    block.end += line.length;
  }
  const gaps = records.filter(({ kind }) => kind === 'gap').length;
  return Object.assign(block, { lines: lines.length, gaps });
}

/** Returns the unwritten records of a block. */
export function recordsIn(block: Block): readonly CaptureRecord[] {
  const decoder = createRecordDecoder();
  decoder.push(pendingOf(block));
  const records: CaptureRecord[] = [];
  for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
    if (line.kind === 'record') records.push(line.record);
  }
  return records;
}

/** The time of the first line in a block. */
export function firstStamp(block: Block): Stamp | undefined {
  const decoder = createRecordDecoder();
  decoder.push(pendingOf(block));
  const line = decoder.next();
  return line.kind === 'record' && 'mono' in line.record
    ? { at: line.record.at, mono: line.record.mono }
    : undefined;
}
