import { resolve } from 'node:path';
import { groupRuns, listCaptureFiles, namedIn } from '../folder/list-files.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import { withoutCopies } from '../folder/copy-choice.ts';
import { resolveNamed } from '../fs/read-only.ts';
import type { AccountingPort, SequenceTotals } from '../inspect/sequence-count.ts';
import { checkRun } from './check-run.ts';
import { createFindings } from './finding.ts';
import type { Finding } from './finding.ts';
import { createSequenceAccounting } from './sequence-accounting.ts';
import { listVerifiedFolders, readFolderRecords } from './verified-folders.ts';
import { verifyRun } from './verify-run.ts';
import type { RunFacts, RunReading } from './verify-run.ts';

/** How far a verification is: the file being read, which one it is of how many, and the text read so far. */
export interface VerifyProgress {
  readonly file: string;
  readonly number: number;
  readonly files: number;
  readonly bytes: number;
}

export interface VerifyOptions {
  /** Recomputes the sequence gaps from the frames. @default recorded gaps are not checked */
  readonly accounting?: AccountingPort;
  /** Called as bytes are read. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Rejects the verification with its reason when it aborts. */
  readonly signal?: AbortSignal;
  /** Most findings to list; `broken` counts all. @default 1000 */
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
  /** Of the files, compressed or not, as `inspectCapture` says it. */
  readonly bytesOnDisk: number;
  /** Sequence figures, when there is an `accounting`. */
  readonly sequence: SequenceTotals | undefined;
}

/**
 * Checks every promise of a capture and reports each violation with file, line and bytes. Reads every byte once, in
 * constant memory.
 *
 * In a folder it also checks that the runs are whole and the manifest is right; of single files it checks their contents
 * and whether consecutive ones fit. An unsealed file is checked as well, with advice to `repair` it, or a note while a
 * writer has it open. A folder may be recorded into, rotated, compressed and trimmed meanwhile without false findings.
 *
 * @throws CaptureError CAPTURE_NOT_FOUND, CAPTURE_EMPTY, CAPTURE_IO when there is nothing to verify or a
 * folder cannot be read. A single file that cannot be read is a finding.
 */
export async function verifyCapture(
  source: CaptureSource,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const files = await listCaptureFiles(source);
  const named = await foldersAmong(source);
  const findings = createFindings(options.maxFindings ?? 1000);
  const chosen = withoutCopies(files);
  const sequence = options.accounting && createSequenceAccounting(options.accounting, findings);
  const reading: RunReading = {
    findings,
    sequence,
    signal: options.signal,
    progress: createProgress(files.length, options.onProgress),
  };
  const folders = await listVerifiedFolders(files, named);
  const runs: RunFacts[] = [];
  for (const run of groupRuns(chosen)) runs.push(await verifyRun(run, reading));
  // Only now, so that they know of everything that was sealed, compressed or deleted meanwhile.
  await readFolderRecords(folders, findings);
  const read = new Set(chosen);
  const copies = files.filter((file) => !read.has(file));
  for (const run of runs) await checkRun(run, { folders, copies, reading });
  const all = runs.flatMap(({ segments }) => segments);
  const sum = (key: 'lines' | 'frames' | 'gaps' | 'bytes' | 'bytesOnDisk'): number =>
    all.reduce((total, facts) => total + facts[key], 0);
  return {
    ok: findings.broken === 0,
    findings: findings.list,
    broken: findings.broken,
    runs: runs.filter(({ segments }) => segments.length > 0).length,
    segments: all.length,
    lines: sum('lines'),
    frames: sum('frames'),
    gaps: sum('gaps'),
    bytes: sum('bytes'),
    bytesOnDisk: sum('bytesOnDisk'),
    sequence: sequence?.totals,
  };
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

function createProgress(files: number, report: VerifyOptions['onProgress']): RunReading['progress'] {
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
