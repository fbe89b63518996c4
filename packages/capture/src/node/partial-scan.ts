import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createRecordDecoder } from '../record-decoder.ts';
import type { CaptureRecord, EndRecord, Stamp } from '../records.ts';
import type { OpenFile } from './files.ts';

const CHUNK_BYTES = 1024 * 1024;

/** What a file holds that nobody may have finished. */
export interface PartialScan {
  /** Up to and with the last newline. */
  readonly bytes: number;
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  /** Over `bytes`. */
  readonly hash: Hash;
  /** What follows the last newline. */
  readonly torn: Uint8Array;
  /** The last line, when it is the `end` of all that stands before it. */
  readonly end: EndRecord | undefined;
  /** Connections that had not been closed, and that no crash gap speaks of yet. */
  readonly open: readonly number[];
  /** Of the last record that has one. */
  readonly stamp: Stamp | undefined;
}

/** Reads a segment in constant memory, whatever state it is in. */
export async function scanPartial(
  file: OpenFile,
  onRead: (bytes: number) => void = () => undefined,
): Promise<PartialScan> {
  const decoder = createRecordDecoder();
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  /** Read, but not known to belong to a whole line yet. */
  let held: Buffer[] = [];
  let bytes = 0;
  let lines = 0;
  let frames = 0;
  let gaps = 0;
  let end: EndRecord | undefined;
  let stamp: Stamp | undefined;
  const open = new Set<number>();

  function take(record: CaptureRecord, offset: number): void {
    end = record.kind === 'end' && record.offset === offset ? record : undefined;
    if (record.kind === 'frame') frames += 1;
    if (record.kind === 'gap') gaps += 1;
    if ('at' in record && record.kind !== 'header') stamp = { at: record.at, mono: record.mono };
    if (record.kind === 'header') stamp = { at: record.at, mono: 0 };
    trackConnections(open, record);
  }

  for (let position = 0; ;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    onRead(bytesRead);
    const read = chunk.subarray(0, bytesRead);
    const whole = read.lastIndexOf(0x0a) + 1;
    if (whole > 0) {
      for (const part of [...held, read.subarray(0, whole)]) hash.update(part);
      held = [];
    }
    held.push(Buffer.from(read.subarray(whole)));
    decoder.push(read);
    for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
      bytes = line.offset + line.length;
      lines = line.line;
      if (line.kind === 'record') take(line.record, line.offset);
      else end = undefined;
    }
  }
  return { bytes, lines, frames, gaps, hash, torn: Buffer.concat(held), end, open: [...open], stamp };
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
