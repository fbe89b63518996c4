import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import type { Duplex } from 'node:stream';
import { CHUNK_BYTES } from './codecs.ts';
import type { Codec } from './codecs.ts';
import type { WriterEnvironment } from './environment.ts';
import { createFile, ioError, remove, syncFolder, writeFully, placeFile } from './files.ts';
import type { Files } from './files.ts';
import { releaseMemory } from './released-memory.ts';
import { appendToManifest, sidecarLine } from './sealing.ts';

interface Segment {
  readonly folder: string;
  /** The sealed plain file. */
  readonly file: string;
}

/**
 * Puts a compressed copy in the place of a sealed segment: written, read back and compared byte by byte, synced,
 * named, entered in the manifest, and only then is the plain file removed. At every instant one whole copy is
 * there. Returns the name and size of the compressed file.
 */
export async function compressSegment(
  environment: WriterEnvironment,
  { folder, file }: Segment,
  how: 'zstd' | 'gzip',
  signal: AbortSignal,
): Promise<{ file: string; bytes: number }> {
  const { suffix, compress, decompress } = environment.codecs[how];
  const { files, clock } = environment;
  const plain = join(folder, file);
  const target = `${plain}${suffix}`;
  const temporary = `${target}.tmp`;
  try {
    const written = await writeCompressed({ files, plain, temporary, compress, signal });
    const same = await readsBack({ files, plain, temporary, decompress, signal });
    if (!same) throw new Error('the compressed copy does not read back as the segment');
    await placeFile(files, `${target}.sha256`, sidecarLine(written.sha256, `${file}${suffix}`));
    await files.rename(temporary, target);
    await syncFolder(files, folder);
    const at = new Date(clock.wallMs()).toISOString();
    await appendToManifest(files, folder, {
      kind: 'compressed',
      file: `${file}${suffix}`,
      from: file,
      ...written,
      at,
    });
    await remove(files, plain);
    await remove(files, `${plain}.sha256`);
    return { file: `${file}${suffix}`, bytes: written.bytes };
  } catch (error) {
    await remove(files, temporary).catch(() => undefined);
    throw ioError('compress', plain, error);
  }
}

/** A segment and its copy, under the name that it has until it is whole. */
interface Copying {
  readonly files: Files;
  readonly plain: string;
  readonly temporary: string;
  readonly signal: AbortSignal;
}

async function writeCompressed({
  files,
  plain,
  temporary,
  compress,
  signal,
}: Copying & Pick<Codec, 'compress'>): Promise<{ bytes: number; sha256: string }> {
  const handle = await createFile(files, temporary);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await pump(files, plain, compress(), signal, async (piece) => {
      hash.update(piece);
      await writeFully(handle, piece, bytes);
      bytes += piece.length;
    });
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * Whether the copy, read from the disk, says what the plain file says. Compared, not hashed: that takes a tenth of
 * the time, and what is to go is the plain file as it is now.
 */
async function readsBack({
  files,
  plain,
  temporary,
  decompress,
  signal,
}: Copying & Pick<Codec, 'decompress'>): Promise<boolean> {
  const original = await files.open(plain, 'r');
  const expected = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let position = 0;
  let same = true;
  try {
    await pump(files, temporary, decompress(), signal, async (piece) => {
      const { bytesRead } = await original.read(expected, 0, piece.length, position);
      same &&= piece.equals(expected.subarray(0, bytesRead));
      position += bytesRead;
    });
    return same && position === (await original.stat()).size;
  } finally {
    await original.close();
  }
}

/**
 * Sends a file through a codec. The file is read into one piece of memory over and over: a stream of its
 * own would take fresh memory for every read, which costs more than compressing it.
 */
async function pump(
  files: Files,
  path: string,
  codec: Duplex,
  signal: AbortSignal,
  sink: (piece: Buffer) => Promise<void>,
): Promise<void> {
  const source = await files.open(path, 'r');
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const feed = async (): Promise<void> => {
    for (let position = 0; ;) {
      const { bytesRead } = await source.read(chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      // Called back when the codec has taken the chunk in, so that it may be filled again.
      await new Promise<void>((resolve, reject) => {
        codec.write(chunk.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()));
      });
    }
    codec.end();
  };
  const drain = async (): Promise<void> => {
    for await (const piece of addAbortSignal(signal, codec) as AsyncIterable<Buffer>) {
      await sink(piece);
      release(piece);
    }
  };
  try {
    await Promise.all([feed(), drain()]);
  } finally {
    codec.destroy();
    await source.close();
  }
}

/** Smaller pieces may share their memory with others. */
function release(piece: Buffer): void {
  if (piece.length === CHUNK_BYTES && piece.buffer.byteLength === CHUNK_BYTES) releaseMemory(piece);
}
