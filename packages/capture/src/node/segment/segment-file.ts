import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { join } from 'node:path';
import { encodeRecord } from '../../format/encode.ts';
import type { EndReason, HeaderRecord } from '../../format/records.ts';
import { pendingOf, takeWritten, tallyLines, tallyOf } from './block.ts';
import type { Block, Tally } from './block.ts';
import { ioError, remove, syncFolder, writeFully } from '../fs/file-system.ts';
import type { OpenFile } from '../fs/file-system.ts';
import { segmentName } from '../../format/segment-name.ts';
import type { WriterEnvironment } from '../fs/environment.ts';

const NEWLINE = 0x0a;
/** More than a checkpoint and an `end` take. */
const SEALING_BYTES = 1024;

/** Counts that a checkpoint or `end` states, over the bytes 0 to `offset`. */
export interface SegmentCounts {
  readonly offset: number;
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
}

/** A segment that has its `end`: what that says, and size and sha256 of the whole file. */
export interface EndedSegment extends Counted {
  readonly why: EndReason;
  readonly bytes: number;
  readonly identity: string;
  /** Why `why` is not what was asked for. */
  readonly failure?: unknown;
}

interface Counted extends SegmentCounts {
  readonly sha256: string;
}

/** A segment being written. Every method throws `CAPTURE_IO`; the file then ends with a whole line. */
export interface SegmentFile {
  readonly folder: string;
  /** Its name once it is sealed. */
  readonly name: string;
  readonly partial: string;
  readonly run: string;
  readonly segment: number;
  readonly counts: SegmentCounts;
  /** Bytes, and frames in them, that no fsync has made durable yet. */
  readonly unsyncedBytes: number;
  readonly unsyncedFrames: number;
  /** Writes blocks and takes what was written off them: all of it, or, when this throws, whole lines. */
  write(blocks: readonly Block[]): Promise<void>;
  /** Writes a checkpoint, then makes everything up to it durable. */
  checkpoint(): Promise<void>;
  /** Makes everything written so far durable, unless an fsync has failed before. */
  sync(): Promise<void>;
  /** Over everything written so far. */
  sha256(): string;
  /**
   * Writes the last line, makes it durable and closes the file. When this throws it can be called again. After a
   * failed fsync, then or now, the reason is `fsync` and no further one is tried: the system may call pages clean
   * that it could not write.
   */
  end(why: EndReason): Promise<EndedSegment>;
  close(): Promise<void>;
}

export async function openSegment(
  { files, maxFileBytes }: Pick<WriterEnvironment, 'files' | 'maxFileBytes'>,
  folder: string,
  header: HeaderRecord,
): Promise<SegmentFile> {
  const name = segmentName(header.run, header.segment);
  const partial = join(folder, `${name}.partial`);
  const line = encodeRecord(header);
  let handle: OpenFile | undefined;
  try {
    handle = await files.open(partial, 'wx', 0o600);
    // The mode given to open is cut by the umask; this one is not.
    await handle.chmod(0o600);
    await writeFully(handle, line, 0);
    await handle.datasync();
    // Without this a power cut takes the file's name, and with it the file.
    await syncFolder(files, folder);
  } catch (error) {
    if (handle !== undefined) {
      await handle.close().catch(() => undefined);
      await remove(files, partial).catch(() => undefined);
    }
    throw ioError('open', partial, error);
  }
  const hash = createHash('sha256').update(line);
  const { run, segment } = header;
  return attachSegment({
    folder,
    handle,
    run,
    segment,
    hash,
    offset: line.length,
    lines: 1,
    frames: 0,
    gaps: 0,
    maxBytes: maxFileBytes - SEALING_BYTES,
  });
}

interface Attachment extends SegmentCounts {
  readonly folder: string;
  readonly handle: OpenFile;
  readonly run: string;
  readonly segment: number;
  /** Over the bytes 0 to `offset`. */
  readonly hash: Hash;
  /** Blocks are written up to here, so that there is room for a checkpoint and the `end`. */
  readonly maxBytes?: number;
}

/** An open file, known up to `offset`, as a segment that goes on there. */
export function attachSegment({
  folder,
  handle,
  run,
  segment,
  maxBytes = Number.POSITIVE_INFINITY,
  ...start
}: Attachment): SegmentFile {
  const name = segmentName(run, segment);
  const partial = join(folder, `${name}.partial`);
  let { hash, offset, lines, frames, gaps } = start;
  let syncedOffset = offset;
  let syncedFrames = frames;
  let syncFailed = false;
  /** Bytes that do not count stand after `offset`: cutting them off has failed, or is still to be done. */
  let torn = false;

  function advance(hashed: Hash, tally: Tally): void {
    hash = hashed;
    offset += tally.bytes;
    lines += tally.lines;
    frames += tally.frames;
    gaps += tally.gaps;
  }

  async function cutBack(): Promise<void> {
    await handle.truncate(offset);
    torn = false;
  }

  function hashWith(pieces: readonly Uint8Array[]): Hash {
    const more = hash.copy();
    for (const piece of pieces) more.update(piece);
    return more;
  }

  /** Writes whole lines at the end of the file; on an error the file is cut back to the last whole line. */
  async function append(pieces: readonly Buffer[], tally: Tally): Promise<void> {
    let written = 0;
    const write = async (): Promise<void> => {
      if (torn) await cutBack();
      while (written < tally.bytes) {
        const { bytesWritten } = await handle.writev(piecesFrom(pieces, written), offset + written);
        if (bytesWritten === 0) throw Object.assign(new Error('a write wrote nothing'), { code: 'EIO' });
        written += bytesWritten;
      }
    };
    try {
      const writing = write();
      // While the disk takes them: hashing takes as long as writing.
      const hashed = hashWith(pieces);
      await writing;
      advance(hashed, tally);
    } catch (error) {
      const bytes = Buffer.concat(pieces, written);
      const whole = tallyLines(bytes);
      advance(hashWith([bytes.subarray(0, whole.bytes)]), whole);
      torn ||= written > whole.bytes;
      if (torn) await cutBack().catch(() => undefined);
      throw ioError('write', partial, error);
    }
  }

  /** Writes the lines that there is room for, and throws the error that the rest would meet. */
  async function appendFitting(bytes: Buffer): Promise<void> {
    const fitting = bytes.lastIndexOf(NEWLINE, Math.max(0, maxBytes - offset - 1)) + 1;
    // A file that is empty yet takes what it can, and the system refuses the rest.
    const piece = fitting === 0 && lines === 1 ? bytes : bytes.subarray(0, fitting);
    await append([piece], tallyLines(piece));
    if (piece.length === bytes.length) return;
    const limit = Object.assign(new Error('the file may not grow any more'), { code: 'EFBIG' });
    throw ioError('write', partial, limit);
  }

  async function appendLine(line: Uint8Array): Promise<void> {
    const tally = { bytes: line.length, lines: 1, frames: 0, gaps: 0 };
    await append([Buffer.from(line.buffer, line.byteOffset, line.length)], tally);
  }

  async function datasync(): Promise<void> {
    const [toOffset, toFrames] = [offset, frames];
    try {
      await handle.datasync();
    } catch (error) {
      syncFailed = true;
      throw ioError('fdatasync', partial, error);
    }
    syncedOffset = toOffset;
    syncedFrames = toFrames;
  }

  async function finished(counts: Counted, why: EndReason): Promise<EndedSegment> {
    // Everything that an fsync can promise is promised by now.
    await handle.close().catch(() => undefined);
    return { ...counts, why, bytes: offset, identity: sha256() };
  }

  const sha256 = (): string => hash.copy().digest('hex');

  return {
    folder,
    name,
    partial,
    run,
    segment,
    get counts() {
      return { offset, lines, frames, gaps };
    },
    get unsyncedBytes() {
      return offset - syncedOffset;
    },
    get unsyncedFrames() {
      return frames - syncedFrames;
    },
    sha256,

    async write(blocks) {
      const before = offset;
      const tally = tallyOf(blocks);
      const pieces = blocks.map(pendingOf);
      try {
        if (offset + tally.bytes <= maxBytes) await append(pieces, tally);
        else await appendFitting(Buffer.concat(pieces));
      } finally {
        takeWritten(blocks, offset - before);
      }
    },

    async checkpoint() {
      await appendLine(encodeRecord({ kind: 'checkpoint', offset, lines, sha256: sha256() }));
      await datasync();
    },

    async sync() {
      if (!syncFailed) await datasync();
    },

    async end(asked) {
      const counts = { offset, lines, frames, gaps, sha256: sha256() };
      const before = hash;
      const why = syncFailed ? 'fsync' : asked;
      await appendLine(encodeRecord({ kind: 'end', ...counts, why }));
      if (why === 'fsync') return finished(counts, why);
      try {
        await datasync();
      } catch (failure) {
        // The contents of the disk are unknown now, and a further fsync of this descriptor proves nothing.
        hash = before;
        ({ offset, lines } = counts);
        torn = true;
        await appendLine(encodeRecord({ kind: 'end', ...counts, why: 'fsync' }));
        return { ...(await finished(counts, 'fsync')), failure };
      }
      return await finished(counts, why);
    },

    close: () => handle.close(),
  };
}

/** Drops the first bytes of the pieces. */
function piecesFrom(pieces: readonly Buffer[], bytes: number): readonly Buffer[] {
  if (bytes === 0) return pieces;
  let skip = bytes;
  return pieces.flatMap((piece) => {
    const from = Math.min(skip, piece.length);
    skip -= from;
    return from === piece.length ? [] : [piece.subarray(from)];
  });
}
