import { closeSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { CaptureError, isCaptureError } from '../../format/error.ts';
import { ioError } from '../fs/file-system.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { MAX_COMPRESSED_TEXTS, MAX_SILENT_BYTES } from '../fs/limits.ts';
import { openFile } from '../folder/segment-location.ts';
import type { OpenedFile } from '../folder/segment-location.ts';

/** The uncompressed text of a segment, from its start to its end. */
export interface ByteSource {
  /** Fills `buffer` from `at` on, with at least one byte; 0 at the end. */
  read(buffer: Buffer, at: number): number | Promise<number>;
  close(): void;
  /** How many bytes there are at least, as far as is known. */
  readonly size: number;
}

/** A source, and the file that was there to be opened: a segment may have another form than it was listed with. */
export interface OpenedSource extends ByteSource {
  /** Goes on at another byte of the text; compressed text is read in order. */
  seek(to: number): void;
  readonly file: CaptureFile;
  readonly bytesOnDisk: number;
}

export interface OpenOptions {
  readonly from?: number;
  readonly growing?: boolean;
  /** Ends the reading of compressed texts that say nothing; the reader of the others looks at it as well. */
  readonly signal?: AbortSignal | undefined;
}

const INFLATED_BYTES = 256 * 1024;

/**
 * Opens a segment at byte `from` of its text; in a compressed one that means to read up to there. Of a file that is
 * being written, what it holds now, unless `growing` is asked for.
 */
export function openBytes(
  wanted: CaptureFile,
  { from = 0, growing = false, signal }: OpenOptions = {},
): OpenedSource {
  const opened = openFile(wanted);
  switch (opened.file.form) {
    case 'plain':
      return openPlain(opened, from, Number.POSITIVE_INFINITY);
    case 'partial':
      return openPlain(opened, from, growing ? Number.POSITIVE_INFINITY : opened.bytesOnDisk);
    case 'zst':
      return openCompressed(opened, inflate(opened, createZstd, signal), from);
    case 'gz':
      return openCompressed(opened, inflate(opened, createGzip, signal), from);
  }
}

/** Synchronous: from the page cache a block is there in less time than a worker thread takes to wake up. */
function openPlain({ file, fd, bytesOnDisk }: OpenedFile, from: number, limit: number): OpenedSource {
  let position = from;
  return {
    file,
    bytesOnDisk,
    read(buffer, at) {
      const wanted = Math.min(buffer.length - at, limit - position);
      const read = wanted > 0 ? readAt(fd, file, buffer.subarray(at, at + wanted), position) : 0;
      position += read;
      return read;
    },
    seek(to) {
      position = to;
    },
    close: () => closeSync(fd),
    size: Math.max(0, bytesOnDisk - from),
  };
}

function readAt(fd: number, { path }: CaptureFile, buffer: Buffer, position: number): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, position);
  } catch (error) {
    throw ioError('read', path, error);
  }
}

type Inflater = Transform & { readonly bytesWritten: number };

const createZstd = (): Inflater => createZstdDecompress({ chunkSize: INFLATED_BYTES });
const createGzip = (): Inflater => createGunzip({ chunkSize: INFLATED_BYTES });

function openCompressed(
  { file, fd, bytesOnDisk }: OpenedFile,
  chunks: AsyncGenerator<Buffer, void, undefined>,
  from: number,
): OpenedSource {
  let chunk: Buffer = Buffer.alloc(0);
  let toSkip = from;
  let closed = false;

  async function next(): Promise<Buffer | undefined> {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) return undefined;
      if (value.length > toSkip) {
        const kept = value.subarray(toSkip);
        toSkip = 0;
        return kept;
      }
      toSkip -= value.length;
    }
  }

  return {
    file,
    bytesOnDisk,
    async read(buffer, at) {
      if (chunk.length === 0) {
        const fresh = await next();
        if (fresh === undefined) return 0;
        chunk = fresh;
      }
      const copied = chunk.copy(buffer, at);
      chunk = chunk.subarray(copied);
      return copied;
    },
    seek() {
      throw new TypeError('compressed text is read in order');
    },
    close() {
      if (closed) return;
      closed = true;
      void chunks.return().finally(() => closeSync(fd));
    },
    size: INFLATED_BYTES,
  };
}

/**
 * The text of a compressed file, which may be several compressed texts one after the other: Node's zstd stops
 * after the first without a word, so what it has left over goes to another one.
 */
async function* inflate(
  opened: OpenedFile,
  create: () => Inflater,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const { path } = opened.file;
  const progress = { silent: 0 };
  for (let from = 0, texts = 0; from < opened.bytesOnDisk; texts += 1) {
    signal?.throwIfAborted();
    if (texts === MAX_COMPRESSED_TEXTS) {
      throw new CaptureError('CAPTURE_LIMIT', { path, what: 'compressed texts', most: texts });
    }
    const packed = Readable.from(packedChunks(opened, from, progress), { objectMode: false });
    const inflater = create();
    // `pipe` does not pass on the error of the file; without this the reader would wait for ever.
    packed.on('error', (error) => inflater.destroy(error));
    try {
      for await (const text of packed.pipe(inflater) as AsyncIterable<Buffer>) {
        progress.silent = 0;
        yield text;
      }
    } catch (error) {
      throw isCaptureError(error) ? error : inflateError(path, error);
    } finally {
      packed.destroy();
      inflater.destroy();
    }
    from += inflater.bytesWritten;
  }
}

function* packedChunks(
  { file, fd }: OpenedFile,
  from: number,
  progress: { silent: number },
): Generator<Buffer, void, undefined> {
  for (let position = from; ;) {
    const chunk = Buffer.allocUnsafeSlow(INFLATED_BYTES);
    const read = readAt(fd, file, chunk, position);
    if (read === 0) return;
    position += read;
    progress.silent += read;
    if (progress.silent > MAX_SILENT_BYTES) {
      const what = 'compressed bytes in a row without text';
      throw new CaptureError('CAPTURE_LIMIT', { path: file.path, what, most: MAX_SILENT_BYTES });
    }
    yield chunk.subarray(0, read);
  }
}

/** Reports errors of zlib as damage to the capture, and all others as errors of the file system. */
function inflateError(path: string, error: unknown): CaptureError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!code.startsWith('Z_') && !code.startsWith('ZSTD_')) return ioError('read', path, error);
  return new CaptureError(
    'CAPTURE_CORRUPT',
    { file: path, line: 0, offset: 0, reason: `the compressed data is damaged: ${message}` },
    { cause: error },
  );
}
