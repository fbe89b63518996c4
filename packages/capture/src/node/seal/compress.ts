import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CHUNK_BYTES } from '../system/codecs.ts';
import type { Codec } from '../system/codecs.ts';
import { pumpFile } from '../fs/file-pump.ts';
import { createFile, ioError, remove, syncFolder, writeFully, writeAtomically } from '../fs/file-system.ts';
import type { Files } from '../fs/file-system.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { sidecarLine } from '../folder/sidecar.ts';

export type Compression = 'none' | 'zstd' | 'gzip';

/**
 * Puts a compressed copy in the place of a sealed segment: written, read back and compared byte by byte, synced,
 * named, entered in the manifest, and only then does the plain file go, which is left to the caller. At every instant
 * one whole copy is there. Returns the name and size of the compressed file.
 */
export async function compressSegment(
  { environment, folder, lock, manifest }: LockedFolder,
  file: string,
  how: Exclude<Compression, 'none'>,
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
    await lock.assertHeld();
    await files.rename(temporary, target);
    await writeAtomically(files, `${target}.sha256`, sidecarLine(written.sha256, `${file}${suffix}`));
    await syncFolder(files, folder);
    const at = new Date(clock.wallMs()).toISOString();
    await manifest.append({ kind: 'compressed', file: `${file}${suffix}`, from: file, ...written, at });
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
    const sink = async (piece: Buffer): Promise<void> => {
      hash.update(piece);
      await writeFully(handle, piece, bytes);
      bytes += piece.length;
    };
    await pumpFile(files, plain, { codec: compress(), signal, sink });
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
    const sink = async (piece: Buffer): Promise<void> => {
      const { bytesRead } = await original.read(expected, 0, piece.length, position);
      same &&= piece.equals(expected.subarray(0, bytesRead));
      position += bytesRead;
    };
    await pumpFile(files, temporary, { codec: decompress(), signal, sink });
    return same && position === (await original.stat()).size;
  } finally {
    await original.close();
  }
}
