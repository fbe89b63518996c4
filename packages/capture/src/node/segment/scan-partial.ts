import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { CaptureError } from '../../format/error.ts';
import { createRecordDecoder, MAX_LINE_BYTES } from '../../format/decode-stream.ts';
import type { DecodedLine } from '../../format/decode-stream.ts';
import type { CaptureRecord, EndRecord, Stamp } from '../../format/records.ts';
import type { OpenFile } from '../fs/file-system.ts';
import { MAX_CONNECTIONS } from '../fs/limits.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Contents of a segment that may be unfinished. */
export interface PartialScan {
  /** Up to and with the last newline. */
  readonly bytes: number;
  /** With what follows that. */
  readonly size: number;
  /**
   * Up to the first line that a power cut has spoiled: blocks that were never synced may read as zeros, with others
   * after them. Equal to `bytes` where there is none.
   */
  readonly soundBytes: number;
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  /** Over `bytes`. */
  readonly hash: Hash;
  /** Bytes after the last newline. */
  readonly torn: Uint8Array;
  /** The last line, when it is the `end` of all that stands before it. */
  readonly end: EndRecord | undefined;
  /** Whether `end` says of the bytes, lines and records before it what they are: nothing was changed since. */
  readonly whole: boolean;
  /** Connections that had not been closed, and that no crash gap speaks of yet. */
  readonly open: readonly number[];
  /** Of the last record that has one. */
  readonly stamp: Stamp | undefined;
}

/**
 * Reads a segment in constant memory, whatever state it is in.
 *
 * @throws CaptureError `CAPTURE_LIMIT` for what no recorder can have written
 */
export async function scanPartial(
  file: OpenFile,
  path: string,
  onRead: (bytes: number) => void = () => undefined,
): Promise<PartialScan> {
  const scan = createPartialScan(path);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return scan.finish();
    position += bytesRead;
    onRead(bytesRead);
    scan.push(chunk.subarray(0, bytesRead));
  }
}

/** The same of bytes that come in pieces, which are not kept. */
export function createPartialScan(path: string): { push(piece: Buffer): void; finish(): PartialScan } {
  const decoder = createRecordDecoder();
  /** Over the lines before the last whole one. */
  const hash = createHash('sha256');
  /** The last whole line, and what has come of the one after it. */
  let last: Buffer[] = [];
  let held: Buffer[] = [];
  let heldBytes = 0;
  let bytes = 0;
  let lines = 0;
  let frames = 0;
  let gaps = 0;
  let end: EndRecord | undefined;
  let stamp: Stamp | undefined;
  let size = 0;
  const spoiled = createSpoiledEnd();
  const open = new Set<number>();

  function take(record: CaptureRecord, offset: number): void {
    end = record.kind === 'end' && record.offset === offset ? record : undefined;
    if (record.kind === 'frame') frames += 1;
    if (record.kind === 'gap') gaps += 1;
    if ('at' in record && record.kind !== 'header') stamp = { at: record.at, mono: record.mono };
    if (record.kind === 'header') stamp = { at: record.at, mono: 0 };
    trackConnections(open, record);
  }

  /** Hashes what lies before the last whole line of a piece, and holds the rest. */
  function hashLines(piece: Buffer): void {
    const whole = piece.lastIndexOf(0x0a) + 1;
    if (whole > 0) {
      const lastLine = whole > 1 ? piece.lastIndexOf(0x0a, whole - 2) + 1 : 0;
      for (const part of last) hash.update(part);
      const begun = [...held, Buffer.from(piece.subarray(0, whole))];
      if (lastLine > 0) {
        for (const part of [...held, piece.subarray(0, lastLine)]) hash.update(part);
        last = [Buffer.from(piece.subarray(lastLine, whole))];
      } else last = begun;
      held = [];
    }
    held.push(Buffer.from(piece.subarray(whole)));
    heldBytes = whole > 0 ? piece.length - whole : heldBytes + piece.length;
    if (heldBytes > MAX_LINE_BYTES) refuse('bytes in a line', MAX_LINE_BYTES);
    if (open.size > MAX_CONNECTIONS) refuse('open connections', MAX_CONNECTIONS);
  }

  function refuse(what: string, most: number): never {
    throw new CaptureError('CAPTURE_LIMIT', { path, what, most });
  }

  return {
    push(piece) {
      spoiled.bytes(piece, size);
      size += piece.length;
      hashLines(piece);
      decoder.push(piece);
      for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
        bytes = line.offset + line.length;
        lines = line.line;
        if (line.kind === 'record') take(line.record, line.offset);
        else end = undefined;
        spoiled.line(line);
      }
    },
    finish() {
      const before = hash.copy().digest('hex');
      for (const part of last) hash.update(part);
      const counted = end?.lines === lines - 1 && end.frames === frames && end.gaps === gaps;
      const whole = end?.sha256 === before && counted && held.every((part) => part.length === 0);
      const torn = Buffer.concat(held);
      const soundBytes = spoiled.from ?? bytes;
      const counts = { bytes, size, soundBytes, lines, frames, gaps };
      return { ...counts, hash, torn, end, whole, open: [...open], stamp };
    },
  };
}

/** A writer syncs each checkpoint, and each `end`, before it writes on. */
const SYNCED_BY_THE_NEXT = 2;
/** Blocks of a file system are whole multiples of it. */
const SECTOR_BYTES = 512;

/** Looks for the line from which on a power cut has spoiled a file. */
interface SpoiledEnd {
  /** Looks at the bytes that begin at `offset` of the file. */
  bytes(piece: Buffer, offset: number): void;
  line(line: Exclude<DecodedLine, { readonly kind: 'need-more' }>): void;
  readonly from: number | undefined;
}

/**
 * No line of ours holds a zero, so zeros up to the end of a sector are a block that was never written. With more than
 * one checkpoint after them they were synced: something else has damaged the file, which is for `verify` to name and
 * for nobody to cut.
 */
function createSpoiledEnd(): SpoiledEnd {
  let zeroAt = Infinity;
  let from: number | undefined;
  let checkpoints = 0;
  return {
    bytes(piece, offset) {
      if (zeroAt < Infinity) return;
      for (let at = SECTOR_BYTES - 1 - (offset % SECTOR_BYTES); at < piece.length; at += SECTOR_BYTES) {
        if (piece[at] !== 0) continue;
        zeroAt = offset + at;
        return;
      }
    },
    line(line) {
      if (line.offset + line.length <= zeroAt) return;
      from ??= line.offset;
      if (line.kind === 'record' && ['checkpoint', 'end'].includes(line.record.kind)) checkpoints += 1;
    },
    get from() {
      return checkpoints < SYNCED_BY_THE_NEXT ? from : undefined;
    },
  };
}

/** The connections that live on after a record. */
function trackConnections(open: Set<number>, record: CaptureRecord): void {
  if (record.kind === 'header') {
    for (const connection of record.open ?? []) open.add(connection);
  } else if (record.kind === 'gap') {
    if (record.why === 'crash' && record.connection !== null) open.delete(record.connection);
  } else if (record.kind === 'connection' && record.event === 'close') {
    open.delete(record.connection);
  } else if ('connection' in record) {
    open.add(record.connection);
  }
}
