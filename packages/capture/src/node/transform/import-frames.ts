import { basename } from 'node:path';
import { CaptureError } from '../../format/error.ts';
import { encodePayload } from '../../format/payload.ts';
import { CAPTURE_VERSION } from '../../format/records.ts';
import type { CaptureRecord, FrameRecord } from '../../format/records.ts';
import { publicUrl } from '../../format/redact-request.ts';
import { formatTimestamp, parseTimestamp } from '../../format/timestamp.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { writeDerivedFile } from './write-capture-file.ts';
import type { DerivedCapture } from './write-capture-file.ts';
import { hashOfFile } from '../fs/file-hash.ts';
import { timeOption } from '../read/filter.ts';
import { readLineBlocks } from '../read/line-blocks.ts';
import { resolveNamed } from '../fs/read-only.ts';
import { isRunName } from '../../format/segment-name.ts';
import { ndjsonRow, tsvRow, withoutCarriageReturn } from './imported-rows.ts';
import type { FrameRow, TimeUnit } from './imported-rows.ts';

export interface ImportOptions {
  /** Provenance of the frames for the reader of the capture: a link, a citation, a person. */
  readonly source: string;
  /** `tsv`: a time, a tab, the frame; `ndjson`: a frame a line. @default the ending of the file name */
  readonly format?: 'tsv' | 'ndjson';
  /** The time column is of a `monotonic` clock with a zero of its own, or `unix` time. @default 'monotonic' */
  readonly clock?: 'monotonic' | 'unix';
  /** Unit of the time column. @default 'ns' */
  readonly unit?: TimeUnit;
  /** Wall clock at the first frame when the file has none, RFC 3339 or `Date`. @default 1970-01-01T00:00:00Z */
  readonly startedAt?: string | Date;
  /** Time between frames in ms when the file has no times. @default 0 */
  readonly spacingMs?: number;
  /** Key of the frame in `ndjson` objects, as JSON or as a string of JSON. @default the line is the frame */
  readonly frameKey?: string;
  /** The address that the frames were received from. @default 'unknown' */
  readonly url?: string;
  /** Run name. @default `import-` and the start of the file's sha256 */
  readonly run?: string;
  /** Whether frames of private channels may be among them. @default false */
  readonly private?: boolean;
  /** Rejects the import with its reason when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a verified capture of raw frames as others publish them: one connection, one frame a line, byte for
 * byte. The header names the file with its sha256, and `source`. The same file gives the same capture.
 * `.gz` and `.zst` are read as they are, and written when `to` ends so; empty lines are skipped.
 *
 * A frame with a line break of its own cannot be published this way, so none can come out.
 *
 * @throws CaptureError CAPTURE_CORRUPT for a line that is not of the format, CAPTURE_OPTION (also when nothing in the
 * file is a JSON object), CAPTURE_IO (also when `to` exists)
 */
export async function importFrames(
  from: string,
  to: string,
  options: ImportOptions,
): Promise<DerivedCapture> {
  const named = (await resolveNamed(from)) ?? { path: from };
  const { sha256 } = await hashOfFile(named.path, options.signal);
  const run = options.run ?? `import-${sha256.slice(0, 12)}`;
  if (!isRunName(run)) throw new CaptureError('CAPTURE_OPTION', { option: 'run', reason: 'not a run name' });
  return writeDerivedFile(
    to,
    importedRecords({ from, path: named.path }, options, { run, sha256 }),
    options.signal,
  );
}

/** The file as the user named it, and where it is. */
interface NamedFile {
  readonly from: string;
  readonly path: string;
}

async function* importedRecords(
  file: NamedFile,
  options: ImportOptions,
  { run, sha256 }: { readonly run: string; readonly sha256: string },
): AsyncGenerator<CaptureRecord, void, undefined> {
  const stamp = createRowTime(options);
  let index = 0;
  let objects = 0;
  const { from } = file;
  for await (const row of readRows(file, options)) {
    const { at, mono } = stamp(row.ns);
    if (index === 0) {
      yield {
        kind: 'header',
        version: CAPTURE_VERSION,
        run,
        segment: 0,
        previous: null,
        software: 'import',
        url: publicUrl(options.url ?? 'unknown'),
        at,
        mono: 0,
        fsync: 'never',
        private: options.private ?? false,
        origin: { how: 'imported', from: [`${basename(from)} sha256:${sha256}`], note: options.source },
      };
    }
    const frame: FrameRecord = { kind: 'frame', connection: 0, index, at, mono, ...encodePayload(row.bytes) };
    yield frame;
    index += 1;
    if (frame.encoding === 'raw') objects += 1;
  }
  if (index === 0) throw new CaptureError('CAPTURE_EMPTY', { path: from });
  if (objects === 0) {
    const reason = `none of the ${index} lines of ${from} holds a JSON object`;
    throw new CaptureError('CAPTURE_OPTION', { option: 'format', reason });
  }
}

async function* readRows(
  { from: name, path }: NamedFile,
  options: ImportOptions,
): AsyncGenerator<FrameRow, void, undefined> {
  const {
    format = /\.tsv(?:\.gz|\.zst)?$/.test(name) ? 'tsv' : 'ndjson',
    unit = 'ns',
    frameKey,
    signal,
  } = options;
  const file: CaptureFile = {
    path,
    form: name.endsWith('.gz') ? 'gz' : name.endsWith('.zst') ? 'zst' : 'plain',
  };
  let number = 0;
  for await (const { bytes, offset } of readLineBlocks(file, signal === undefined ? {} : { signal })) {
    let from = 0;
    while (from < bytes.length) {
      const newline = bytes.indexOf(0x0a, from);
      const to = newline < 0 ? bytes.length : newline;
      const line = withoutCarriageReturn(bytes.subarray(from, to));
      const place = { file: path, line: (number += 1), offset: offset + from };
      if (line.length > 0)
        yield format === 'tsv' ? tsvRow(line, unit, place) : ndjsonRow(line, frameKey, place);
      from = to + 1;
    }
  }
}

/** The last instant that RFC 3339 can write. */
const LATEST_NS = 253_402_300_799_999_999_999n;

/** The stamp of each row, asked for in order. Monotonic time stands still where the file's runs backwards. */
function createRowTime({ clock = 'monotonic', startedAt, spacingMs = 0 }: ImportOptions) {
  const given = parseTimestamp(timeOption('startedAt', startedAt) ?? formatTimestamp(0, 0)) ?? 0n;
  const spacing = BigInt(Math.round(spacingMs * 1e6));
  let first: bigint | undefined;
  let rows = 0n;
  let mono = 0;
  return (ns: bigint | undefined): { readonly at: string; readonly mono: number } => {
    const time = ns ?? spacing * rows;
    rows += 1n;
    first ??= time;
    const wall = clock === 'unix' && ns !== undefined ? ns : given + time - first;
    mono = Math.max(mono, Number(time - first));
    if (wall < 0n || wall > LATEST_NS) {
      throw new CaptureError('CAPTURE_OPTION', {
        option: 'unit',
        reason: `gives a time beyond the year 9999`,
      });
    }
    return { at: formatTimestamp(Number(wall / 1_000_000_000n), Number(wall % 1_000_000_000n)), mono };
  };
}
