import type { SegmentName } from '../../format/segment-name.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import type { PresentSegment } from '../folder/manifest-state.ts';
import { placeSidecar, removeWithSidecar } from '../folder/sidecar.ts';
import { syncFolder } from '../fs/file-system.ts';
import { examineCopy } from '../segment/examine-copy.ts';
import type { CopyForm, ExaminedCopy, SegmentCopy } from '../segment/examine-copy.ts';

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
  const examined: ExaminedCopy[] = [];
  for (const name of names) examined.push(await examineCopy(held, name, known));
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

function formOf(known: PresentSegment | undefined): CopyForm | undefined {
  if (known === undefined) return undefined;
  if (known.compressed === undefined) return 'plain';
  return known.file.endsWith('.gz') ? 'gz' : 'zst';
}

async function enter(held: LockedFolder, { name, sealed, compressed }: ExaminedCopy): Promise<void> {
  if (sealed === undefined) return;
  await placeSidecar(held, name.file, compressed ?? sealed);
  // Said again where the manifest names another file: it is in its plain file, or in this one, from here on.
  await held.manifest.append(sealed, ...(compressed === undefined ? [] : [compressed]));
}
