import { join } from 'node:path';
import type { SegmentName } from '../../format/segment-name.ts';
import type { Files } from '../fs/file-system.ts';
import { remove, syncFolder } from '../fs/file-system.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { compareBeginning } from './partial-beginning.ts';
import { scanPartial } from '../segment/scan-partial.ts';
import { keepTornEnd } from './seal-partial.ts';
import { removeWithSidecar } from '../folder/sidecar.ts';
import { isCopyOf } from '../segment/examine-copy.ts';

/** A file that stays as it is, since which of two is right is not for us to say. */
export interface UnsettledFile {
  readonly file: string;
  /** What is wrong, and what to do. */
  readonly reason: string;
}

export interface Settled {
  readonly removed: readonly string[];
  readonly unsettled: readonly UnsettledFile[];
}

/**
 * Settles what should not stand beside each other: a `.partial` and sealed copies of its segment, as an older backup
 * or an interrupted restoration makes it. Nothing goes unless what it holds is proven to be there again. What is no
 * file, and stands beside one that holds the segment, stays.
 */
export async function settleNeighbours(held: LockedFolder, names: readonly SegmentName[]): Promise<Settled> {
  const removed: string[] = [];
  const unsettled: UnsettledFile[] = [];
  const groups = new Map<string, SegmentName[]>();
  for (const name of names) groups.set(name.plain, [...(groups.get(name.plain) ?? []), name]);
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    const { own, odd } = await sorted(held, group);
    if (own.length === 0) continue;
    const beside = own.map(({ file }) => file).join(' and ');
    for (const { file } of odd)
      unsettled.push({ file, reason: `is not a file, and stands beside ${beside}: move it away` });
    const partial = own.find(({ form }) => form === 'partial');
    if (partial === undefined) continue;
    if (odd.some(({ form }) => form === 'plain')) {
      unsettled.push({
        file: partial.file,
        reason: `cannot be sealed while ${partial.plain} is no file of its own`,
      });
      continue;
    }
    const copies = own.filter((name) => name !== partial);
    const fate = copies.length === 0 ? 'seal' : await settlePartial(held, partial, copies);
    if (fate === 'removed') removed.push(partial.file);
    else if (fate !== 'seal') unsettled.push({ file: partial.file, reason: fate.reason });
  }
  return { removed, unsettled };
}

async function sorted(
  { environment: { files }, folder }: LockedFolder,
  names: readonly SegmentName[],
): Promise<{ readonly own: readonly SegmentName[]; readonly odd: readonly SegmentName[] }> {
  const own: SegmentName[] = [];
  const odd: SegmentName[] = [];
  for (const name of names) {
    const isFile = (await files.stat(join(folder, name.file))).isFile();
    (isFile ? own : odd).push(name);
  }
  return { own, odd };
}

/** `seal`: it is whole and none of the copies is; what had its name has gone. */
type PartialFate = 'removed' | 'seal' | { readonly reason: string };

async function settlePartial(
  held: LockedFolder,
  partial: SegmentName,
  copies: readonly SegmentName[],
): Promise<PartialFate> {
  const { environment, folder, lock, manifest } = held;
  const { files } = environment;
  const path = join(folder, partial.file);
  const known = manifest.state.present.get(partial.plain);
  const whole: SegmentName[] = [];
  for (const name of copies) if (await isCopyOf(held, name, known)) whole.push(name);
  for (const name of whole) {
    const { isBeginning, soundBytes, size } = await compareBeginning(environment, path, name);
    if (!isBeginning) continue;
    await lock.assertHeld();
    if (size > soundBytes) await keepTornEnd(files, path, soundBytes);
    await remove(files, path);
    await syncFolder(files, folder);
    return 'removed';
  }
  const names = copies.map(({ file }) => file).join(' and ');
  if (whole.length > 0) return { reason: `holds lines that are not in ${names}: move one of them away` };
  if (!(await isComplete(files, path, known?.entry.sha256)))
    return { reason: `neither it nor ${names} is whole: move away the one that holds less` };
  await lock.assertHeld();
  if (copies.some(({ form }) => form === 'plain')) await removeWithSidecar(held, partial.plain);
  return 'seal';
}

/** Whether a `.partial` is the segment that the manifest names or, where it names none, has an `end` that is right. */
async function isComplete(files: Files, path: string, sha256: string | undefined): Promise<boolean> {
  const handle = await files.open(path, 'r');
  try {
    const { whole, hash } = await scanPartial(handle, path);
    return sha256 === undefined ? whole : hash.digest('hex') === sha256;
  } finally {
    await handle.close();
  }
}
