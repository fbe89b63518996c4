import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isCaptureError } from '../../format/error.ts';
import type { CompressedEntry, SealedEntry } from '../../format/manifest-entry.ts';
import type { SegmentName } from '../../format/segment-name.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import type { PresentSegment } from '../folder/manifest-state.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { pumpFile, readPieces } from '../fs/file-pump.ts';
import { MAX_SILENT_BYTES } from '../fs/limits.ts';
import { createPartialScan } from './scan-partial.ts';
import type { PartialScan } from './scan-partial.ts';
import { entryOf } from './sealed-entry.ts';

export type CopyForm = 'plain' | 'zst' | 'gz';

/** A file that holds a sealed segment, or part of one. */
export interface SegmentCopy {
  readonly form: CopyForm;
  readonly whole: boolean;
}

/** Result of reading a copy. */
export interface ExaminedCopy extends SegmentCopy {
  readonly name: SegmentName;
  /** The manifest's lines for it. */
  readonly sealed: SealedEntry | undefined;
  readonly compressed: CompressedEntry | undefined;
}

/** Whether a file holds all of a segment: of the one that the manifest names or, where it names none, by its own `end`. */
export async function isCopyOf(
  held: LockedFolder,
  name: SegmentName,
  segment: PresentSegment | undefined,
): Promise<boolean> {
  return (await examineCopy(held, name, segment)).whole;
}

/** Reads a copy and compares it with the segment that the manifest names or, where it names none, with its own `end`. */
export async function examineCopy(
  { environment, folder }: LockedFolder,
  name: SegmentName,
  known: PresentSegment | undefined,
): Promise<ExaminedCopy> {
  const form = name.form as CopyForm;
  const { text, compressed: stored } = await readCopy(environment, join(folder, name.file), name);
  if (text === undefined) return { form, whole: false, name, sealed: known?.entry, compressed: undefined };
  const recorded = known?.compressed;
  const compressed = stored?.sha256 === recorded?.sha256 ? recorded : stored;
  const identity = text.hash.digest('hex');
  const whole = known === undefined ? text.whole : identity === known.entry.sha256;
  const ended = text.end === undefined ? undefined : { ...text.end, bytes: text.bytes, identity };
  const sealed = known?.entry ?? (ended === undefined ? undefined : entryOf(environment, name, ended));
  return { form, whole: whole && text.torn.length === 0, name, sealed, compressed };
}

interface Reading {
  /** `undefined` when it cannot be read, or is no compressed text. */
  readonly text: PartialScan | undefined;
  /** The manifest's line for a compressed file as it is. */
  readonly compressed: CompressedEntry | undefined;
}

/** In one pass, so that a file that is no compressed text is left where it shows it, however long it is. */
async function readCopy(
  { files, codecs, clock }: WriterEnvironment,
  path: string,
  { file, form, plain }: SegmentName,
): Promise<Reading> {
  const scan = createPartialScan(path);
  const sink = (piece: Buffer): void => {
    silent = 0;
    scan.push(piece);
  };
  const hash = createHash('sha256');
  let bytes = 0;
  let silent = 0;
  const onRead = (piece: Buffer): void => {
    hash.update(piece);
    bytes += piece.length;
    silent += piece.length;
    if (silent > MAX_SILENT_BYTES) throw new Error('compressed data without text');
  };
  try {
    if (form === 'plain') {
      await readPieces(files, path, sink);
      return { text: scan.finish(), compressed: undefined };
    }
    const codec = codecs[form === 'gz' ? 'gzip' : 'zstd'].decompress();
    await pumpFile(files, path, { codec, onRead, sink });
    const at = new Date(clock.wallMs()).toISOString();
    const compressed = { file, from: plain, bytes, sha256: hash.digest('hex'), at };
    return { text: scan.finish(), compressed: { kind: 'compressed', ...compressed } };
  } catch (error) {
    if (isCaptureError(error)) throw error;
    return { text: undefined, compressed: undefined };
  }
}
