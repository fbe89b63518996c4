import { createHash } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { encodeRecord } from '../../format/encode.ts';
import { CaptureError } from '../../format/error.ts';
import { MAX_HEADER_BYTES } from '../../format/parse.ts';
import type { CaptureRecord, HeaderRecord } from '../../format/records.ts';
import { systemCodecs } from '../system/codecs.ts';
import { ioError } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import { removeAbandoned, unfinishedPath } from '../lock/unfinished.ts';
import { makeFolder } from '../fs/make-folder.ts';

const WRITE_BYTES = 256 * 1024;

/** A capture that was made out of something else: one sealed segment in one file. */
export interface DerivedCapture {
  readonly path: string;
  readonly run: string;
  /** Without the `end`. */
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  /** Size and hash of the text, which is the file when that is not compressed. */
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes records, the first of which is a header, as a sealed segment, compressed when its name ends in `.zst`
 * or `.gz`. The file gets its name when it is whole: nothing that exists is overwritten, and nothing has the
 * name when it fails or is killed; what one that was killed has left goes.
 */
export async function writeDerivedFile(
  path: string,
  records: AsyncIterable<CaptureRecord>,
  signal?: AbortSignal,
): Promise<DerivedCapture> {
  if (await exists(path)) throw existsError(path);
  await removeAbandoned(path);
  const unfinished = unfinishedPath(path);
  const handle = await openNew(unfinished);
  try {
    const derived = await writeRecords(handle, path, records);
    signal?.throwIfAborted();
    await giveName(unfinished, path);
    return derived;
  } finally {
    await handle.close();
    await rm(unfinished, { force: true });
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    await makeFolder({ mkdir, stat }, dirname(path));
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw ioError('open', path, error);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const existsError = (path: string): Error =>
  ioError('open', path, Object.assign(new Error(`${path} exists`), { code: 'EEXIST' }));

/** File systems that know no second name of a file. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

/** A link, unlike a renaming, never takes the place of a file that has come meanwhile. */
async function giveName(from: string, to: string): Promise<void> {
  try {
    await link(from, to).catch(async (error: unknown) => {
      if (!WITHOUT_LINKS.has(errnoOf(error)) || (await exists(to))) throw error;
      await rename(from, to);
    });
  } catch (error) {
    throw ioError('open', to, error);
  }
}

async function writeRecords(
  handle: FileHandle,
  path: string,
  records: AsyncIterable<CaptureRecord>,
): Promise<DerivedCapture> {
  const text = createSegmentText(records);
  const codec = Object.values(systemCodecs).find(({ suffix }) => path.endsWith(suffix));
  // `writeFile` on a handle writes on from where it is, all of it.
  const write = async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of pieces) await handle.writeFile(piece);
  };
  await (codec === undefined ? write(text.pieces()) : pipeline(text.pieces(), codec.compress(), write));
  await handle.datasync();
  return { path, ...text.facts() };
}

interface SegmentText {
  readonly pieces: () => AsyncGenerator<Uint8Array, void, undefined>;
  /** When all pieces have been taken. */
  readonly facts: () => Omit<DerivedCapture, 'path'>;
}

/** Records as the text of a sealed segment, in pieces that are worth a write. */
function createSegmentText(records: AsyncIterable<CaptureRecord>): SegmentText {
  const hash = createHash('sha256');
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let offset = 0;
  let lines = 0;
  let frames = 0;
  let gaps = 0;
  let run = '';

  function add(record: CaptureRecord): void {
    const line = encodeRecord(record);
    hash.update(line);
    offset += line.length;
    waiting.push(line);
    waitingBytes += line.length;
  }

  function take(): Buffer {
    const piece = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    return piece;
  }

  function begin(header: HeaderRecord): void {
    ({ run } = header);
    if (encodeRecord(header).length <= MAX_HEADER_BYTES) return;
    throw new CaptureError('CAPTURE_OPTION', {
      option: 'note or source',
      reason: `too long for a header, which has at most ${MAX_HEADER_BYTES} bytes`,
    });
  }

  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const record of records) {
      if (record.kind === 'header') begin(record);
      if (record.kind === 'frame') frames += 1;
      if (record.kind === 'gap') gaps += 1;
      lines += 1;
      add(record);
      if (waitingBytes >= WRITE_BYTES) yield take();
    }
    const sha256 = hash.copy().digest('hex');
    add({ kind: 'end', offset, lines, frames, gaps, sha256, why: 'close' });
    yield take();
  }

  return {
    pieces,
    facts: () => ({ run, lines, frames, gaps, bytes: offset, sha256: hash.copy().digest('hex') }),
  };
}
