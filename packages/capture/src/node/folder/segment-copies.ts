import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isCaptureError } from '../../format/error.ts';
import type { CompressedEntry, SealedEntry } from '../../format/manifest-entry.ts';
import type { SegmentName } from '../../format/segment-name.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { placeFile, remove, syncFolder } from '../fs/file-system.ts';
import { pumpFile, readPieces } from '../fs/file-pump.ts';
import type { LockedFolder } from '../lock/locked-folder.ts';
import type { PresentSegment } from './manifest-state.ts';
import { MAX_SILENT_BYTES } from './limits.ts';
import { createPartialScan } from '../repair/scan-partial.ts';
import type { PartialScan } from '../repair/scan-partial.ts';
import { entryOf, sidecarLine } from '../seal/seal.ts';

export type CopyForm = 'plain' | 'zst' | 'gz';

/** A file that holds a sealed segment, or part of one. */
export interface SegmentCopy {
  readonly form: CopyForm;
  readonly whole: boolean;
}

export interface CopyChoice {
  readonly keep: CopyForm;
  readonly remove: readonly CopyForm[];
  /** The manifest says another file, or none. */
  readonly enter: boolean;
}

/**
 * Which of the copies of a segment stays. None goes before another is known to be whole; of several whole ones the
 * one that the manifest names stays, else the plain one, which others were made of. Without a whole one all stay.
 */
export function chooseCopy(
  copies: readonly SegmentCopy[],
  recorded: CopyForm | undefined,
): CopyChoice | undefined {
  const whole = copies.filter((copy) => copy.whole).map(({ form }) => form);
  const keep = whole.find((form) => form === recorded) ?? whole.find((form) => form === 'plain') ?? whole[0];
  if (keep === undefined) return undefined;
  const others = copies.map(({ form }) => form).filter((form) => form !== keep);
  return { keep, remove: others, enter: keep !== recorded };
}

/** What was found out about a copy by reading it. */
interface Examined extends SegmentCopy {
  readonly name: SegmentName;
  /** The manifest's lines for it. */
  readonly sealed: SealedEntry | undefined;
  readonly compressed: CompressedEntry | undefined;
}

/**
 * Brings the files of one sealed segment and the manifest together. Reads a copy only where there are several, or one
 * that the manifest does not name. Returns the files that went, and whether the segment was new to the manifest.
 */
export async function settleCopies(
  held: LockedFolder,
  names: readonly SegmentName[],
  { known, listed }: { readonly known: PresentSegment | undefined; readonly listed: ReadonlySet<string> },
): Promise<{ readonly removed: readonly string[]; readonly entered: boolean }> {
  if (known !== undefined && names.length === 1 && names[0]?.file === known.file) {
    if (!listed.has(`${known.file}.sha256`))
      await placeSidecar(held, known.file, known.compressed ?? known.entry);
    return { removed: [], entered: false };
  }
  const examined: Examined[] = [];
  for (const name of names) examined.push(await examine(held, name, known));
  const choice = chooseCopy(examined, formOf(known));
  const kept = examined.find(({ form }) => form === choice?.keep);
  if (choice === undefined || kept === undefined) return { removed: [], entered: false };
  if (choice.enter) await enter(held, kept);
  const removed = names.filter(({ form }) => choice.remove.includes(form as CopyForm));
  await held.lock.assertHeld();
  for (const { file } of removed) await removeWithSidecar(held, file);
  if (removed.length > 0) await syncFolder(held.environment.files, held.folder);
  return { removed: removed.map(({ file }) => file), entered: known === undefined };
}

/** Whether a file holds all of a segment: of the one that the manifest names or, where it names none, by its own `end`. */
export async function isCopyOf(
  held: LockedFolder,
  name: SegmentName,
  segment: PresentSegment | undefined,
): Promise<boolean> {
  return (await examine(held, name, segment)).whole;
}

function formOf(known: PresentSegment | undefined): CopyForm | undefined {
  if (known === undefined) return undefined;
  if (known.compressed === undefined) return 'plain';
  return known.file.endsWith('.gz') ? 'gz' : 'zst';
}

/** The sidecar first: one without its file would make `sha256sum -c` fail. */
export async function removeWithSidecar(
  { environment: { files }, folder }: Pick<LockedFolder, 'environment' | 'folder'>,
  file: string,
): Promise<void> {
  await remove(files, join(folder, `${file}.sha256`));
  await remove(files, join(folder, file));
}

async function enter(held: LockedFolder, { name, sealed, compressed }: Examined): Promise<void> {
  if (sealed === undefined) return;
  await placeSidecar(held, name.file, compressed ?? sealed);
  // Said again where the manifest names another file: it is in its plain file, or in this one, from here on.
  await held.manifest.append(sealed, ...(compressed === undefined ? [] : [compressed]));
}

async function placeSidecar(
  { environment: { files }, folder, lock }: LockedFolder,
  file: string,
  { sha256 }: { readonly sha256: string },
): Promise<void> {
  await lock.assertHeld();
  await placeFile(files, join(folder, `${file}.sha256`), sidecarLine(sha256, file));
  await syncFolder(files, folder);
}

async function examine(
  { environment, folder }: LockedFolder,
  name: SegmentName,
  known: PresentSegment | undefined,
): Promise<Examined> {
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
