import { basename, dirname, resolve } from 'node:path';
import { groupRuns, listCaptureFiles, namedIn, plainPath, withoutCopies } from '../capture-files.ts';
import type { CaptureFile, CaptureSource } from '../capture-files.ts';
import { resolveNamed } from '../read-only.ts';
import { readHeader } from '../segment-reader.ts';
import { createFindings } from './finding.ts';
import type { Finding, Findings } from './finding.ts';
import {
  checkManifestEntry,
  checkManifestFiles,
  checkStoredFile,
  hasDeparted,
  readManifest,
} from './folder-records.ts';
import type { Manifest } from './folder-records.ts';
import { createFrameIndices } from './frame-indices.ts';
import type { AccountingPort, SequenceTotals } from '../sequence-count.ts';
import { createSequenceAccounting } from './sequence-accounting.ts';
import type { SequenceAccounting } from './sequence-accounting.ts';
import { createChainCheck } from './verify-chain.ts';
import { verifySegment } from './verify-segment.ts';
import type { RunChecks, SegmentFacts } from './verify-segment.ts';

/** How far a verification is: the file being read, which one it is of how many, and the text read so far. */
export interface VerifyProgress {
  readonly file: string;
  readonly number: number;
  readonly files: number;
  readonly bytes: number;
}

export interface VerifyOptions {
  /** Recomputes the sequence gaps from the frames; without it the recorded ones are taken as they are. */
  readonly accounting?: AccountingPort;
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
  /** How many findings to list. @default 1000 */
  readonly maxFindings?: number;
}

export interface VerifyReport {
  /** No promise is broken; there may be advice. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** How many promises are broken, also beyond those listed. */
  readonly broken: number;
  readonly runs: number;
  readonly segments: number;
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  /** Of uncompressed text. */
  readonly bytes: number;
  /** What the sequence numbers say, when there is a port to read them. */
  readonly sequence: SequenceTotals | undefined;
}

/**
 * Checks every promise of a capture and says which are broken, where: file, line, bytes. Reads every byte
 * once, at constant memory whatever the size.
 *
 * Of a folder the runs are checked to be whole, and the manifest to be right; of single files only what they
 * say themselves, and how those that follow each other fit. A file that is not sealed is not an error but
 * advice to `repair`; what it holds is checked all the same.
 *
 * @throws CaptureError CAPTURE_NOT_FOUND, CAPTURE_EMPTY, CAPTURE_IO when there is nothing to verify or a
 * folder cannot be read. A single file that cannot be read is a finding.
 */
export async function verifyCapture(
  source: CaptureSource,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const files = await listCaptureFiles(source);
  const folders = await foldersAmong(source);
  const findings = createFindings(options.maxFindings ?? 1000);
  const chosen = withoutCopies(files);
  const read = new Set(chosen);
  const sequence = options.accounting && createSequenceAccounting(options.accounting, findings);
  const verification: Verification = {
    findings,
    sequence,
    signal: options.signal,
    copies: files.filter((file) => !read.has(file)),
    progress: createProgress(files.length, options.onProgress),
  };
  const runs = groupRuns(chosen);
  const manifests = new Map<string, Manifest | undefined>();
  const all: SegmentFacts[] = [];
  for (const run of runs) {
    const folder = dirname((run[0] as CaptureFile).path);
    const complete = folders.has(resolve(folder));
    if (complete && !manifests.has(folder)) manifests.set(folder, await readManifest(folder, findings));
    all.push(...(await verifyRun(run, complete, manifests.get(folder), verification)));
  }
  for (const [folder, manifest] of manifests) {
    const present = files
      .filter(({ path }) => dirname(path) === folder)
      .map((file) => basename(plainPath(file)));
    if (manifest !== undefined) checkManifestFiles(manifest, new Set(present), findings);
  }
  const sum = (key: 'lines' | 'frames' | 'gaps' | 'bytes'): number =>
    all.reduce((total, facts) => total + facts[key], 0);
  return {
    ok: findings.broken === 0,
    findings: findings.list,
    broken: findings.broken,
    runs: runs.length,
    segments: all.length,
    lines: sum('lines'),
    frames: sum('frames'),
    gaps: sum('gaps'),
    bytes: sum('bytes'),
    sequence: sequence?.totals,
  };
}

interface Verification {
  readonly findings: Findings;
  readonly sequence: SequenceAccounting | undefined;
  readonly signal: AbortSignal | undefined;
  /** Second copies of segments, left by a compression that was interrupted. */
  readonly copies: readonly CaptureFile[];
  readonly progress: (file: CaptureFile) => (bytes: number) => void;
}

async function verifyRun(
  files: readonly CaptureFile[],
  complete: boolean,
  manifest: Manifest | undefined,
  { findings, sequence, signal, copies, progress }: Verification,
): Promise<readonly SegmentFacts[]> {
  const [first] = files as readonly [CaptureFile, ...CaptureFile[]];
  const header = await readHeader(first).catch(() => undefined);
  const name = header?.run ?? first.run ?? '';
  const whole = (first.segment ?? header?.segment ?? 0) === 0;
  const indices = createFrameIndices(findings, whole);
  const chain = createChainCheck(findings, {
    complete,
    deleted: (segment) => manifest !== undefined && hasDeparted(manifest, name, segment),
  });
  const last = files.at(-1) as CaptureFile;
  sequence?.startRun({ run: name, whole, origin: header?.origin });
  const run: RunChecks = {
    frame(connection, index, bytes, place) {
      const verdict = indices.frame(connection, index, place);
      sequence?.frame(connection, bytes, verdict, place);
    },
    opened: (connection) => sequence?.opened(connection),
    gap(record, place) {
      indices.gap(record, place);
      sequence?.gap(record, place);
    },
  };
  const verified: SegmentFacts[] = [];
  for (const file of files) {
    const facts = await verifySegment(file, { findings, run, signal, onBytes: progress(file) });
    chain.add(facts);
    verified.push(facts);
    await checkFiles(facts);
  }
  chain.finish();
  indices.finish();
  const cutShort = last.form === 'partial' || verified.at(-1)?.end?.why === 'crash';
  sequence?.finishRun(cutShort);
  return verified;

  async function checkFiles(facts: SegmentFacts): Promise<void> {
    if (facts.file.form === 'partial' || !facts.complete) return;
    if (manifest !== undefined) checkManifestEntry(manifest, facts, findings);
    await checkStoredFile(facts, manifest, findings);
    for (const file of copies.filter((copy) => plainPath(copy) === plainPath(facts.file))) {
      await checkCopy(file, facts);
    }
  }

  /** The copy is read as strictly, but its frames are not counted again. */
  async function checkCopy(file: CaptureFile, { file: { path }, identity }: SegmentFacts): Promise<void> {
    const nothing: RunChecks = { opened() {}, frame() {}, gap() {} };
    const copy = await verifySegment(file, { findings, run: nothing, signal, onBytes: progress(file) });
    const place = { file: file.path, from: 0, to: copy.bytes };
    if (copy.complete && copy.identity !== identity) findings.add('copy', place, `is not a copy of ${path}`);
    else findings.add('copy', place, `a second copy of ${path}; \`repair\` keeps one`, 'advice');
  }
}

async function foldersAmong(source: CaptureSource): Promise<ReadonlySet<string>> {
  const folders = new Set<string>();
  for (const path of namedIn(source)) {
    if (typeof path !== 'string') continue;
    const named = await resolveNamed(path);
    if (named?.stats.isDirectory() === true) folders.add(resolve(path));
  }
  return folders;
}

function createProgress(files: number, report: VerifyOptions['onProgress']): Verification['progress'] {
  let number = 0;
  let total = 0;
  return ({ path }) => {
    number += 1;
    const current = number;
    return (bytes) => {
      total += bytes;
      report?.({ file: path, number: current, files, bytes: total });
    };
  };
}
