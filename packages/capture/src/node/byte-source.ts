import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { CaptureError } from '../capture-error.ts';
import { ioError } from './files.ts';
import type { CaptureFile } from './capture-files.ts';

/** The uncompressed text of a segment, from its start to its end. */
export interface ByteSource {
  /** Fills `buffer` from `at` on, with at least one byte; 0 at the end. */
  read(buffer: Buffer, at: number): number | Promise<number>;
  close(): void;
  /** How many bytes there are at least, as far as is known. */
  readonly size: number;
}

const INFLATED_BYTES = 256 * 1024;

/** Opens a segment at byte `from` of its text; only plain text can be opened elsewhere than at its start. */
export function openBytes({ path, form }: CaptureFile, from = 0): ByteSource {
  switch (form) {
    case 'plain':
    case 'partial':
      return openPlain(path, from);
    case 'zst':
      return openStream(path, () => createZstdDecompress({ chunkSize: INFLATED_BYTES }));
    case 'gz':
      return openStream(path, () => createGunzip({ chunkSize: INFLATED_BYTES }));
  }
}

/** Synchronous: from the page cache a block is there in less time than a worker thread takes to wake up. */
function openPlain(path: string, from: number): ByteSource {
  const fd = attempt('open', path, () => openSync(path, 'r'));
  let position = from;
  const { size } = attempt('stat', path, () => fstatSync(fd));
  return {
    read(buffer, at) {
      const read = attempt('read', path, () => readSync(fd, buffer, at, buffer.length - at, position));
      position += read;
      return read;
    },
    close: () => closeSync(fd),
    size: Math.max(0, size - from),
  };
}

function attempt<T>(operation: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw ioError(operation, path, error);
  }
}

type Inflater = Transform & { readonly bytesWritten: number };

function openStream(path: string, create: () => Inflater): ByteSource {
  const chunks = inflate(path, create);
  let chunk: Buffer = Buffer.alloc(0);
  return {
    async read(buffer, at) {
      if (chunk.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return 0;
        chunk = next.value;
      }
      const copied = chunk.copy(buffer, at);
      chunk = chunk.subarray(copied);
      return copied;
    },
    close() {
      void chunks.return();
    },
    size: INFLATED_BYTES,
  };
}

/**
 * The text of a compressed file, which may be several compressed texts one after the other: Node's zstd stops
 * after the first without a word, so what it has left over goes to another one.
 */
async function* inflate(path: string, create: () => Inflater): AsyncGenerator<Buffer, void, undefined> {
  const { size } = attempt('stat', path, () => statSync(path));
  for (let from = 0; from < size;) {
    const file = createReadStream(path, { start: from, highWaterMark: INFLATED_BYTES });
    const inflater = create();
    // `pipe` does not pass on the error of the file; without this the reader would wait for ever.
    file.on('error', (error) => inflater.destroy(error));
    try {
      yield* file.pipe(inflater) as AsyncIterable<Buffer>;
    } catch (error) {
      throw inflateError(path, error);
    } finally {
      file.destroy();
      inflater.destroy();
    }
    from += inflater.bytesWritten;
  }
}

/** What zlib finds wrong is damage to the capture; everything else is the file system's. */
function inflateError(path: string, error: unknown): CaptureError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!code.startsWith('Z_') && !code.startsWith('ZSTD_')) return ioError('read', path, error);
  return new CaptureError(
    'CAPTURE_CORRUPT',
    { file: path, line: 0, offset: 0, reason: `the compressed data is damaged: ${message}` },
    { cause: error },
  );
}
