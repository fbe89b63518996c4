import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { SegmentName } from '../../format/segment-name.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { pumpFile, readPieces } from '../fs/file-pump.ts';
import { createPartialScan } from '../segment/scan-partial.ts';

/** Whole lines of a `.partial`, and whether a sealed copy of the segment begins with them. */
export interface PartialBeginning {
  /** Up to the end of the last whole line. */
  readonly soundBytes: number;
  readonly size: number;
  readonly isBeginning: boolean;
}

type Reading = Pick<WriterEnvironment, 'files' | 'codecs'>;

/** Compares a `.partial` with a sealed copy of its segment: what both hold needs to be there only once. */
export async function compareBeginning(
  reading: Reading,
  partial: string,
  { file, form }: Pick<SegmentName, 'file' | 'form'>,
): Promise<PartialBeginning> {
  const scan = createPartialScan(partial);
  await readPieces(reading.files, partial, (piece) => scan.push(piece));
  const { soundBytes, size } = scan.finish();
  const begun = await hashOfBeginning(reading, { path: partial, form: 'plain' }, soundBytes);
  const path = join(dirname(partial), file);
  const sealed = await hashOfBeginning(reading, { path, form }, soundBytes).catch(() => undefined);
  return { soundBytes, size, isBeginning: sealed !== undefined && begun === sealed };
}

/** Ends a reading: what comes after may be a terabyte that takes no room. */
const ENOUGH = new Error('enough was read');

/** Hashes the first bytes of the text; `undefined` when it has fewer. */
async function hashOfBeginning(
  { files, codecs }: Reading,
  { path, form }: { readonly path: string; readonly form: SegmentName['form'] },
  bytes: number,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  let seen = 0;
  const take = (piece: Buffer): void => {
    hash.update(piece.subarray(0, bytes - seen));
    seen += piece.length;
    if (seen >= bytes) throw ENOUGH;
  };
  try {
    if (form === 'plain') await readPieces(files, path, take);
    else
      await pumpFile(files, path, {
        codec: codecs[form === 'gz' ? 'gzip' : 'zstd'].decompress(),
        sink: take,
      });
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return seen < bytes ? undefined : hash.digest('hex');
}
