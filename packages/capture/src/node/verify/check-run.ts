import { basename, dirname, resolve } from 'node:path';
import { isCaptureError } from '../../format/error.ts';
import { segmentName } from '../../format/segment-name.ts';
import type { SegmentName } from '../../format/segment-name.ts';
import { systemCodecs } from '../system/codecs.ts';
import { plainPath } from '../folder/capture-file.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { nodeFiles } from '../fs/node-file-system.ts';
import { isFileAt, isThere } from '../fs/read-only.ts';
import { compareBeginning } from '../repair/partial-beginning.ts';
import { followingSegment, locateSegment } from '../folder/segment-location.ts';
import { checkManifestEntry, checkStoredFile, hasDeparted } from './folder-records.ts';
import type { ManifestRecords } from './folder-records.ts';
import { rereadManifest } from './verified-folders.ts';
import type { VerifiedFolder, VerifiedFolders } from './verified-folders.ts';
import { createChainCheck } from './verify-chain.ts';
import type { Absence } from './verify-chain.ts';
import type { Findings } from './finding.ts';
import type { RunFacts, RunReading } from './verify-run.ts';
import { verifySegment } from './verify-segment.ts';
import type { RunChecks, SegmentFacts } from './verify-segment.ts';

interface RunCheck {
  readonly folders: VerifiedFolders;
  /** Second copies of segments, left by a compression that was interrupted. */
  readonly copies: readonly CaptureFile[];
  readonly reading: RunReading;
}

/** Checks a run that was read against what its folders say of it, and that its segments are all there. */
export async function checkRun({ run, segments, gone }: RunFacts, check: RunCheck): Promise<void> {
  const { findings } = check.reading;
  const folderOf = ({ path }: CaptureFile): VerifiedFolder =>
    check.folders.get(dirname(path)) as VerifiedFolder;
  const all = [...new Set([...segments.map(({ file }) => folderOf(file)), ...gone.map(folderOf)])];
  // Of a run that has left a folder, not even the manifest speaks any more.
  if (all.some(({ isLive }) => isLive) && segments.every(({ file }) => !isLeft(file))) return;
  const complete = all.every(({ isWhole }) => isWhole);
  const manifests = all.flatMap(({ manifest }) => manifest ?? []);
  const chain = createChainCheck(findings, {
    complete,
    isUnknown: !manifests.some((manifest) => speaksOf(manifest, run)),
    absence: (segment) =>
      absenceOf(run, segment, manifests) ?? (hasCome(segment) ? { kind: 'expected' } : undefined),
  });
  /** The successor of the last one that was listed. */
  function hasCome(segment: number): boolean {
    const last = segments.at(-1)?.file;
    if (last?.segment === undefined || segment !== last.segment + 1) return false;
    return locateSegment(followingSegment(last)) !== undefined;
  }
  for (const facts of segments) {
    chain.add(facts);
    await checkFiles(facts, folderOf(facts.file), check);
  }
  chain.finish();
  for (const { path } of complete ? [] : gone)
    findings.add('readable', { file: path, from: 0, to: 0 }, 'was there, and went before it was read');
}

function speaksOf({ sealed, gone, lost }: ManifestRecords, run: string): boolean {
  return gone.has(run) || [...lost, ...sealed.values()].some((entry) => entry.run === run);
}

function absenceOf(run: string, segment: number, manifests: readonly ManifestRecords[]): Absence | undefined {
  const name = segmentName(run, segment);
  const verified = new Set(manifests.map(({ path }) => resolve(dirname(path))));
  const elsewhere = (folder: string): Absence | undefined =>
    verified.has(resolve(folder)) ? undefined : { kind: 'elsewhere', folder };
  for (const manifest of manifests) {
    const folder = manifest.movedTo.get(name);
    if (folder !== undefined) return elsewhere(folder);
    if (hasDeparted(manifest, run, segment)) return { kind: 'expected' };
    const lost = manifest.lost.find(
      (range) => range.run === run && range.from <= segment && segment <= range.to,
    );
    if (lost !== undefined) return { kind: 'lost', range: lost };
  }
  for (const { receivedFrom, sealed } of manifests) {
    // Where a part of a run was moved to, nothing tells what else there is of it, but for what it lists itself.
    const received = [...receivedFrom].find(([file]) => sealed.get(file)?.run === run);
    if (received !== undefined && !sealed.has(name)) return elsewhere(received[1]);
  }
  return undefined;
}

async function checkFiles(
  facts: SegmentFacts,
  { path, manifest, isLive }: VerifiedFolder,
  check: RunCheck,
): Promise<void> {
  const { findings } = check.reading;
  // Of one that was announced to go, the file or its sidecar may be left.
  if (!facts.complete || isDeparted(facts, manifest) || (isLive && !isLeft(facts.file))) return;
  if (facts.file.form === 'partial') checkUnsealed(facts, isLive, check);
  else {
    if (manifest !== undefined) checkManifestEntry(manifest, facts, findings, isLive);
    const hasGone = async (): Promise<boolean> => isLive && isDeparted(facts, await rereadManifest(path));
    await checkStoredFile(facts, manifest, { findings, isLive, hasGone });
  }
  for (const file of check.copies) {
    if (plainPath(file) === plainPath(facts.file) && file.path !== facts.file.path && isThere(file.path))
      await checkCopy(file, facts, { isLive, check });
  }
}

const isLeft = (file: CaptureFile): boolean => locateSegment(file) !== undefined;

function isDeparted(
  { file: { run, segment } }: SegmentFacts,
  manifest: ManifestRecords | undefined,
): boolean {
  if (manifest === undefined || run === undefined || segment === undefined) return false;
  return hasDeparted(manifest, run, segment);
}

function checkUnsealed(
  { file, bytes, tornBytes }: SegmentFacts,
  isLive: boolean,
  { reading: { findings } }: RunCheck,
): void {
  const rest = { file: file.path, from: bytes - tornBytes, to: bytes };
  if (isLive) {
    findings.add('sealed', rest, 'is being written: checked up to its last whole line', 'note');
    return;
  }
  const torn = tornBytes > 0 ? `; ${tornBytes} bytes of a torn line stand at its end` : '';
  const message = `not sealed: it is being written, or a crash left it and \`repair\` seals it${torn}`;
  findings.add('sealed', rest, message, 'advice');
}

/** Reports a file that is not the one the segment was read from: a second copy, or no copy at all. */
async function checkCopy(
  file: CaptureFile,
  facts: SegmentFacts,
  how: { readonly isLive: boolean; readonly check: RunCheck },
): Promise<void> {
  const { findings } = how.check.reading;
  const { path } = facts.file;
  const place = { file: file.path, from: 0, to: 0 };
  if (!isFileAt(file.path))
    findings.add('copy', place, `is not a file, and is not read: ${path} is; move it away`, 'advice');
  else if (file.form !== 'partial') await checkSealedCopy(file, facts, how);
  else {
    const isBeginning = await isBeginningOf(facts.file, file, findings);
    if (isBeginning === true)
      findings.add('copy', place, `is the beginning of ${path}; \`repair\` removes it`, 'advice');
    else if (isBeginning === false)
      findings.add('copy', place, `is not the beginning of ${path}; \`repair\` says what to do`);
  }
}

/** `undefined` for one with a longer line than any recorder writes, which is a finding. */
async function isBeginningOf(
  whole: CaptureFile,
  { path }: CaptureFile,
  findings: Findings,
): Promise<boolean | undefined> {
  try {
    return (await compareBeginning(systemReading, path, nameOf(whole))).isBeginning;
  } catch (error) {
    if (!isCaptureError(error) || error.code !== 'CAPTURE_LIMIT') throw error;
    findings.add('readable', { file: path, from: 0, to: 0 }, error.message);
    return undefined;
  }
}

const systemReading = { files: nodeFiles, codecs: systemCodecs };

const nameOf = ({ path, form }: CaptureFile): Pick<SegmentName, 'file' | 'form'> => ({
  file: basename(path),
  form,
});

/** The copy is read as strictly, but its frames are not counted again. */
async function checkSealedCopy(
  file: CaptureFile,
  { file: { path }, identity }: SegmentFacts,
  { isLive, check }: { readonly isLive: boolean; readonly check: RunCheck },
): Promise<void> {
  const { findings, signal, progress } = check.reading;
  const nothing: RunChecks = { opened() {}, frame() {}, gap() {} };
  const copy = await verifySegment(file, { findings, run: nothing, signal, onBytes: progress(file) });
  if (copy === undefined || copy.file.path === path) return;
  const place = { file: copy.file.path, from: 0, to: copy.bytes };
  if (copy.complete && copy.identity !== identity) {
    findings.add('copy', place, `is not a copy of ${path}; \`repair\` keeps the one that is whole`);
  } else if (!isLive) {
    // A writer that is at work removes one of them by itself.
    findings.add('copy', place, `a second copy of ${path}; \`repair\` keeps one`, 'advice');
  }
}
