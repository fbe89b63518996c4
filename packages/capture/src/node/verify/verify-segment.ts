import { isCaptureError, versionText } from '../../format/error.ts';
import { isOneLineObject } from '../../json/is-one-line-object.ts';
import { frameBytes } from '../../format/payload.ts';
import { parseRecord } from '../../format/parse.ts';
import type {
  CaptureRecord,
  CheckpointRecord,
  EndRecord,
  GapRecord,
  HeaderRecord,
} from '../../format/records.ts';
import type { OpenedSource } from '../read/byte-source.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import type { FrameCut } from '../read/frame-view.ts';
import { cutFrame } from '../read/frame-line.ts';
import { readLineBlocks } from '../read/line-blocks.ts';
import type { LineBlock } from '../read/line-blocks.ts';
import type { CapturePromise, FindingPlace, Findings } from './finding.ts';
import { createStampCheck } from './stamp-check.ts';
import { createTextHash } from './text-hash.ts';

const NEWLINE = 0x0a;

/** Result of reading a segment. */
export interface SegmentFacts {
  readonly file: CaptureFile;
  readonly header: HeaderRecord | undefined;
  readonly end: EndRecord | undefined;
  /** Of the uncompressed text: its size, and its sha256, which is the identity of the segment. */
  readonly bytes: number;
  readonly identity: string;
  /** Of the file when it was opened, compressed or not. */
  readonly bytesOnDisk: number;
  /** Without the `end`. */
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  /** Bytes after the last newline. */
  readonly tornBytes: number;
  /** It was read to its end. */
  readonly complete: boolean;
}

/** Checks across the segments of a run. */
export interface RunChecks {
  opened(connection: number): void;
  frame(connection: number, index: number, bytes: Uint8Array, place: () => FindingPlace): void;
  gap(record: GapRecord, place: () => FindingPlace): void;
}

export interface SegmentChecks {
  readonly findings: Findings;
  readonly run: RunChecks;
  readonly signal: AbortSignal | undefined;
  /** Called when the segment is there, before anything of it is checked. */
  readonly onOpen?: () => void;
  /** Called with the number of bytes of text that have been read since the last call. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Reads a segment once, at constant memory, and checks everything that it promises by itself. The file may be another
 * than the one that was listed, when it was sealed or compressed meanwhile; `undefined` when the segment is gone.
 */
export async function verifySegment(
  listed: CaptureFile,
  checks: SegmentChecks,
): Promise<SegmentFacts | undefined> {
  const { findings, signal } = checks;
  let file = listed;
  const onOpen = (source: OpenedSource): void => {
    file = source.file;
    check.opened(source);
    checks.onOpen?.();
  };
  const check = createSegmentCheck(file, checks);
  try {
    for await (const block of readLineBlocks(file, { reuse: true, onOpen, ...(signal && { signal }) })) {
      if (!check.block(block)) return check.facts(false);
      checks.onBytes(block.bytes.length);
    }
  } catch (error) {
    if (!isCaptureError(error)) throw error;
    if (error.code === 'CAPTURE_GONE') return undefined;
    findings.add('readable', { file: file.path, from: 0, to: 0 }, error.message);
    return check.facts(false);
  }
  check.finish();
  return check.facts(true);
}

interface SegmentCheck {
  /** Which file it is, and its size. */
  opened(source: Pick<OpenedSource, 'file' | 'bytesOnDisk'>): void;
  /** False when the rest of the file makes no sense to this reader. */
  block(block: LineBlock): boolean;
  finish(): void;
  facts(complete: boolean): SegmentFacts;
}

function createSegmentCheck(listed: CaptureFile, { findings, run }: SegmentChecks): SegmentCheck {
  let file = listed;
  let bytesOnDisk = 0;
  const where = { file: file.path, line: 0, from: 0, to: 0 };
  const hash = createTextHash(findings);
  const isStamp = createStampCheck();
  const cut: FrameCut = { connection: 0, index: 0, mono: 0, at: 0, from: 0, to: 0, binary: false };
  let header: HeaderRecord | undefined;
  let end: EndRecord | undefined;
  let lines = 0;
  let frames = 0;
  let gaps = 0;
  let mono = 0;
  let tornBytes = 0;

  const place = (): FindingPlace => ({ ...where });
  const broken = (promise: CapturePromise, message: string): void => findings.add(promise, place(), message);

  function stamp(next: number): void {
    if (next < mono) broken('mono', `mono runs back from ${mono} to ${next}`);
    mono = next;
  }

  function frame(connection: number, index: number, bytes: Uint8Array): void {
    frames += 1;
    run.frame(connection, index, bytes, place);
  }

  function checkCounts(record: CheckpointRecord | EndRecord): void {
    const facts = { offset: where.from, lines, frames, gaps };
    for (const key of ['offset', 'lines', 'frames', 'gaps'] as const) {
      const said = (record as Partial<EndRecord>)[key];
      if (said !== undefined && said !== facts[key]) {
        broken(record.kind, `${record.kind} says ${key} ${said}; the file has ${facts[key]}`);
      }
    }
  }

  function judge(record: CaptureRecord, block: LineBlock): void {
    if ('mono' in record && record.kind !== 'header') stamp(record.mono);
    switch (record.kind) {
      case 'header':
        if (where.line > 1) broken('header', 'a header that is not the first line');
        else header = record;
        return;
      case 'frame':
        frame(record.connection, record.index, frameBytes(record));
        return;
      case 'gap':
        gaps += 1;
        run.gap(record, place);
        return;
      case 'checkpoint':
      case 'end':
        hash.compare(record, place(), block);
        checkCounts(record);
        if (record.kind === 'end') end = record;
        return;
      case 'connection':
        if (record.event === 'open') run.opened(record.connection);
        return;
      case 'sent':
      case 'clock':
    }
  }

  /** The usual frame, looked at without making a record of it. */
  function isPlainFrame(bytes: Buffer, view: DataView, from: number, to: number): boolean {
    if (!cutFrame(bytes, view, from, to, cut) || !isStamp(bytes, cut.at)) return false;
    const payload = bytes.subarray(cut.from, cut.to);
    if (!isOneLineObject(payload)) return false;
    stamp(cut.mono);
    frame(cut.connection, cut.index, payload);
    return true;
  }

  /** False when the line is of a version that this reader does not know. */
  function checkLine(block: LineBlock, view: DataView, from: number, to: number): boolean {
    if (end !== undefined) {
      broken('end', 'a line after the `end` record');
      return true;
    }
    if (isPlainFrame(block.bytes, view, from, to)) return true;
    const line = parseRecord(block.bytes.subarray(from, to), { strict: true });
    if (line.kind === 'record') judge(line.record, block);
    if (line.kind === 'corrupt') broken('line', line.reason);
    if (line.kind === 'unsupported')
      broken('version', `version ${versionText(line.version)}; this reader knows 1`);
    return line.kind !== 'unsupported';
  }

  function checkLines(block: LineBlock): boolean {
    const { bytes, offset } = block;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let from = 0; from < bytes.length; from = where.to - offset) {
      const to = bytes.indexOf(NEWLINE, from);
      where.line += 1;
      where.from = offset + from;
      where.to = offset + to + 1;
      if (!checkLine(block, view, from, to)) return false;
      if (where.line === 1 && header === undefined) broken('header', 'the first line is not a header');
      if (end === undefined) lines += 1;
    }
    return true;
  }

  return {
    opened(source) {
      ({ file, bytesOnDisk } = source);
      where.file = file.path;
    },
    block(block) {
      if (block.whole) {
        if (!checkLines(block)) return false;
      } else {
        tornBytes = block.bytes.length;
      }
      hash.add(block);
      return true;
    },

    finish() {
      // Whether it ought to have an end is the question of who writes to the folder.
      if (file.form === 'partial') return;
      const rest = { file: file.path, from: hash.bytes - tornBytes, to: hash.bytes };
      if (end === undefined)
        findings.add('end', rest, 'no `end` record: the file was cut off, or never sealed');
      else if (tornBytes > 0) findings.add('end', rest, `${tornBytes} bytes after the last line`);
    },

    facts: (complete) => ({
      file,
      header,
      end,
      bytes: hash.bytes,
      identity: hash.digest(),
      bytesOnDisk,
      lines,
      frames,
      gaps,
      tornBytes,
      complete,
    }),
  };
}
